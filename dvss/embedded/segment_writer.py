"""Appends records to segments. A process appends to segments that it made itself, so no file has two writers."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvss.embedded.segments import Location
from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dvss.embedded.disk import Disk
    from dvss.embedded.segments import Record, Segments

ROLL_OVER_BYTES = 128 * 1024 * 1024


class SegmentWriter:
    """For one thread at a time."""

    def __init__(
        self, segments: Segments, disk: Disk, new_name: Callable[[], str], roll_over_bytes: int = ROLL_OVER_BYTES
    ) -> None:
        """``new_name`` gives a name that no segment ever had; names sort by their time."""
        self._segments = segments
        self._disk = disk
        self._new_name = new_name
        self._roll_over_bytes = roll_over_bytes
        self.own: set[str] = set()
        """The segments of this process."""
        self._segment = ""
        self._descriptor = -1
        self._end = 0

    def append(self, records: Sequence[Record]) -> Sequence[Location]:
        """Put the records on the disk with one sync. Raises TransientError if they are not there."""
        try:
            if self._descriptor < 0 or self._end >= self._roll_over_bytes:
                self._begin()
            return self._append(records)
        except OSError as error:
            directory = self._segments.directory
            message = f"{directory} does not take writes ({error.strerror}). See to the disk, then send again."
            raise TransientError(message) from error

    def close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)

    def _begin(self) -> None:
        self.close()
        name = self._new_name()
        self.own.add(name)
        self._descriptor = self._disk.create(self._segments.path(name))
        self._segment = name
        self._end = 0

    def _append(self, records: Sequence[Record]) -> Sequence[Location]:
        locations = []
        buffers: list[bytes] = []
        end = self._end
        for record in records:
            location = Location(self._segment, end, end + len(record.header), len(record.body))
            locations.append(location)
            buffers += (record.header, record.body, b"\n")
            end = location.end
        try:
            self._disk.append(self._descriptor, buffers)
            self._disk.sync(self._descriptor)
        except OSError:
            # After a failed sync the kernel may drop the pages and call the next sync a success, and a half-written
            # record hides what follows it: nothing more goes into this file. One that is still empty can be kept.
            if os.fstat(self._descriptor).st_size:
                self.close()
            raise
        self._end = end
        return locations
