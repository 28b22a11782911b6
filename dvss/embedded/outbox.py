"""The outbox on SQLite: what terminal transactions wrote and nobody has published."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvss.embedded.rows import SELECT_OUTBOX, microseconds, outbox_record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime

    from dvss.embedded.database import Database
    from handlers.values import OutboxRecord


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

        def remove(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "DELETE FROM outbox WHERE created_at = ? AND event_id = ? AND revision = ? AND detail_type = ?", keys
            )

        self._database.write(remove)
