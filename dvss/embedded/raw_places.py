"""Where each raw object lies: in SQLite, and in memory until some transaction takes it along."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dvss.embedded.bulk import execute_in_bulk

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from dvss.embedded.database import Database
    from dvss.embedded.segments import Location

_FIND = "SELECT name, body_offset, size_bytes FROM raw_object JOIN raw_segment USING (segment_id) WHERE key = ?"
_WRITE_SEGMENTS = """
    INSERT INTO raw_segment (name, known_bytes) VALUES (...)
    ON CONFLICT (name) DO UPDATE SET known_bytes = max(known_bytes, excluded.known_bytes)
"""
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
"""  # nosec B608 # two constants
)
_WRITE_FOUND = _WRITE + "NOTHING"
_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where an object's bytes lie; numbers in bytes."""

    segment: str
    start: int
    length: int


@dataclass(frozen=True, slots=True)
class _Unwritten:
    place: Place
    end: int
    """Where the record ends: with this place SQLite knows the segment up to here."""
    is_ours: bool
    """Acknowledged by this process, so it stands before a record of the same key that was only found."""


class RawPlaces:
    """What this process stored or found travels with the next transaction that is made anyway."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._unwritten: dict[str, _Unwritten] = {}
        self._travelling: Mapping[str, _Unwritten] = {}
        database.accompany(self)

    def add_ours(self, keys: Iterable[str], locations: Sequence[Location]) -> int:
        """Remember acknowledged records, given in the order of their file. Returns how many places wait for SQLite.

        The order matters: what SQLite knows of a segment is always all of it up to some point.
        """
        with self._lock:
            for key, location in zip(keys, locations, strict=True):
                self._unwritten[key] = _unwritten(location, is_ours=True)
            return len(self._unwritten)

    def add_found(self, key: str, location: Location) -> None:
        """Remember a record of another process, or of an earlier run of this one."""
        with self._lock:
            self._unwritten.setdefault(key, _unwritten(location, is_ours=False))

    def place(self, key: str) -> Place | None:
        # Memory first, here and below: a place leaves it only after SQLite has it.
        unwritten = self._unwritten.get(key)
        if unwritten is not None:
            return unwritten.place
        with self._database.reading() as connection:
            row = connection.execute(_FIND, (key,)).fetchone()
        return None if row is None else Place(*row)

    def taken(self, keys: Sequence[str]) -> Collection[str]:
        """Those of ``keys`` that have a place."""
        taken = {key for key in keys if key in self._unwritten}
        places = ", ".join("?" * len(keys))
        with self._database.reading() as connection:
            rows = connection.execute(f"SELECT key FROM raw_object WHERE key IN ({places})", keys)  # nosec B608 # noqa: S608 - nothing but places
            taken.update(key for (key,) in rows)
        return taken

    def sizes(self, prefix: str, after: str = "") -> Iterator[tuple[str, int]]:
        """Key and bytes of each object under ``prefix`` and behind ``after`` that SQLite knows, sorted by key."""
        last = after
        while True:
            with self._database.reading() as connection:
                rows = connection.execute(
                    "SELECT key, size_bytes FROM raw_object WHERE key >= ? AND key > ? ORDER BY key LIMIT ?",
                    (prefix, last, _PAGE),
                ).fetchall()
            for key, size_bytes in rows:
                if not key.startswith(prefix):
                    return
                yield key, size_bytes
                last = key
            if len(rows) < _PAGE:
                return

    def known_bytes(self) -> Mapping[str, int]:
        """For each segment up to where SQLite knows all of its records."""
        with self._database.reading() as connection:
            return dict(connection.execute("SELECT name, known_bytes FROM raw_segment"))

    def put_into_database(self) -> None:
        """Make a transaction for what waits to travel."""
        self._database.write(lambda _: None)

    def write(self, connection: sqlite3.Connection) -> None:
        with self._lock:
            self._travelling = dict(self._unwritten)
        ends: dict[str, int] = {}
        for entry in self._travelling.values():
            ends[entry.place.segment] = max(entry.end, ends.get(entry.place.segment, 0))
        execute_in_bulk(connection, _WRITE_SEGMENTS, list(ends.items()))
        for statement, is_ours in ((_WRITE_OURS, True), (_WRITE_FOUND, False)):
            rows = [
                (key, entry.place.segment, entry.place.start, entry.place.length)
                for key, entry in self._travelling.items()
                if entry.is_ours is is_ours
            ]
            execute_in_bulk(connection, statement, rows)

    def written(self) -> None:
        with self._lock:
            for key, entry in self._travelling.items():
                if self._unwritten.get(key) is entry:
                    del self._unwritten[key]


def _unwritten(location: Location, *, is_ours: bool) -> _Unwritten:
    return _Unwritten(Place(location.segment, location.body_start, location.length), location.end, is_ours)
