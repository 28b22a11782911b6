"""Canonical events in append-only segments. A version id names its place: no index is needed to read it back."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, cast

from dvss.embedded.group_commit import GroupCommit
from dvss.embedded.segments import Location, Record, make_record
from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvss.embedded.segment_writer import SegmentWriter
    from dvss.embedded.segments import Segments

_VERSION_ID = re.compile(r"([^:]+):([0-9]{1,18})")


class SegmentNormalizedStore:
    def __init__(self, segments: Segments, writer: SegmentWriter) -> None:
        self._segments = segments
        self._writer = writer
        self._commits = GroupCommit[Record]("normalized", self._append)

    def put(self, key: str, body: bytes) -> str:
        """Store a version. Its id is ``<segment>:<offset in bytes>``."""
        location = cast("Location", self._commits.submit(make_record(key, body)))
        return f"{location.segment}:{location.start}"

    def get(self, key: str, version_id: str) -> bytes:
        match = _VERSION_ID.fullmatch(version_id)
        try:
            record = match and self._segments.record_at(match[1], int(match[2]))
        except OSError as error:
            message = f"The version {version_id} of {key} cannot be read ({error.strerror}). See to the disk."
            raise TransientError(message) from error
        if record is None or record[0] != key:
            raise KeyError(key, version_id)
        return record[1]

    def close(self) -> None:
        """Write what waits, then let go of the files."""
        self._commits.close()
        self._writer.close()
        self._segments.close()

    def _append(self, records: Sequence[Record]) -> Sequence[object]:
        try:
            return self._writer.append(records)
        except TransientError as error:
            return [TransientError(str(error)) for _ in records]
