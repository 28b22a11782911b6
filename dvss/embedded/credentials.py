"""The credentials of this machine: what entry points ask, and through ``keys`` and ``secrets`` what operators do."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dvss.embedded.api_keys import SqliteApiKeys
from dvss.embedded.webhook_secrets import SqliteWebhookSecrets

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from dvss.embedded.database import Database
    from handlers.ports import Clock
    from handlers.values import Principal


class SqliteCredentialStore:
    def __init__(self, database: Database, clock: Clock, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        self.keys = SqliteApiKeys(database, clock, random_bytes)
        self.secrets = SqliteWebhookSecrets(database, clock, random_bytes)

    def principal(self, key_sha256: str, at: datetime) -> Principal | None:
        return self.keys.principal(key_sha256, at)

    def webhook_secrets(self, vendor_id: str, at: datetime) -> Sequence[str]:
        return self.secrets.in_force(vendor_id, at)
