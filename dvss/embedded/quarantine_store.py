"""Quarantine records outside of the terminal transaction, on SQLite."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvss.embedded.bulk import execute_in_bulk
from dvss.embedded.rows import INSERT_QUARANTINE, SELECT_QUARANTINE, quarantine_record, quarantine_row

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvss.embedded.database import Database
    from handlers.values import QuarantineRecord

_PUT = INSERT_QUARANTINE + " ON CONFLICT DO NOTHING"
_GET = SELECT_QUARANTINE + " WHERE vendor_id = ? AND item_id = ?"


class SqliteQuarantineStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    def put_if_absent(self, record: QuarantineRecord) -> bool:
        row = quarantine_row(record)
        return self._database.write(lambda connection: execute_in_bulk(connection, _PUT, [row]) == 1)

    def get(self, vendor_id: str, item_id: str) -> QuarantineRecord | None:
        with self._database.reading() as connection:
            row = connection.execute(_GET, (vendor_id, item_id)).fetchone()
        return None if row is None else quarantine_record(row)

    def records(
        self, *, vendor_id: str | None, include_released: bool, after: str | None, limit: int
    ) -> Sequence[QuarantineRecord]:
        # Not the order of the pairs: the text "a-b/x" comes before "a/x".
        conditions = ["vendor_id || '/' || item_id > ?"]
        values = [after or ""]
        if vendor_id is not None:
            conditions.append("vendor_id = ?")
            values.append(vendor_id)
        if not include_released:
            conditions.append("released_at IS NULL")
        with self._database.reading() as connection:
            rows = connection.execute(
                f"{SELECT_QUARANTINE} WHERE {' AND '.join(conditions)} ORDER BY vendor_id || '/' || item_id LIMIT ?",
                (*values, limit),
            ).fetchall()
        return [quarantine_record(row) for row in rows]
