"""The system calls that durability rests on, in one place so that tests can make them fail."""

from __future__ import annotations

import fcntl
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Linux takes 1,024 buffers in one writev; POSIX promises 16.
_BUFFERS_PER_WRITE = 1_000
_PROBE_BYTES = 4_096


class Disk:
    """Raises OSError as the operating system gives it."""

    def make_directory(self, path: Path) -> None:
        """A directory for this user alone, there after a power loss. Whatever has the name already is left as it is."""
        if not path.exists():
            path.mkdir(mode=0o700, exist_ok=True)
            self.sync_directory(path.parent)

    def create(self, path: Path) -> int:
        """A new file, open for appending, whose name is there after a power loss."""
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self.sync_directory(path.parent)
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def append(self, descriptor: int, buffers: Sequence[bytes]) -> None:
        """Write all of the buffers, in order."""
        for start in range(0, len(buffers), _BUFFERS_PER_WRITE):
            some = buffers[start : start + _BUFFERS_PER_WRITE]
            written = os.writev(descriptor, some)
            if written < sum(map(len, some)):
                rest = memoryview(b"".join(some))[written:]
                while rest:
                    rest = rest[os.write(descriptor, rest) :]

    def sync(self, descriptor: int) -> None:
        """Put a file's bytes and length on the disk."""
        if sys.platform == "darwin":
            # There is no fdatasync there, and fsync leaves the bytes in the drive's cache.
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
        else:
            os.fdatasync(descriptor)

    def sync_directory(self, path: Path) -> None:
        """Put a directory's names on the disk."""
        descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def probe(self, directory: Path) -> None:
        """Write and sync a few bytes, and remove them again."""
        path = directory / f"probe.{os.getpid()}.{os.urandom(4).hex()}"
        try:
            descriptor = self.create(path)
            try:
                self.append(descriptor, [bytes(_PROBE_BYTES)])
                self.sync(descriptor)
            finally:
                os.close(descriptor)
        finally:
            path.unlink(missing_ok=True)
