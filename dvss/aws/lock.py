"""One command at a time: what changes credentials or the token key in AWS holds this lock meanwhile."""

from __future__ import annotations

import base64
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from dvss.credentials import CredentialError
from handlers.aws.tables import Table, Write
from handlers.moments import microseconds
from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from handlers.aws.clients import Clients
    from handlers.aws.tables import Item
    from handlers.ports import Clock

HOLD = timedelta(seconds=60)
"""After this long a lock is free again: whoever held it has ended early."""
MOST_TRIES = 900
"""With the pauses between them longer than a lock can outlive its holder."""
PAUSE_SECONDS = 0.1
_KEY: Final[Item] = {"vendorId": {"S": "#lock"}, "mappingVersion": {"S": "operator"}}


class OperatorLock:
    """An item of VendorMappings that one command holds."""

    def __init__(
        self,
        clients: Clients,
        table: str,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        sleep: Callable[[float], None],
    ) -> None:
        self._table = Table(clients, table)
        self._clock = clock
        self._random_bytes = random_bytes
        self._sleep = sleep

    @contextmanager
    def held(self) -> Iterator[Write]:
        """Wait for the lock, and let go of it in the end. Raises CredentialError if others keep it.

        What it gives is a write for a transaction that must not happen once the lock has gone to somebody else.
        """
        holder = base64.b32encode(self._random_bytes(10)).decode()
        for _ in range(MOST_TRIES):
            if self._table.write(self._holding(holder)) is None:
                break
            self._sleep(PAUSE_SECONDS)
        else:
            message = "Other `dvss key` or `dvss publish` commands are at work here. Try again when they are done."
            raise CredentialError(message)
        try:
            yield self._kept(holder)
        finally:
            self._let_go(holder)

    def _holding(self, holder: str) -> Write:
        now = self._clock.now()
        return Write(
            table=self._table.name,
            kind="Put",
            item=_KEY | {"holder": {"S": holder}, "until": {"N": str(microseconds(now + HOLD))}},
            condition="attribute_not_exists(#vendorId) OR #until < :now OR #holder = :holder",
            values={"now": {"N": str(microseconds(now))}, "holder": {"S": holder}},
        )

    def _let_go(self, holder: str) -> None:
        kept = self._kept(holder)
        try:
            self._table.write(replace(kept, kind="Delete", update=None))
        except TransientError:
            # What was done under the lock stands, and must be told; the lock ends by itself.
            return

    def _kept(self, holder: str) -> Write:
        return Write(
            table=self._table.name,
            kind="Update",
            item=_KEY,
            update="SET #holder = :holder",
            condition="#holder = :holder",
            values={"holder": {"S": holder}},
        )
