"""The ingest index on SQLite, with the transaction that ends an event's way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvss.embedded.bulk import execute_in_bulk
from dvss.embedded.completions import complete_together
from dvss.embedded.database import CannotTellApartError
from dvss.embedded.rows import (
    INSERT_INGEST,
    SELECT_INGEST,
    ingest_record,
    ingest_row,
)
from handlers.moments import microseconds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from dvss.embedded.database import Database
    from dvss.embedded.rows import Row
    from handlers.values import Completion, CompletionResult, IdempotencyKey, IngestRecord, Lane

_BY_KEY = SELECT_INGEST + " WHERE vendor_id = ? AND external_event_id = ?"
_ACCEPT = INSERT_INGEST + " ON CONFLICT (vendor_id, external_event_id) DO NOTHING"
_REMOVE = """
    DELETE FROM ingest_record WHERE vendor_id = ? AND external_event_id = ? AND ingest_id = ? AND generation = ?
"""
_REOPEN = """
    UPDATE ingest_record
    SET lane = ?, dispatch_at = ?, parked = 0, attempts = 0, generation = generation + 1
    WHERE vendor_id = ? AND external_event_id = ? AND ingest_id = ? AND generation = ?
      AND (dispatch_at IS NULL OR parked = 1)
"""
_LEAVE_FAILED = """
    UPDATE ingest_record SET status = 'RECEIVED'
    WHERE vendor_id = ? AND external_event_id = ? AND status = 'FAILED_NORMALIZE'
"""
_CLAIM = """
    UPDATE ingest_record SET dispatch_at = coalesce(?1, dispatch_at), parked = ?1 IS NULL, attempts = attempts + 1
    WHERE vendor_id = ?2 AND external_event_id = ?3 AND ingest_id = ?4 AND generation = ?5
      AND dispatch_at = ?6 AND attempts = ?7 AND parked = 0
"""
_DUE = (
    SELECT_INGEST
    + """
    WHERE lane = ? AND dispatch_at IS NOT NULL AND parked = 0 AND dispatch_at < ? AND (dispatch_at, ingest_id) > (?, ?)
    ORDER BY dispatch_at, ingest_id LIMIT ?
"""
)
_RELEASE = "UPDATE quarantine SET released_at = ? WHERE vendor_id = ? AND item_id = ? AND released_at IS NULL"


class SqliteIngestIndex:
    """IngestIndex and EventQueries."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read(self, keys: Sequence[IdempotencyKey], *, consistent: bool) -> Mapping[IdempotencyKey, IngestRecord]:
        # Every read here is consistent: a reader sees all that was committed before it began.
        del consistent
        with self._database.reading() as connection:
            rows = [(key, _row(connection, (key.vendor_id, key.external_event_id))) for key in keys]
        return {key: ingest_record(row) for key, row in rows if row is not None}

    def accept(self, records: Sequence[IngestRecord]) -> Sequence[IngestRecord | None]:
        in_the_way = self._database.write_together(_accept_together, [ingest_row(record) for record in records])
        return [None if row is None else ingest_record(row) for row in in_the_way]

    def complete(self, completion: Completion) -> CompletionResult:
        return self._database.write_together(complete_together, completion)

    def reopen(self, seen: IngestRecord, *, lane: Lane, at: datetime, dispatch_at: datetime) -> IngestRecord | None:
        key = (seen.key.vendor_id, seen.key.external_event_id)
        update = (lane.value, microseconds(dispatch_at), *_seen(seen))
        release = (microseconds(at), seen.key.vendor_id, seen.ingest_id)

        def open_again(connection: sqlite3.Connection) -> Row | None:
            if not connection.execute(_REOPEN, update).rowcount:
                return None
            if connection.execute(_LEAVE_FAILED, key).rowcount:
                connection.execute(_RELEASE, release)
            return _row(connection, key)

        row = self._database.write(open_again)
        return None if row is None else ingest_record(row)

    def supersede(self, seen: IngestRecord, correction: IngestRecord, conflict_item_id: str, at: datetime) -> bool:
        row = ingest_row(correction)
        vendor_id = seen.key.vendor_id

        def correct(connection: sqlite3.Connection) -> bool:
            if not connection.execute(_REMOVE, _seen(seen)).rowcount:
                return False
            execute_in_bulk(connection, INSERT_INGEST, [row])
            for item_id in (conflict_item_id, seen.ingest_id):
                connection.execute(_RELEASE, (microseconds(at), vendor_id, item_id))
            return True

        return self._database.write(correct)

    def due(
        self, before: datetime, limit: int, *, lanes: Collection[Lane], after: IngestRecord | None = None
    ) -> Sequence[IngestRecord]:
        past = (-1, "") if after is None else (microseconds(after.dispatch_at), after.ingest_id)
        with self._database.reading() as connection:
            rows = [
                row
                for lane in set(lanes)
                for row in connection.execute(_DUE, (lane.value, microseconds(before), *past, limit))
            ]
        records = map(ingest_record, rows)
        return sorted(records, key=lambda record: (record.dispatch_at, record.ingest_id))[:limit]

    def claim(self, record: IngestRecord, *, next_at: datetime | None) -> bool:
        claim = (
            microseconds(next_at),
            *_seen(record),
            microseconds(record.dispatch_at),
            record.attempts,
        )
        return self._database.write(lambda connection: connection.execute(_CLAIM, claim).rowcount == 1)

    def find(self, ingest_id: str) -> IngestRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(SELECT_INGEST + " WHERE ingest_id = ?", (ingest_id,)).fetchone()
        return None if row is None else ingest_record(row)

    def events(
        self,
        *,
        vendor_id: str | None,
        received_from: datetime | None,
        received_before: datetime | None,
        after: str | None,
        limit: int,
    ) -> Sequence[IngestRecord]:
        asked = {
            "vendor_id = ?": vendor_id,
            "received_at >= ?": microseconds(received_from),
            "received_at < ?": microseconds(received_before),
            "ingest_id > ?": after or "",
        }
        conditions = {condition: value for condition, value in asked.items() if value is not None}
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{SELECT_INGEST} WHERE {' AND '.join(conditions)} ORDER BY ingest_id LIMIT ?",
                (*conditions.values(), limit),
            ).fetchall()
        return [ingest_record(row) for row in rows]


def _seen(record: IngestRecord) -> tuple[str, str, str, int]:
    return record.key.vendor_id, record.key.external_event_id, record.ingest_id, record.generation


def _row(connection: sqlite3.Connection, key: Row) -> Row | None:
    row: Row | None = connection.execute(_BY_KEY, key).fetchone()
    return row


def _accept_together(connection: sqlite3.Connection, calls: Sequence[Sequence[Row]]) -> Sequence[Sequence[Row | None]]:
    if len(calls) == 1:
        return [[_accept_alone(connection, row) for row in calls[0]]]
    rows = [row for call in calls for row in call]
    if execute_in_bulk(connection, _ACCEPT, rows) < len(rows):
        raise CannotTellApartError
    return [[None] * len(call) for call in calls]


def _accept_alone(connection: sqlite3.Connection, row: Row) -> Row | None:
    return None if execute_in_bulk(connection, _ACCEPT, [row]) else _row(connection, row[:2])
