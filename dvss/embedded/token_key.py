"""The deployment's key for tokens: a file of the data folder, made once and readable by its owner alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvss.permissions import check_private
from handlers.values import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from dvss.embedded.disk import Disk

KEY_BYTES = 32


def token_key(path: Path, disk: Disk, random_bytes: Callable[[int], bytes] = os.urandom) -> bytes:
    """The key in the file, which is made where there is none.

    Raises OSError, and ConfigurationError for a file that others may read or that holds no key.
    """
    if not path.exists():
        _make(path, disk, random_bytes)
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        found = os.fstat(descriptor)
        key = os.read(descriptor, KEY_BYTES + 1)
    finally:
        os.close(descriptor)
    check_private(path, found, "the token key")
    if len(key) != KEY_BYTES:
        message = f"{path} holds no token key of {KEY_BYTES} bytes. Put it back from a copy of the data folder."
        raise ConfigurationError(message)
    return key


def _make(path: Path, disk: Disk, random_bytes: Callable[[int], bytes]) -> None:
    draft = path.with_name(f"{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        descriptor = disk.create(draft)
        try:
            disk.append(descriptor, [random_bytes(KEY_BYTES)])
            disk.sync(descriptor)
        finally:
            os.close(descriptor)
        try:
            # Not a rename, which would take the place of another process's key.
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink(missing_ok=True)
        disk.sync_directory(path.parent)
