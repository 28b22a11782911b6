"""The outbox on SQLite: what terminal transactions wrote and nobody has published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvss.embedded.bulk import execute_in_bulk
from dvss.embedded.rows import SELECT_OUTBOX, outbox_record
from handlers.moments import microseconds

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from dvss.embedded.database import Database
    from dvss.embedded.rows import Row
    from handlers.values import OutboxRecord

# A plain IN (VALUES ...) would look at every row of the table.
_DELETE = """
    WITH published (created_at, event_id, revision, detail_type) AS (VALUES (...))
    DELETE FROM outbox WHERE outbox_id IN (
      SELECT outbox_id FROM published JOIN outbox USING (created_at, event_id, revision, detail_type)
    )
"""


class SqliteOutbox:
    def __init__(self, database: Database) -> None:
        self._database = database

    def pending(self, before: datetime, limit: int) -> Sequence[OutboxRecord]:
        with self._database.reading() as connection:
            rows = connection.execute(
                SELECT_OUTBOX + " WHERE created_at < ? ORDER BY created_at, event_id, revision, detail_type LIMIT ?",
                (microseconds(before), limit),
            ).fetchall()
        return [outbox_record(row) for row in rows]

    def delete(self, records: Sequence[OutboxRecord]) -> None:
        keys = [
            (microseconds(record.created_at), record.event_id, record.revision, record.detail_type)
            for record in records
        ]

        self._database.write_together(_delete_together, keys)


def _delete_together(connection: sqlite3.Connection, calls: Sequence[Sequence[Row]]) -> Sequence[None]:
    execute_in_bulk(connection, _DELETE, [key for call in calls for key in call])
    return [None] * len(calls)
