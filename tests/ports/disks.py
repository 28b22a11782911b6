"""Disks that fail."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

from dvss.embedded.disk import Disk

if TYPE_CHECKING:
    from collections.abc import Sequence
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
