"""Raw objects in append-only segments, found through an index that may lag behind them."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dvss.embedded.bulk import execute_in_bulk
from dvss.embedded.group_commit import GroupCommit
from dvss.embedded.segments import Record, make_record
from handlers.values import ObjectExistsError, RawEntry, RawMissingError, TransientError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from dvss.embedded.database import Database
    from dvss.embedded.segment_writer import SegmentWriter
    from dvss.embedded.segments import Location, Segments
    from handlers.values import ClaimCheck, RawMetadata

_PAGE = 1_000
_MOST_UNWRITTEN = 10_000

_FIND = "SELECT name, body_offset, size_bytes FROM raw_object JOIN raw_segment USING (segment_id) WHERE key = ?"
_WRITE = """
    WITH place (key, name, body_offset, size_bytes) AS (VALUES (...))
    INSERT INTO raw_object (key, segment_id, body_offset, size_bytes)
    SELECT key, segment_id, body_offset, size_bytes FROM place JOIN raw_segment USING (name) WHERE true
    ON CONFLICT (key) DO
"""
_WRITE_OURS = (
    _WRITE
    + """
    UPDATE SET
      segment_id = excluded.segment_id, body_offset = excluded.body_offset, size_bytes = excluded.size_bytes
"""
)
_WRITE_FOUND = _WRITE + "NOTHING"
_WRITE_SEGMENTS = """
    INSERT INTO raw_segment (name, known_bytes) VALUES (...)
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

    def __init__(self, database: Database, segments: Segments, writer: SegmentWriter) -> None:
        self._database = database
        self._segments = segments
        self._writer = writer
        self._lock = threading.Lock()
        self._scanning = threading.Lock()
        self._unwritten: dict[str, _Place] = {}
        self._travelling: Mapping[str, _Place] = {}
        self._read_to: dict[str, int] = {}
        self._sizes_seen: dict[str, int] = {}
        self._commits = GroupCommit[Record]("raw", self._store)
        database.accompany(self)

    def put_once(self, key: str, body: bytes, metadata: RawMetadata | None) -> None:
        self._commits.submit(make_record(key, body, metadata=metadata and _document(metadata)))
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
        """Write what waits and finish the segments, then the index of them."""
        self._commits.close()
        self._writer.close()
        self.write_places()
        self._segments.close()

    def write(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._travelling = dict(self._unwritten)
        ends: dict[str, int] = {}
        for place in self._travelling.values():
            ends[place.segment] = max(place.end, ends.get(place.segment, 0))
        execute_in_bulk(connection, _WRITE_SEGMENTS, list(ends.items()))
        for statement, is_ours in ((_WRITE_OURS, True), (_WRITE_FOUND, False)):
            rows = [
                (key, place.segment, place.start, place.length)
                for key, place in self._travelling.items()
                if place.is_ours is is_ours
            ]
            execute_in_bulk(connection, statement, rows)

    def written(self) -> None:
        with self._lock:
            for key, place in self._travelling.items():
                if self._unwritten.get(key) is place:
                    del self._unwritten[key]

    def _store(self, records: Sequence[Record]) -> Sequence[object]:
        """Called by one thread: nothing comes between the look at what is taken and the write."""
        outcomes: list[object] = [None] * len(records)
        fresh: dict[str, Record] = {}
        try:
            taken = self._taken([record.key for record in records])
            for number, record in enumerate(records):
                if record.key in taken or record.key in fresh:
                    outcomes[number] = _already_there(record.key)
                else:
                    fresh[record.key] = record
            self._append(list(fresh.values()))
        except TransientError as error:
            return [outcome or TransientError(str(error)) for outcome in outcomes]
        return outcomes

    def _append(self, records: Sequence[Record]) -> None:
        if not records:
            return
        locations = self._writer.append(records)
        # In the order of the file: what SQLite knows of a segment is always all of it up to some point.
        with self._lock:
            for record, location in zip(records, locations, strict=True):
                self._unwritten[record.key] = _place_of(location, is_ours=True)

    def _taken(self, keys: Sequence[str]) -> Collection[str]:
        # Memory first: a place leaves it only after SQLite has it.
        taken = {key for key in keys if key in self._unwritten}
        places = ", ".join("?" * len(keys))
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT key FROM raw_object WHERE key IN ({places})", keys)  # noqa: S608 - nothing but places
            taken.update(key for (key,) in rows)
        return taken

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
                for segment in self._segments.names():
                    if segment not in self._writer.own:
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


def _already_there(key: str) -> ObjectExistsError:
    message = f"The raw key {key} is taken. Use a new ingest id."
    return ObjectExistsError(message)
