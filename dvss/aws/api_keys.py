"""Vendors' API keys in AWS: a key works while the gateway lets it in and the functions know whose it is.

The order of the steps keeps a key that is half made or half ended unusable: the functions are the last to learn of a
key and the first to forget it. What a command left half done, the next one mends.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from dvss.aws.key_rows import KeyRow
from dvss.credentials import (
    MOST_KEYS_IN_FORCE,
    ApiKeyEntry,
    CredentialError,
    IssuedKey,
    new_key,
    no_key_in_force,
    too_many_keys,
)
from handlers.core.credentials import key_digest
from handlers.values import ConfigurationError, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import timedelta

    from dvss.aws.gateway_keys import GatewayKeys
    from dvss.aws.key_rows import KeyRows
    from dvss.aws.lock import OperatorLock
    from handlers.aws.tables import Write
    from handlers.ports import Clock


class AwsApiKeys:
    """``ApiKeys`` on VendorMappings and API Gateway."""

    def __init__(
        self,
        *,
        rows: KeyRows,
        gateway: GatewayKeys,
        lock: OperatorLock,
        clock: Clock,
        random_bytes: Callable[[int], bytes],
        plan_ids: Mapping[str, str],
    ) -> None:
        """``plan_ids`` has the id of each vendor's usage plan."""
        self._rows = rows
        self._gateway = gateway
        self._lock = lock
        self._clock = clock
        self._random_bytes = random_bytes
        self._plan_ids = plan_ids

    def add(self, role: Role, vendor_id: str | None = None) -> IssuedKey:
        if role is Role.OPERATOR:
            message = "There are no operators' keys on AWS: an operator's own AWS credentials (IAM) decide."
            raise CredentialError(message)
        if not vendor_id:
            message = "A vendor's key names its vendor. Name one."
            raise CredentialError(message)
        with self._lock.held() as lock:
            self._mend(lock)
            return self._issue(lock, vendor_id, None)

    def rotate(self, key_id: str, grace: timedelta) -> IssuedKey:
        with self._lock.held() as lock:
            self._mend(lock)
            old = self._in_force(key_id)
            end = self._clock.now() + grace
            ending = replace(old, ends_at=min(old.ends_at or end, end))
            issued = self._issue(lock, old.vendor_id, ending)
            self._settle(lock, ending)
            return issued

    def revoke(self, key_id: str) -> None:
        with self._lock.held() as lock:
            self._mend(lock)
            row = replace(self._in_force(key_id), ends_at=self._clock.now())
            self._rows.end(lock, row)
            self._settle(lock, row)

    def entries(self) -> Sequence[ApiKeyEntry]:
        return [row.entry() for row in self._rows.all() if not row.is_begun]

    def mend(self) -> None:
        """Finish what commands left half done, and count each key against its vendor's present usage plan."""
        with self._lock.held() as lock:
            self._mend(lock)

    def _mend(self, lock: Write) -> None:
        for row in self._rows.all():
            if row.is_begun:
                self._gateway.remove(row.key_id)
                self._rows.forget(lock, row)
            else:
                self._settle(lock, row)

    def _settle(self, lock: Write, row: KeyRow) -> None:
        """Let the gateway follow what the functions know of the key."""
        if row.plan_id is None:
            return
        plan_id = self._plan_ids.get(row.vendor_id, row.plan_id)
        if not row.is_in_force(self._clock.now()):
            self._gateway.remove(row.key_id)
            self._rows.end(lock, replace(row, plan_id=None))
        elif plan_id != row.plan_id:
            self._gateway.move(row.key_id, row.plan_id, plan_id)
            self._rows.put(lock, replace(row, plan_id=plan_id))

    def _issue(self, lock: Write, vendor_id: str, replaced: KeyRow | None) -> IssuedKey:
        plan_id = self._plan_ids.get(vendor_id)
        if plan_id is None:
            message = f"{vendor_id} has no usage plan in this deployment. Deploy the contracts of this checkout first."
            raise ConfigurationError(message)
        self._check_room(vendor_id, replaced)
        issued = new_key(self._random_bytes)
        row = KeyRow(issued.key_id, vendor_id, key_digest(issued.key), self._clock.now(), plan_id=plan_id)
        self._rows.begin(lock, row)
        self._gateway.create(issued, plan_id, f"DVSS: {vendor_id}")
        try:
            self._rows.put_in_force(lock, row, replaced)
        except CredentialError:
            # The lock has gone to another command, which may have mended before the gateway had the key.
            self._gateway.remove(issued.key_id)
            raise
        return issued

    def _check_room(self, vendor_id: str, replaced: KeyRow | None) -> None:
        now = self._clock.now()
        rows = {row.key_id: row for row in self._rows.all() if row.vendor_id == vendor_id}
        rows |= {replaced.key_id: replaced} if replaced else {}
        if sum(row.is_in_force(now) for row in rows.values()) >= MOST_KEYS_IN_FORCE:
            raise too_many_keys(vendor_id)

    def _in_force(self, key_id: str) -> KeyRow:
        row = self._rows.get(key_id)
        if row is None or not row.is_in_force(self._clock.now()):
            raise no_key_in_force(key_id)
        return row
