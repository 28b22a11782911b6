"""Append-only files of records. Nothing in them is ever overwritten, truncated or removed.

A record is a header line (JSON with at least ``key``, ``length`` and ``sha256``), the body, and a newline. What follows
the last whole record of a segment was never acknowledged: it stays where it is and is not read.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from dvss.embedded.disk import Disk

_SUFFIX = ".seg"
_NAME = re.compile(r"[0-9A-Za-z-]{1,64}")
# A key has 1,024 bytes at the most, as in S3, and a header that is read by its place holds little else.
_HEADER_BYTES = 4_096
_OPEN_FILES = 200
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


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
class Record:
    """A record as it is written."""

    key: str
    header: bytes
    body: bytes


def make_record(key: str, body: bytes, **more: object) -> Record:
    """A record with ``more`` in its header."""
    header = {"key": key, "length": len(body), "sha256": hashlib.sha256(body).hexdigest(), **more}
    return Record(key, _encode(header).encode() + b"\n", body)


class Segments:
    """Reads a folder of segments."""

    def __init__(self, directory: Path, disk: Disk) -> None:
        self.directory = directory
        self._disk = disk
        self._open: dict[str, int] = {}

    def path(self, segment: str) -> Path:
        return self.directory / f"{segment}{_SUFFIX}"

    def names(self) -> Sequence[str]:
        """Every segment's name, oldest first."""
        return sorted(path.stem for path in self.directory.glob(f"*{_SUFFIX}"))

    def size(self, segment: str) -> int:
        """Bytes of a segment, torn ones included."""
        return self.path(segment).stat().st_size

    def read(self, segment: str, start: int, length: int) -> bytes:
        """``length`` bytes of a segment, fewer where it ends before. Raises FileNotFoundError."""
        descriptor = self._open.get(segment)
        if descriptor is not None:
            return os.pread(descriptor, length, start)
        descriptor = os.open(self.path(segment), os.O_RDONLY | os.O_CLOEXEC)
        # A kept descriptor is never closed while others may read with it, so there is a bound instead of an eviction.
        kept = len(self._open) < _OPEN_FILES and self._open.setdefault(segment, descriptor) == descriptor
        try:
            return os.pread(descriptor, length, start)
        finally:
            if not kept:
                os.close(descriptor)

    def record_at(self, segment: str, start: int) -> tuple[str, bytes] | None:
        """Key and body of the record that begins at ``start``; None if there is no whole record."""
        if not _NAME.fullmatch(segment):
            return None
        try:
            head = self.read(segment, start, _HEADER_BYTES)
            header = _header(head)
            if header is None:
                return None
            body_start = head.index(b"\n") + 1
            body = head[body_start : body_start + header["length"]]
            if len(body) < header["length"]:
                body += self.read(segment, start + len(head), header["length"] - len(body))
        except FileNotFoundError:
            return None
        return (header["key"], body) if _is_whole(header, body) else None

    def header_before(self, segment: str, body_start: int) -> Mapping[str, Any] | None:
        """The header of the record whose body begins there; None if there is none. Raises FileNotFoundError.

        A header is one line, and what stands before it ends with a newline or is the segment's beginning.
        """
        taken = _HEADER_BYTES
        while True:
            start = max(0, body_start - taken)
            before = self.read(segment, start, body_start - start)
            line_start = before.rfind(b"\n", 0, -1) + 1
            if line_start or not start:
                return _header(before[line_start:])
            taken *= 2

    def whole_records(self, segment: str, start: int) -> Iterator[tuple[str, Location]]:
        """Key and location of each whole record from ``start`` on, put on the disk before they are told.

        Their writer may be alive, and what it has not yet synced could be gone after a power loss.
        """
        with self.path(segment).open("rb") as file:
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
        while self._open:
            os.close(self._open.popitem()[1])


def _header(line: bytes) -> Mapping[str, Any] | None:
    """The header that ``line`` begins with; None where a write was torn."""
    text, newline, _ = line.partition(b"\n")
    try:
        header = json.loads(text) if newline else None
    except ValueError:
        return None
    is_header = isinstance(header, dict) and isinstance(header.get("length"), int) and "key" in header
    return header if is_header else None


def _is_whole(header: Mapping[str, Any], body: bytes) -> bool:
    return header.get("sha256") == hashlib.sha256(body).hexdigest()
