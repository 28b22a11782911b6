"""Raw objects in append-only segments, found through an index that may lag behind them."""

from __future__ import annotations

import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from dvss.embedded.group_commit import GroupCommit
from dvss.embedded.segments import Record, make_record
from handlers.raw_metadata import RawMetadata
from handlers.values import ObjectExistsError, RawEntry, RawMissingError, TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dvss.embedded.raw_places import Place, RawPlaces
    from dvss.embedded.segment_writer import SegmentWriter
    from dvss.embedded.segments import Segments
    from handlers.values import ClaimCheck

# Places travel with transactions that are made anyway. Where none are made, memory must not fill up with them.
_MOST_UNWRITTEN = 10_000


class SegmentRawStore:
    """The segments alone are the truth: the index of them can be lost and is made anew from their records.

    A key counts as taken if this process or SQLite knows it. Keys hold a fresh ULID, so two processes that put one key
    in the short time before SQLite knows it are not guarded against.
    """

    bucket = "raw"

    def __init__(self, places: RawPlaces, segments: Segments, writer: SegmentWriter) -> None:
        self._places = places
        self._segments = segments
        self._writer = writer
        self._reading_tails = threading.Lock()
        self._read_to: dict[str, int] = {}
        self._sizes_seen: dict[str, int] = {}
        self._commits = GroupCommit[Record]("raw", self._store)

    def put_once(self, key: str, body: bytes, metadata: RawMetadata | None) -> None:
        self._commits.submit(make_record(key, body, metadata=metadata and metadata.document()))

    def get(self, claim_check: ClaimCheck) -> bytes:
        key = claim_check.key
        place = self._place(claim_check)
        offset = claim_check.offset or 0
        length = place.length - offset if claim_check.length is None else claim_check.length
        if min(offset, length) < 0 or offset + length > place.length:
            message = f"Bytes {offset} to {offset + length} lie outside of {key}, which has {place.length}."
            raise RawMissingError(message)
        with _reading(key, place.segment):
            data = self._segments.read(place.segment, place.start + offset, length)
        if len(data) < length:
            message = f"The segment {place.segment} ends inside of {key}. Put it back from a copy of the data folder."
            raise RawMissingError(message)
        return data

    def metadata(self, claim_check: ClaimCheck) -> RawMetadata | None:
        place = self._place(claim_check)
        with _reading(claim_check.key, place.segment):
            header = self._segments.header_before(place.segment, place.start)
        if header is None or header["key"] != claim_check.key:
            message = f"The segment {place.segment} is damaged before {claim_check.key}. Put it back from a copy."
            raise RawMissingError(message)
        return RawMetadata.of(header["metadata"]) if header["metadata"] else None

    def _place(self, claim_check: ClaimCheck) -> Place:
        place = None
        if claim_check.bucket == self.bucket:
            place = self._places.place(claim_check.key)
            if place is None:
                self.read_tails()
                place = self._places.place(claim_check.key)
        if place is None:
            message = f"There is no raw object {claim_check.bucket}/{claim_check.key}."
            raise RawMissingError(message)
        return place

    def entries(self, prefix: str, after: str = "") -> Iterator[RawEntry]:
        self.read_tails()
        self._places.put_into_database()
        for key, size_bytes in self._places.sizes(prefix, after):
            yield RawEntry(key, size_bytes)

    def read_tails(self) -> None:
        """Learn what other processes, or earlier runs of this one, stored and did not get into SQLite."""
        with self._reading_tails:
            known_bytes = self._places.known_bytes()
            try:
                for segment in self._segments.names():
                    if segment not in self._writer.own:
                        self._read_tail(segment, known_bytes.get(segment, 0))
            except OSError as error:
                message = f"The raw segments cannot be read ({error}). See to the disk."
                raise TransientError(message) from error

    def close(self) -> None:
        """Write what waits and finish the segments, then the index of them."""
        self._commits.close()
        self._writer.close()
        # What SQLite does not take now is read from the segments' tails by whoever opens them next.
        with suppress(TransientError):
            self._places.put_into_database()
        self._segments.close()

    def _store(self, records: Sequence[Record]) -> Sequence[object]:
        """Called by one thread: nothing comes between the look at what is taken and the write."""
        outcomes: list[object] = [None] * len(records)
        fresh: dict[str, Record] = {}
        try:
            taken = self._places.taken([record.key for record in records])
            for number, record in enumerate(records):
                if record.key in taken or record.key in fresh:
                    message = f"The raw key {record.key} is taken. Use a new ingest id."
                    outcomes[number] = ObjectExistsError(message)
                else:
                    fresh[record.key] = record
            if fresh:
                locations = self._writer.append(list(fresh.values()))
                if self._places.add_ours(fresh, locations) > _MOST_UNWRITTEN:
                    self._places.put_into_database()
        except TransientError as error:
            return [outcome or TransientError(str(error)) for outcome in outcomes]
        return outcomes

    def _read_tail(self, segment: str, known_bytes: int) -> None:
        size = self._segments.size(segment)
        start = max(known_bytes, self._read_to.get(segment, 0))
        if size in {start, self._sizes_seen.get(segment)}:
            return
        for key, location in self._segments.whole_records(segment, start):
            self._places.add_found(key, location)
            self._read_to[segment] = location.end
        self._sizes_seen[segment] = size


@contextmanager
def _reading(key: str, segment: str) -> Iterator[None]:
    """Says of which object a failed read was."""
    try:
        yield
    except FileNotFoundError as error:
        message = f"The segment {segment} that holds {key} is gone. Put it back from a copy of the data folder."
        raise RawMissingError(message) from error
    except OSError as error:
        message = f"The segment {segment} that holds {key} cannot be read ({error.strerror}). See to the disk."
        raise TransientError(message) from error
