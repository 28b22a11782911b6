"""The feed: every canonical event that was published, in the order of its publication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dvss.embedded.bulk import execute_in_bulk

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from dvss.embedded.database import Database
    from dvss.embedded.rows import Row
    from handlers.values import BusMessage

_APPEND = "INSERT INTO feed (message_id, detail_type, detail) VALUES (...) ON CONFLICT (message_id) DO NOTHING"


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One published event. ``seq`` rises, may leave numbers out, and is never given twice."""

    seq: int
    message_id: str
    detail_type: str
    detail: bytes
    """UTF-8 JSON."""


class Feed:
    """Only grows. A message id that is there already is not added again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, messages: Sequence[BusMessage]) -> None:
        rows = [(message.message_id, message.detail_type, message.detail) for message in messages]
        self._database.write_together(_append_together, rows)

    def after(self, seq: int, limit: int) -> Sequence[FeedEntry]:
        """Entries by ascending ``seq``, those after ``seq``. An entry never appears before one that was returned."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT seq, message_id, detail_type, detail FROM feed WHERE seq > ? ORDER BY seq LIMIT ?", (seq, limit)
            ).fetchall()
        return [FeedEntry(*row) for row in rows]

    def latest_seq(self) -> int:
        """The last entry's ``seq``; 0 for an empty feed."""
        with self._database.reading() as connection:
            (latest,) = connection.execute("SELECT coalesce(max(seq), 0) FROM feed").fetchone()
        return int(latest)


def _append_together(connection: sqlite3.Connection, calls: Sequence[Sequence[Row]]) -> Sequence[None]:
    execute_in_bulk(connection, _APPEND, [row for call in calls for row in call])
    return [None] * len(calls)
