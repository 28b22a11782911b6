"""API keys on SQLite. A key is shown once, when it is made: only its SHA-256 is stored."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from dvss.credentials import (
    MOST_KEYS_IN_FORCE,
    ApiKeyEntry,
    CredentialError,
    IssuedKey,
    new_key,
    no_key_in_force,
    too_many_keys,
)
from handlers.moments import microseconds, moment
from handlers.values import Principal, Role

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta

    from dvss.embedded.database import Database
    from handlers.ports import Clock

_END = "UPDATE api_key SET ends_at = min(coalesce(ends_at, ?1), ?1) WHERE key_id = ?2 AND coalesce(ends_at > ?3, 1)"


class SqliteApiKeys:
    """``ApiKeys``, and what entry points ask of them."""

    def __init__(self, database: Database, clock: Clock, random_bytes: Callable[[int], bytes]) -> None:
        self._database = database
        self._clock = clock
        self._random_bytes = random_bytes

    def principal(self, key_sha256: str, at: datetime) -> Principal | None:
        with self._database.reading() as connection:
            row = connection.execute(
                "SELECT role, key_id, vendor_id FROM api_key WHERE key_sha256 = ? AND coalesce(ends_at > ?, 1)",
                (key_sha256, microseconds(at)),
            ).fetchone()
        return None if row is None else Principal(Role(row[0]), row[1], row[2])

    def add(self, role: Role, vendor_id: str | None = None) -> IssuedKey:
        if (role is Role.VENDOR) != bool(vendor_id):
            message = "A vendor's key names its vendor and an operator's key names none. Ask for one or the other."
            raise CredentialError(message)
        issued = new_key(self._random_bytes)
        now = self._clock.now()
        self._database.write(lambda connection: _insert(connection, issued, role, vendor_id, now))
        return issued

    def rotate(self, key_id: str, grace: timedelta) -> IssuedKey:
        issued = new_key(self._random_bytes)
        now = self._clock.now()

        def replace(connection: sqlite3.Connection) -> None:
            _end(connection, key_id, now, now + grace)
            role, vendor_id = connection.execute(
                "SELECT role, vendor_id FROM api_key WHERE key_id = ?", (key_id,)
            ).fetchone()
            _insert(connection, issued, Role(role), vendor_id, now)

        self._database.write(replace)
        return issued

    def revoke(self, key_id: str) -> None:
        now = self._clock.now()
        self._database.write(lambda connection: _end(connection, key_id, now, now))

    def entries(self) -> Sequence[ApiKeyEntry]:
        with self._database.reading() as connection:
            rows = connection.execute(
                "SELECT key_id, role, vendor_id, created_at, ends_at FROM api_key ORDER BY rowid"
            ).fetchall()
        return [
            ApiKeyEntry(key_id, Role(role), vendor_id, moment(created_at), moment(ends_at))
            for key_id, role, vendor_id, created_at, ends_at in rows
        ]


def _insert(
    connection: sqlite3.Connection, issued: IssuedKey, role: Role, vendor_id: str | None, now: datetime
) -> None:
    if vendor_id is not None:
        (in_force,) = connection.execute(
            "SELECT count(*) FROM api_key WHERE vendor_id = ? AND coalesce(ends_at > ?, 1)",
            (vendor_id, microseconds(now)),
        ).fetchone()
        if in_force >= MOST_KEYS_IN_FORCE:
            raise too_many_keys(vendor_id)
    connection.execute(
        "INSERT INTO api_key (key_id, role, vendor_id, created_at, key_sha256) VALUES (?, ?, ?, ?, ?)",
        (
            issued.key_id,
            role.value,
            vendor_id,
            microseconds(now),
            hashlib.sha256(issued.key.encode()).hexdigest(),
        ),
    )


def _end(connection: sqlite3.Connection, key_id: str, now: datetime, ends_at: datetime) -> None:
    if not connection.execute(_END, (microseconds(ends_at), key_id, microseconds(now))).rowcount:
        raise no_key_in_force(key_id)
