"""Whether what holds secrets is its owner's alone."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from handlers.values import ConfigurationError

if TYPE_CHECKING:
    import os
    from pathlib import Path

_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WRITING = stat.S_IWGRP | stat.S_IWOTH


def check_private(path: Path, found: os.stat_result, what: str) -> None:
    """Raises ConfigurationError for a file that the group or others may read or change."""
    mode = stat.S_IMODE(found.st_mode)
    if mode & _OTHERS:
        message = f"Others may read {what} in {path} (mode {mode:o}). Take it back with chmod 600 {path}."
        raise ConfigurationError(message)


def check_folder(path: Path) -> None:
    """Raises OSError, and ConfigurationError for a folder in which others may put files in the place of ours."""
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & _WRITING:
        message = f"Others may write into {path} (mode {mode:o}). Take it back with chmod 700 {path}."
        raise ConfigurationError(message)


def check_database(path: Path) -> None:
    """The same for the files of a database, those of its log included. Raises OSError too."""
    for one in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        if one.exists():
            check_private(one, one.stat(), "the webhook secrets")
