"""Webhook secrets on SQLite: stored as they are, since a signature is verified with the secret itself."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dvss.embedded.api_keys import CredentialError, new_id
from handlers.moments import microseconds, moment

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from dvss.embedded.database import Database
    from handlers.ports import Clock

MOST_IN_FORCE = 2
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class IssuedSecret:
    """A new webhook secret: the vendor's own, or one to be entered at the vendor."""

    secret_id: str
    secret: str


@dataclass(frozen=True, slots=True)
class WebhookSecretEntry:
    """A line of the list of secrets; the secret itself is never listed."""

    secret_id: str
    vendor_id: str
    created_at: datetime
    ends_at: datetime | None
    """From here on the secret verifies nothing; None while no end is set."""


class SqliteWebhookSecrets:
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
                (vendor_id, microseconds(at), MOST_IN_FORCE),
            ).fetchall()
        return [secret for (secret,) in rows]

    def add(self, vendor_id: str, secret: str | None = None) -> IssuedSecret:
        """A further secret: the given one, or a generated one in the form of Standard Webhooks."""
        issued = self._issue(secret)
        now = self._clock.now()

        def insert(connection: sqlite3.Connection) -> None:
            if _count_in_force(connection, vendor_id, now) >= MOST_IN_FORCE:
                message = f"{vendor_id} has {MOST_IN_FORCE} webhook secrets in force already. Revoke one first."
                raise CredentialError(message)
            _insert(connection, vendor_id, issued, now)

        self._database.write(insert)
        return issued

    def rotate(self, vendor_id: str, grace: timedelta, secret: str | None = None) -> IssuedSecret:
        """A new secret, given or generated; the one in force ends after ``grace``, or when it would have anyway."""
        issued = self._issue(secret)
        now = self._clock.now()
        end = {"vendor": vendor_id, "now": microseconds(now), "end": microseconds(now + grace)}

        def replace(connection: sqlite3.Connection) -> None:
            if (count := _count_in_force(connection, vendor_id, now)) != 1:
                way_out = "Revoke one first" if count else "Add one"
                message = f"{vendor_id} has {count} webhook secrets in force; a rotation replaces one. {way_out}."
                raise CredentialError(message)
            connection.execute(
                "UPDATE webhook_secret SET ends_at = min(coalesce(ends_at, :end), :end) "
                "WHERE vendor_id = :vendor AND coalesce(ends_at > :now, 1)",
                end,
            )
            _insert(connection, vendor_id, issued, now)

        self._database.write(replace)
        return issued

    def revoke(self, secret_id: str) -> None:
        """End a secret now. A process that keeps secrets in a cache uses it until its cache is next refreshed."""
        now = microseconds(self._clock.now())

        def end(connection: sqlite3.Connection) -> None:
            ended = connection.execute(
                "UPDATE webhook_secret SET ends_at = ?1 WHERE secret_id = ?2 AND coalesce(ends_at > ?1, 1)",
                (now, secret_id),
            ).rowcount
            if not ended:
                message = f"There is no webhook secret {secret_id} in force. List the secrets to see their ids."
                raise CredentialError(message)

        self._database.write(end)

    def entries(self) -> Sequence[WebhookSecretEntry]:
        """Every secret that ever was, oldest first."""
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT secret_id, vendor_id, created_at, ends_at FROM webhook_secret ORDER BY rowid"
            ).fetchall()
        return [
            WebhookSecretEntry(secret_id, vendor_id, moment(created_at), moment(ends_at))
            for secret_id, vendor_id, created_at, ends_at in rows
        ]

    def _issue(self, secret: str | None) -> IssuedSecret:
        if secret == "":
            message = "A webhook secret cannot be empty. Give the vendor's secret, or none to have one generated."
            raise CredentialError(message)
        generated = f"whsec_{base64.b64encode(self._random_bytes(_SECRET_BYTES)).decode()}"
        return IssuedSecret(new_id("secret", self._random_bytes), generated if secret is None else secret)


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
