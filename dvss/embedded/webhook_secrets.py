"""Webhook secrets on SQLite: stored as they are, since a signature is verified with the secret itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvss.credentials import (
    MOST_SECRETS_IN_FORCE,
    IssuedSecret,
    WebhookSecretEntry,
    new_secret,
    no_secret_in_force,
    not_one_secret,
    too_many_secrets,
)
from handlers.moments import microseconds, moment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from dvss.embedded.database import Database
    from handlers.ports import Clock


class SqliteWebhookSecrets:
    """``WebhookSecrets``, and what entry points ask of them. Ended ones are remembered for ever."""

    def __init__(self, database: Database, clock: Clock, random_bytes: Callable[[int], bytes]) -> None:
        self._database = database
        self._clock = clock
        self._random_bytes = random_bytes

    def in_force(self, vendor_id: str, at: datetime) -> Sequence[str]:
        """Newest first, at most two."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT secret FROM webhook_secret WHERE vendor_id = ? AND coalesce(ends_at > ?, 1) "
                "ORDER BY rowid DESC LIMIT ?",
                (vendor_id, microseconds(at), MOST_SECRETS_IN_FORCE),
            ).fetchall()
        return [secret for (secret,) in rows]

    def add(self, vendor_id: str, secret: str | None = None) -> IssuedSecret:
        issued = new_secret(secret, self._random_bytes)
        now = self._clock.now()

        def insert(connection: sqlite3.Connection) -> None:
            if _count_in_force(connection, vendor_id, now) >= MOST_SECRETS_IN_FORCE:
                raise too_many_secrets(vendor_id)
            _insert(connection, vendor_id, issued, now)

        self._database.write(insert)
        return issued

    def rotate(self, vendor_id: str, grace: timedelta, secret: str | None = None) -> IssuedSecret:
        issued = new_secret(secret, self._random_bytes)
        now = self._clock.now()
        end = {"vendor": vendor_id, "now": microseconds(now), "end": microseconds(now + grace)}

        def replace(connection: sqlite3.Connection) -> None:
            if (count := _count_in_force(connection, vendor_id, now)) != 1:
                raise not_one_secret(vendor_id, count)
            connection.execute(
                "UPDATE webhook_secret SET ends_at = min(coalesce(ends_at, :end), :end) "
                "WHERE vendor_id = :vendor AND coalesce(ends_at > :now, 1)",
                end,
            )
            _insert(connection, vendor_id, issued, now)

        self._database.write(replace)
        return issued

    def revoke(self, secret_id: str) -> None:
        now = microseconds(self._clock.now())

        def end(connection: sqlite3.Connection) -> None:
            ended = connection.execute(
                "UPDATE webhook_secret SET ends_at = ?1 WHERE secret_id = ?2 AND coalesce(ends_at > ?1, 1)",
                (now, secret_id),
            ).rowcount
            if not ended:
                raise no_secret_in_force(secret_id)

        self._database.write(end)

    def entries(self) -> Sequence[WebhookSecretEntry]:
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT secret_id, vendor_id, created_at, ends_at FROM webhook_secret ORDER BY rowid"
            ).fetchall()
        return [
            WebhookSecretEntry(secret_id, vendor_id, moment(created_at), moment(ends_at))
            for secret_id, vendor_id, created_at, ends_at in rows
        ]


def _count_in_force(connection: sqlite3.Connection, vendor_id: str, now: datetime) -> int:
    (count,) = connection.execute(
        "SELECT count(*) FROM webhook_secret WHERE vendor_id = ? AND coalesce(ends_at > ?, 1)",
        (vendor_id, microseconds(now)),
    ).fetchone()
    return int(count)


def _insert(connection: sqlite3.Connection, vendor_id: str, issued: IssuedSecret, now: datetime) -> None:
    connection.execute(
        "INSERT INTO webhook_secret (secret_id, vendor_id, secret, created_at) VALUES (?, ?, ?, ?)",
        (issued.secret_id, vendor_id, issued.secret, microseconds(now)),
    )
