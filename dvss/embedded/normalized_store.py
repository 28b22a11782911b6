"""Canonical events in append-only segments. A version id names its place: no index is needed to read it back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dvss.embedded.segments import Segments


class SegmentNormalizedStore:
    def __init__(self, segments: Segments) -> None:
        self._segments = segments

    def put(self, key: str, body: bytes) -> str:
        """Store a version. Its id is ``<segment>:<offset in bytes>``."""
        location = self._segments.append({}, key, body)
        return f"{location.segment}:{location.start}"

    def get(self, key: str, version_id: str) -> bytes:
        segment, _, start = version_id.partition(":")
        record = self._segments.record_at(segment, int(start)) if start.isdecimal() and start.isascii() else None
        if record is None or record[0]["key"] != key:
            raise KeyError(key, version_id)
        return record[1]
