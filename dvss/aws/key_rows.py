"""API keys as items of VendorMappings.

A key that is in force has two: `#keys`/<key id> is a line of the list, `key#<sha256>`/`key` is what the functions read.
The list has the key before the functions know it, and keeps it when they have forgotten it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dvss.credentials import ApiKeyEntry, CredentialError
from handlers.aws.credentials import api_key_item, api_key_key
from handlers.aws.items import number, number_of, present, text, text_of
from handlers.aws.tables import Table, Write, transact
from handlers.moments import microseconds, moment
from handlers.values import Principal, Role

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from handlers.aws.clients import Clients
    from handlers.aws.tables import Item

_LIST = "#keys"


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A line of the list of keys."""

    key_id: str
    vendor_id: str
    key_sha256: str
    created_at: datetime
    ends_at: datetime | None = None
    plan_id: str | None = None
    """The usage plan through which the gateway lets the key in; None once the gateway has it no more."""
    is_begun: bool = False
    """Its making has not come to its end: the functions do not know it, nobody has seen it."""

    def is_in_force(self, at: datetime) -> bool:
        return not self.is_begun and (self.ends_at is None or self.ends_at > at)

    def entry(self) -> ApiKeyEntry:
        return ApiKeyEntry(self.key_id, Role.VENDOR, self.vendor_id, self.created_at, self.ends_at)


class KeyRows:
    """Reads are consistent; each write is one transaction.

    Nothing is written by a command that has lost the lock: it gets a CredentialError.
    """

    def __init__(self, clients: Clients, table: str) -> None:
        self._clients = clients
        self._table = Table(clients, table)

    def all(self) -> Sequence[KeyRow]:
        """Every row, oldest first."""
        rows = map(_row, self._table.query("#vendorId = :list", {"list": {"S": _LIST}}))
        return sorted(rows, key=lambda row: (row.created_at, row.key_id))

    def get(self, key_id: str) -> KeyRow | None:
        item = self._table.get(_key(key_id), consistent=True)
        return None if item is None else _row(item)

    def begin(self, lock: Write, row: KeyRow) -> None:
        """Note that a key is about to be made, so that whatever comes of it is found again."""
        self._write(lock, _item(replace(row, is_begun=True)))

    def put_in_force(self, lock: Write, row: KeyRow, replaced: KeyRow | None) -> None:
        """In one transaction: the functions know the key from now on, and the end of the one that it replaces."""
        rows = [row, replaced] if replaced else [row]
        self._write(lock, *(item for one in rows for item in (_item(one), _functions_item(one))))

    def put(self, lock: Write, row: KeyRow) -> None:
        """The line alone: the functions see nothing of it."""
        self._write(lock, _item(row))

    def end(self, lock: Write, row: KeyRow) -> None:
        """In one transaction: the line as it is given, and the functions forget the key."""
        self._write(lock, _item(row), removed=api_key_key(row.key_sha256))

    def forget(self, lock: Write, row: KeyRow) -> None:
        """Remove the line of a key that was begun and never made."""
        self._write(lock, removed=_key(row.key_id))

    def _write(self, lock: Write, *items: Item, removed: Item | None = None) -> None:
        writes = [Write(table=self._table.name, kind="Put", item=item) for item in items]
        writes += [Write(table=self._table.name, kind="Delete", item=removed)] if removed else []
        if transact(self._clients, [lock, *writes]) is not None:
            message = "Another command has taken over the credentials meanwhile. Run the command again."
            raise CredentialError(message)


def _key(key_id: str) -> Item:
    return {"vendorId": {"S": _LIST}, "mappingVersion": {"S": key_id}}


def _functions_item(row: KeyRow) -> Item:
    return api_key_item(row.key_sha256, Principal(Role.VENDOR, row.key_id, row.vendor_id), row.ends_at)


def _item(row: KeyRow) -> Item:
    return _key(row.key_id) | present(
        {
            # vendorId is taken: it is the table's hash key.
            "keyVendorId": text(row.vendor_id),
            "keySha256": text(row.key_sha256),
            "createdAt": number(microseconds(row.created_at)),
            "endsAt": number(microseconds(row.ends_at)),
            "usagePlanId": text(row.plan_id),
            "begun": {"BOOL": True} if row.is_begun else None,
        }
    )


def _row(item: Item) -> KeyRow:
    return KeyRow(
        key_id=item["mappingVersion"]["S"],
        vendor_id=item["keyVendorId"]["S"],
        key_sha256=item["keySha256"]["S"],
        created_at=moment(int(item["createdAt"]["N"])),
        ends_at=moment(number_of(item, "endsAt")),
        plan_id=text_of(item, "usagePlanId"),
        is_begun="begun" in item,
    )
