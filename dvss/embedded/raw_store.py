"""Raw objects in append-only segments, found through an index that may lag behind them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handlers.values import ObjectExistsError, RawEntry, RawMissingError, TransientError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from dvss.embedded.database import Database
    from dvss.embedded.segments import Location, Segments
    from handlers.values import ClaimCheck, RawMetadata

_PAGE = 1_000
_MOST_UNWRITTEN = 10_000

_FIND = "SELECT name, body_offset, size_bytes FROM raw_object JOIN raw_segment USING (segment_id) WHERE key = ?"
_WRITE_OURS = """
    INSERT INTO raw_object (key, segment_id, body_offset, size_bytes)
    VALUES (?, (SELECT segment_id FROM raw_segment WHERE name = ?), ?, ?)
    ON CONFLICT (key) DO UPDATE SET
      segment_id = excluded.segment_id, body_offset = excluded.body_offset, size_bytes = excluded.size_bytes
"""
_WRITE_FOUND = """
    INSERT INTO raw_object (key, segment_id, body_offset, size_bytes)
    VALUES (?, (SELECT segment_id FROM raw_segment WHERE name = ?), ?, ?)
    ON CONFLICT (key) DO NOTHING
"""
_WRITE_SEGMENT = """
    INSERT INTO raw_segment (name, known_bytes) VALUES (?, ?)
    ON CONFLICT (name) DO UPDATE SET known_bytes = max(known_bytes, excluded.known_bytes)
"""


@dataclass(frozen=True, slots=True)
class _Place:
    segment: str
    start: int
    length: int
    end: int
    """Where the record ends: the index knows the segment up to here."""
    is_ours: bool
    """Acknowledged by this process, so it stands before a record of the same key that was only found."""


class SegmentRawStore:
    """The segments alone are the truth.

    A key's place is kept in memory until some transaction takes it along into SQLite, and what was not taken along
    before a crash is read from the segments' tails. A key counts as taken if memory or SQLite knows it. Keys hold a
    fresh ULID, so two processes that put one key within that lag are not guarded against.
    """

    bucket = "raw"

    def __init__(self, database: Database, open_segments: Callable[[Callable[..., None]], Segments]) -> None:
        """``open_segments`` is given the function to call with what has become durable."""
        self._database = database
        self._lock = threading.Lock()
        self._scanning = threading.Lock()
        self._in_flight: set[str] = set()
        self._unwritten: dict[str, _Place] = {}
        self._travelling: Mapping[str, _Place] = {}
        self._segments = open_segments(self._now_durable)
        self._read_to: dict[str, int] = {}
        self._sizes_seen: dict[str, int] = {}
        database.accompany(self)

    def put_once(self, key: str, body: bytes, metadata: RawMetadata | None) -> None:
        with self._lock:
            is_taken = key in self._in_flight or key in self._unwritten
            if not is_taken:
                self._in_flight.add(key)
        if is_taken:
            raise _taken(key)
        try:
            if self._place_in_database(key) is not None:
                raise _taken(key)
            self._segments.append({"metadata": metadata and _document(metadata)}, key, body)
        finally:
            with self._lock:
                self._in_flight.discard(key)
        if len(self._unwritten) >= _MOST_UNWRITTEN:
            self.write_places()

    def get(self, claim_check: ClaimCheck) -> bytes:
        key = claim_check.key
        place = self._place(key) if claim_check.bucket == self.bucket else None
        if place is None:
            message = f"There is no raw object {claim_check.bucket}/{key}."
            raise RawMissingError(message)
        offset = claim_check.offset or 0
        length = place.length - offset if claim_check.length is None else claim_check.length
        if min(offset, length) < 0 or offset + length > place.length:
            message = f"Bytes {offset} to {offset + length} lie outside of {key}, which has {place.length}."
            raise RawMissingError(message)
        return self._read(key, place.segment, place.start + offset, length)

    def entries(self, prefix: str) -> Iterator[RawEntry]:
        self.read_tails()
        self.write_places()
        last = ""
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(
                    "SELECT key, size_bytes FROM raw_object WHERE key >= ? AND key > ? ORDER BY key LIMIT ?",
                    (prefix, last, _PAGE),
                ).fetchall()
            for key, size_bytes in rows:
                if not key.startswith(prefix):
                    return
                yield RawEntry(key, size_bytes)
                last = key
            if len(rows) < _PAGE:
                return

    def write_places(self) -> None:
        """Put every place that only memory knows into SQLite."""
        self._database.write(lambda _: None)

    def close(self) -> None:
        """Finish the segments, then the index of them."""
        self._segments.close()
        self.write_places()

    def write(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._travelling = dict(self._unwritten)
        ends: dict[str, int] = {}
        for place in self._travelling.values():
            ends[place.segment] = max(place.end, ends.get(place.segment, 0))
        connection.executemany(_WRITE_SEGMENT, ends.items())
        for statement, is_ours in ((_WRITE_OURS, True), (_WRITE_FOUND, False)):
            rows = [
                (key, place.segment, place.start, place.length)
                for key, place in self._travelling.items()
                if place.is_ours is is_ours
            ]
            connection.executemany(statement, rows)

    def written(self) -> None:
        with self._lock:
            for key, place in self._travelling.items():
                if self._unwritten.get(key) is place:
                    del self._unwritten[key]

    def _now_durable(self, records: Sequence[tuple[str, Location]]) -> None:
        with self._lock:
            for key, location in records:
                self._unwritten[key] = _place_of(location, is_ours=True)

    def _place(self, key: str) -> _Place | None:
        place = self._known_place(key)
        if place is None:
            self.read_tails()
            place = self._known_place(key)
        return place

    def _known_place(self, key: str) -> _Place | None:
        return self._unwritten.get(key) or self._place_in_database(key)

    def _place_in_database(self, key: str) -> _Place | None:
        with self._database.reading() as connection:
            row = connection.execute(_FIND, (key,)).fetchone()
        if row is None:
            return None
        segment, start, length = row
        return _Place(segment, start, length, start + length + 1, is_ours=False)

    def _read(self, key: str, segment: str, start: int, length: int) -> bytes:
        try:
            data = self._segments.read(segment, start, length)
        except FileNotFoundError as error:
            message = f"The segment {segment} that holds {key} is gone. Put it back from a copy of the data folder."
            raise RawMissingError(message) from error
        except OSError as error:
            message = f"The segment {segment} that holds {key} cannot be read ({error.strerror}). See to the disk."
            raise TransientError(message) from error
        if len(data) < length:
            message = f"The segment {segment} ends inside of {key}. Put it back from a copy of the data folder."
            raise RawMissingError(message)
        return data

    def read_tails(self) -> None:
        """Learn what other processes, or earlier runs of this one, stored and did not get into SQLite."""
        with self._scanning:
            with self._database.reading() as connection:
                known_bytes = dict(connection.execute("SELECT name, known_bytes FROM raw_segment"))
            try:
                for segment in self._segments.others():
                    self._read_tail(segment, known_bytes.get(segment, 0))
            except OSError as error:
                message = f"The raw segments cannot be read ({error}). See to the disk."
                raise TransientError(message) from error

    def _read_tail(self, segment: str, known_bytes: int) -> None:
        size = self._segments.size(segment)
        start = max(known_bytes, self._read_to.get(segment, 0))
        if size in (start, self._sizes_seen.get(segment)):
            return
        for key, location in self._segments.whole_records(segment, start):
            self._read_to[segment] = location.end
            with self._lock:
                self._unwritten.setdefault(key, _place_of(location, is_ours=False))
        self._sizes_seen[segment] = size


def _place_of(location: Location, *, is_ours: bool) -> _Place:
    return _Place(location.segment, location.body_start, location.length, location.end, is_ours)


def _document(metadata: RawMetadata) -> Mapping[str, Any]:
    return {
        "ingestId": metadata.ingest_id,
        "vendorId": metadata.vendor_id,
        "externalEventId": metadata.external_event_id,
        "eventType": metadata.event_type,
        "source": metadata.source,
        "topic": metadata.topic,
        "headers": dict(metadata.headers),
        "occurredAt": metadata.occurred_at,
        "receivedAt": metadata.received_at.isoformat(),
        "sha256": metadata.sha256,
    }


def _taken(key: str) -> ObjectExistsError:
    message = f"The raw key {key} is taken. Use a new ingest id."
    return ObjectExistsError(message)
