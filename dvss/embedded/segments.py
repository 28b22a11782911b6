"""Append-only files of records. Nothing in them is ever overwritten, truncated or removed.

A record is a header line (JSON with at least ``key``, ``length`` and ``sha256``), the body, and a newline. A process
appends to segments that it made itself, so no file has two writers. What follows the last whole record of a segment was
never acknowledged: it stays where it is and is not read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from dvss.embedded.group_commit import GroupCommit
from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from dvss.embedded.disk import Disk

ROLL_OVER_BYTES = 128 * 1024 * 1024
_SUFFIX = ".seg"
_NAME = re.compile(r"[0-9A-Za-z-]{1,64}")
# A key has 1,024 bytes at the most, as in S3.
_HEADER_BYTES = 4_096
_OPEN_FILES = 200


@dataclass(frozen=True, slots=True)
class Location:
    """Where a record lies; every number is in bytes."""

    segment: str
    start: int
    body_start: int
    length: int

    @property
    def end(self) -> int:
        return self.body_start + self.length + 1


@dataclass(frozen=True, slots=True)
class _Append:
    key: str
    header: bytes
    body: bytes


class Segments:
    """One folder of segments. ``append`` returns when the record is on the disk."""

    def __init__(
        self,
        directory: Path,
        disk: Disk,
        new_name: Callable[[], str],
        *,
        on_durable: Callable[[Sequence[tuple[str, Location]]], None] = lambda _: None,
        roll_over_bytes: int = ROLL_OVER_BYTES,
    ) -> None:
        """``new_name`` gives a name that no segment ever had; names sort by their time.

        ``on_durable`` learns key and location of each record, in the order of the file, before its caller returns.
        """
        self._directory = directory
        self._disk = disk
        self._new_name = new_name
        self._on_durable = on_durable
        self._roll_over_bytes = roll_over_bytes
        self._own: set[str] = set()
        self._segment = ""
        self._descriptor = -1
        self._end = 0
        self._readers: dict[str, int] = {}
        self._commits = GroupCommit[_Append](directory.name, self._write)

    def append(self, header: Mapping[str, Any], key: str, body: bytes) -> Location:
        """Store one record. Raises TransientError if it is not on the disk."""
        complete = {"key": key, "length": len(body), "sha256": hashlib.sha256(body).hexdigest(), **header}
        line = json.dumps(complete, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
        return cast("Location", self._commits.submit(_Append(key, line, body)))

    def read(self, segment: str, start: int, length: int) -> bytes:
        """``length`` bytes of a segment, fewer where it ends before. Raises FileNotFoundError."""
        descriptor = self._readers.get(segment)
        if descriptor is not None:
            return os.pread(descriptor, length, start)
        descriptor = os.open(self._path(segment), os.O_RDONLY | os.O_CLOEXEC)
        kept = len(self._readers) < _OPEN_FILES and self._readers.setdefault(segment, descriptor) == descriptor
        try:
            return os.pread(descriptor, length, start)
        finally:
            if not kept:
                os.close(descriptor)

    def record_at(self, segment: str, start: int) -> tuple[Mapping[str, Any], bytes] | None:
        """Header and body of the record that begins at ``start``; None if there is no whole record."""
        if not _NAME.fullmatch(segment):
            return None
        try:
            head = self.read(segment, start, _HEADER_BYTES)
            header = _header(head)
            if header is None:
                return None
            body_start = head.index(b"\n") + 1
            end = body_start + header["length"]
            rest = self.read(segment, start + len(head), end + 1 - len(head)) if end >= len(head) else b""
        except FileNotFoundError:
            return None
        body = (head + rest)[body_start:end]
        return (header, body) if _is_whole(header, body) else None

    def others(self) -> Sequence[str]:
        """Segments that other processes made, those of earlier runs included, oldest first."""
        names = (path.stem for path in self._directory.glob(f"*{_SUFFIX}"))
        return sorted(name for name in names if name not in self._own)

    def size(self, segment: str) -> int:
        """Bytes of a segment, torn ones included."""
        return self._path(segment).stat().st_size

    def whole_records(self, segment: str, start: int) -> Iterator[tuple[str, Location]]:
        """Key and location of each whole record from ``start`` on, put on the disk before they are told.

        Their writer may be alive, and what it has not yet synced could be gone after a power loss.
        """
        with self._path(segment).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            self._disk.sync(file.fileno())
            file.seek(start)
            while (line := file.readline()).endswith(b"\n"):
                header = _header(line)
                body_start = start + len(line)
                if header is None or body_start + header["length"] >= size:
                    return
                body = file.read(header["length"])
                if file.read(1) != b"\n" or not _is_whole(header, body):
                    return
                location = Location(segment, start, body_start, len(body))
                yield header["key"], location
                start = location.end

    def close(self) -> None:
        """Write what waits, then let go of the files."""
        self._commits.close()
        self._give_up()
        while self._readers:
            os.close(self._readers.popitem()[1])

    def _path(self, segment: str) -> Path:
        return self._directory / f"{segment}{_SUFFIX}"

    def _write(self, appends: Sequence[_Append]) -> Sequence[object]:
        try:
            if self._descriptor < 0 or self._end >= self._roll_over_bytes:
                self._begin()
            locations = self._put(appends)
        except OSError as error:
            return [self._refusal(error) for _ in appends]
        self._on_durable([(entry.key, location) for entry, location in zip(appends, locations, strict=True)])
        return locations

    def _begin(self) -> None:
        self._give_up()
        name = self._new_name()
        self._own.add(name)
        self._descriptor = self._disk.create(self._path(name))
        self._segment = name
        self._end = 0

    def _put(self, appends: Sequence[_Append]) -> Sequence[Location]:
        locations = []
        buffers: list[bytes] = []
        end = self._end
        for entry in appends:
            location = Location(self._segment, end, end + len(entry.header), len(entry.body))
            locations.append(location)
            buffers += (entry.header, entry.body, b"\n")
            end = location.end
        try:
            self._disk.append(self._descriptor, buffers)
            self._disk.sync(self._descriptor)
        except OSError:
            # After a failed sync the kernel may drop the pages and call the next sync a success, and a half-written
            # record hides what follows it: nothing more goes into this file. One that is still empty can be kept.
            if os.fstat(self._descriptor).st_size:
                self._give_up()
            raise
        self._end = end
        return locations

    def _give_up(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _refusal(self, error: OSError) -> TransientError:
        message = f"{self._directory} does not take writes ({error.strerror}). See to the disk, then send again."
        return TransientError(message)


def _header(line: bytes) -> Mapping[str, Any] | None:
    """The header that ``line`` begins with; None where a write was torn."""
    text, newline, _ = line.partition(b"\n")
    if not newline:
        return None
    try:
        header: Mapping[str, Any] = json.loads(text)
    except ValueError:
        return None
    return header if isinstance(header, dict) and isinstance(header.get("length"), int) else None


def _is_whole(header: Mapping[str, Any], body: bytes) -> bool:
    return header.get("sha256") == hashlib.sha256(body).hexdigest()
