"""Published mapping versions on SQLite."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from handlers.moments import microseconds, moment
from handlers.values import PublishedMapping

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from dvss.embedded.database import Database

_KEEP = """
INSERT INTO published_mapping (vendor_id, mapping_version, published_at, contracts, deployed) VALUES (?, ?, ?, ?, 1)
ON CONFLICT DO UPDATE SET deployed = 1
"""
_SELECT = "SELECT vendor_id, mapping_version, published_at, contracts FROM published_mapping"


class SqliteMappingCatalogue:
    def __init__(self, database: Database) -> None:
        self._database = database

    def publish(self, mappings: Sequence[PublishedMapping]) -> None:
        rows = [
            (one.vendor_id, one.mapping_version, microseconds(one.published_at), json.dumps(dict(one.contracts)))
            for one in mappings
        ]

        def keep(connection: sqlite3.Connection) -> None:
            connection.execute("UPDATE published_mapping SET deployed = 0 WHERE deployed = 1")
            connection.executemany(_KEEP, rows)

        self._database.write(keep)

    def deployed(self) -> Sequence[PublishedMapping]:
        return self._read(f"{_SELECT} WHERE deployed = 1 ORDER BY vendor_id")

    def published(self) -> Sequence[PublishedMapping]:
        return self._read(f"{_SELECT} ORDER BY vendor_id, published_id")

    def _read(self, query: str) -> Sequence[PublishedMapping]:
        with self._database.reading() as connection:
            rows = connection.execute(query).fetchall()
        return [
            PublishedMapping(vendor_id, version, moment(published_at), json.loads(contracts))
            for vendor_id, version, published_at, contracts in rows
        ]
