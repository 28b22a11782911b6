"""What a process did to a folder, call by call, as ``recorder.c`` saw it; and a way to make its calls fail."""

from __future__ import annotations

import enum
import mmap
import os
import struct
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_SOURCE = Path(__file__).with_name("recorder.c")
_HEAD = struct.Struct("<QQIiQQ64s")
_HEAD_BYTES = 4_096
_ENTRY = struct.Struct("<IiQQQII")
# The file is sparse: what is not written takes no room.
_CAPACITY = 1 << 30


class Operation(enum.IntEnum):
    CREATE = 1
    MAKE_DIRECTORY = 2
    LINK = 3
    UNLINK = 4
    RENAME = 5
    WRITE = 6
    TRUNCATE = 7
    SYNC_BEGINS = 8
    SYNCED = 9
    SYNC_FAILED = 10
    SENT = 11


class Calls(enum.IntFlag):
    """Those that can be made to fail."""

    WRITES = 1
    SYNCS = 2
    CREATES = 4


class Entry(NamedTuple):
    """One call. ``first`` and ``second`` are what the operation needs: an offset, a size, a folder's inode, a place."""

    place: int
    operation: Operation
    descriptor: int
    inode: int
    first: int
    second: int
    name: str
    data: bytes


class RecorderError(Exception):
    """There is no recorder: it has to be compiled, and runs on Linux alone."""


def compiled(folder: Path) -> Path:
    """The recorder as a library that can be loaded before libc. Raises RecorderError."""
    library = folder / "recorder.so"
    # Some distributions turn on checked variants of the calls, which would be other names.
    command = ["cc", "-O2", "-shared", "-fPIC", "-U_FORTIFY_SOURCE", "-o", str(library), str(_SOURCE), "-lpthread"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        message = "There is no C compiler `cc`. Install one: the recorder of system calls is compiled by its tests."
        raise RecorderError(message) from error
    if done.returncode:
        message = f"{_SOURCE.name} does not compile on this system: {done.stderr}"
        raise RecorderError(message)
    return library


class Recording:
    """The log of all processes that run, one after the other, with ``environment``."""

    def __init__(self, library: Path, root: Path, path: Path) -> None:
        """Records what is done below ``root`` (a real path) into a new file at ``path``, which lies elsewhere."""
        self._library = library
        self._root = root
        self._path = path
        with path.open("xb") as file:
            file.truncate(_CAPACITY)
        descriptor = os.open(path, os.O_RDWR)
        self._log = mmap.mmap(descriptor, _CAPACITY)
        os.close(descriptor)
        self._log[: _HEAD.size] = _HEAD.pack(_HEAD_BYTES, _CAPACITY, 0, 0, 0, 0, b"")

    def close(self) -> None:
        """The log is gone then."""
        self._log.close()
        self._path.unlink()

    @property
    def environment(self) -> dict[str, str]:
        own = {"LD_PRELOAD": str(self._library), "DVSS_RECORDER_LOG": str(self._path)}
        return {**os.environ, **own, "DVSS_RECORDER_ROOT": str(self._root)}

    @property
    def end(self) -> int:
        """The place that the next entry gets."""
        return int.from_bytes(self._log[:8], "little")

    @property
    def failures(self) -> int:
        """Calls that were made to fail."""
        return int.from_bytes(self._log[32:40], "little")

    def fail(self, calls: Calls, error: int, *, suffix: str = "", after: int = 0) -> None:
        """Let calls on files whose names end with ``suffix`` fail, the first ``after`` of them not, until ``heal``."""
        self._log[16:20] = bytes(4)
        self._log[20:32] = struct.pack("<iQ", error, after)
        self._log[40:104] = suffix.encode().ljust(64, b"\0")
        self._log[16:20] = struct.pack("<I", calls)

    def heal(self) -> None:
        self._log[16:20] = bytes(4)

    def entries(self) -> Iterator[Entry]:
        place, end = _HEAD_BYTES, self.end
        while place < end:
            operation, descriptor, inode, first, second, name_length, length = _ENTRY.unpack_from(self._log, place)
            name_at = place + _ENTRY.size
            data_at = name_at + name_length
            name = self._log[name_at:data_at].decode()
            data = self._log[data_at : data_at + length]
            yield Entry(place, Operation(operation), descriptor, inode, first, second, name, data)
            place = data_at + length
