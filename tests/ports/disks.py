"""Disks that fail."""

from __future__ import annotations

import errno
import os
import shutil
from typing import TYPE_CHECKING

from dvss.embedded.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

NO_SPACE = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
IO_ERROR = OSError(errno.EIO, os.strerror(errno.EIO))


class FailingDisk(Disk):
    """Raises what it is told to, until it is told otherwise."""

    def __init__(self) -> None:
        self.fail_create: OSError | None = None
        self.fail_append: OSError | None = None
        self.fail_sync: OSError | None = None
        self.written_before_failure = 0

    def create(self, path: Path) -> int:
        if self.fail_create:
            raise self.fail_create
        return super().create(path)

    def append(self, descriptor: int, buffers: Sequence[bytes]) -> None:
        if self.fail_append:
            super().append(descriptor, [b"".join(buffers)[: self.written_before_failure]])
            raise self.fail_append
        super().append(descriptor, buffers)

    def sync(self, descriptor: int) -> None:
        if self.fail_sync:
            raise self.fail_sync
        super().sync(descriptor)


class PowerLossDisk(Disk):
    """Remembers what was synced, takes nothing after ``cut``, and knows what survives."""

    def __init__(self, syncs_before_cut: int) -> None:
        self._syncs_left = syncs_before_cut
        self._synced_bytes: dict[int, int] = {}
        self._synced_names: dict[Path, set[str]] = {}

    def create(self, path: Path) -> int:
        self._refuse_after_cut()
        return super().create(path)

    def append(self, descriptor: int, buffers: Sequence[bytes]) -> None:
        self._refuse_after_cut()
        super().append(descriptor, buffers)

    def sync(self, descriptor: int) -> None:
        self._syncs_left -= 1
        self._refuse_after_cut()
        status = os.fstat(descriptor)
        self._synced_bytes[status.st_ino] = status.st_size

    def sync_directory(self, path: Path) -> None:
        self._refuse_after_cut()
        self._synced_names[path] = {entry.name for entry in path.iterdir()}

    def survivors(self, root: Path, after: Path, keep: Callable[[bytes], bytes]) -> None:
        """Copy what ``root`` holds after the power came back. ``keep`` makes bytes out of those not synced."""
        shutil.copytree(root, after)
        for path in root.rglob("*"):
            copy = after / path.relative_to(root)
            if path.name.startswith("dvss."):
                continue
            if path.name not in self._synced_names.get(path.parent, set()):
                assert path.is_file(), f"the name of the folder {path} was never synced"
                copy.unlink()
            elif path.is_file():
                written = path.read_bytes()
                synced = self._synced_bytes.get(path.stat().st_ino, 0)
                copy.write_bytes(written[:synced] + keep(written[synced:]))

    def _refuse_after_cut(self) -> None:
        if self._syncs_left < 0:
            raise IO_ERROR
