"""The ingest index on SQLite, with the transaction that ends an event's way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dvss.embedded.rows import (
    INSERT_INGEST,
    INSERT_OUTBOX,
    INSERT_QUARANTINE,
    SELECT_INGEST,
    UPDATE_INGEST,
    ingest_record,
    ingest_row,
    microseconds,
    outbox_row,
    quarantine_row,
    versions_text,
)
from handlers.values import CompletionResult, Lane, Status

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from dvss.embedded.database import Database
    from dvss.embedded.rows import Row
    from handlers.values import Completion, IdempotencyKey, IngestRecord, QuarantineRecord

_BY_KEY = SELECT_INGEST + " WHERE vendor_id = ? AND external_event_id = ?"
_ACCEPT = INSERT_INGEST + " ON CONFLICT (vendor_id, external_event_id) DO NOTHING"
_SUPERSEDE = UPDATE_INGEST + " WHERE vendor_id = ? AND external_event_id = ? AND ingest_id = ? AND generation = ?"
_COMPLETE = """
    UPDATE ingest_record
    SET status = ?, schema_version = ?, mapping_version = ?, revision = ?, normalized = ?,
      dispatch_at = NULL, parked = 0
    WHERE vendor_id = ? AND external_event_id = ? AND ingest_id = ? AND generation = ? AND dispatch_at IS NOT NULL
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
_ADD_TO_OUTBOX = INSERT_OUTBOX + " ON CONFLICT DO NOTHING"
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
        rows = [ingest_row(record) for record in records]

        def insert(connection: sqlite3.Connection) -> list[Row | None]:
            return [None if connection.execute(_ACCEPT, row).rowcount else _row(connection, row[:2]) for row in rows]

        in_the_way = self._database.write(insert)
        return [None if row is None else ingest_record(row) for row in in_the_way]

    def complete(self, completion: Completion) -> CompletionResult:
        key = completion.key
        update = (
            completion.status.value,
            completion.schema_version,
            completion.mapping_version,
            completion.revision,
            versions_text(completion.normalized),
            key.vendor_id,
            key.external_event_id,
            completion.ingest_id,
            completion.generation,
        )
        outbox = [outbox_row(record) for record in completion.outbox]

        def end(connection: sqlite3.Connection) -> CompletionResult:
            if not connection.execute(_COMPLETE, update).rowcount:
                return _why_not(connection, key, completion.ingest_id)
            for row in outbox:
                connection.execute(_ADD_TO_OUTBOX, row)
            if completion.status is Status.NORMALIZED:
                at = microseconds(completion.completed_at)
                connection.execute(_RELEASE, (at, key.vendor_id, completion.ingest_id))
            if completion.quarantine is not None:
                _replace_quarantine(connection, completion.quarantine)
            return CompletionResult.COMPLETED

        return self._database.write(end)

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
            if not connection.execute(_SUPERSEDE, (*row, *_seen(seen))).rowcount:
                return False
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


def _why_not(connection: sqlite3.Connection, key: IdempotencyKey, ingest_id: str) -> CompletionResult:
    row = _row(connection, (key.vendor_id, key.external_event_id))
    if row is None:
        return CompletionResult.UNKNOWN_EVENT
    return (
        CompletionResult.ALREADY_COMPLETED if ingest_record(row).ingest_id == ingest_id else CompletionResult.KEY_TAKEN
    )


def _replace_quarantine(connection: sqlite3.Connection, record: QuarantineRecord) -> None:
    row = connection.execute(
        "DELETE FROM quarantine WHERE vendor_id = ? AND item_id = ? RETURNING attempts",
        (record.vendor_id, record.item_id),
    ).fetchone()
    if row is not None:
        record = replace(record, attempts=row[0] + 1)
    connection.execute(INSERT_QUARANTINE, quarantine_row(record))
