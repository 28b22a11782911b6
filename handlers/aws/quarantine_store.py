"""Quarantine records on DynamoDB, and the parts of transactions that touch them."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from handlers.aws.items import quarantine_attributes, quarantine_item, quarantine_key, quarantine_record
from handlers.aws.tables import Table, Write, assignments
from handlers.moments import microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime

    from handlers.aws.clients import Clients
    from handlers.values import QuarantineRecord

_MOST_OF_A_PAGE = 100


class DynamoQuarantineStore:
    """``vendors`` says whose records there may be where no vendor is named."""

    def __init__(self, clients: Clients, table: str, vendors: Callable[[], Collection[str]]) -> None:
        self._table = Table(clients, table)
        self._vendors = vendors

    def put_if_absent(self, record: QuarantineRecord) -> bool:
        put = Write(
            table=self._table.name,
            kind="Put",
            item=quarantine_item(record),
            condition="attribute_not_exists(#vendorId)",
        )
        refused = self._table.write(put)
        if refused is None:
            return True
        return refused.is_retry and refused.item is not None and quarantine_record(refused.item) == record

    def get(self, vendor_id: str, item_id: str) -> QuarantineRecord | None:
        item = self._table.get(quarantine_key(vendor_id, item_id), consistent=True)
        return None if item is None else quarantine_record(item)

    def records(
        self, *, vendor_id: str | None, include_released: bool, after: str | None, limit: int
    ) -> Sequence[QuarantineRecord]:
        # By the texts of the paths, not by the pairs: "a-b/x" comes before "a/x".
        vendors = self._vendors() if vendor_id is None else (vendor_id,)
        prefixes = sorted(f"{vendor}/" for vendor in vendors)
        found = (
            record
            for prefix in prefixes
            if after is None or prefix > after or after.startswith(prefix)
            for record in self._of_vendor(
                prefix[:-1],
                after.removeprefix(prefix) if after is not None and after.startswith(prefix) else "",
                include_released=include_released,
                page_size=min(limit, _MOST_OF_A_PAGE),
            )
        )
        return list(islice(found, limit))

    def _of_vendor(
        self, vendor_id: str, past: str, *, include_released: bool, page_size: int
    ) -> Iterator[QuarantineRecord]:
        condition, values = "#vendorId = :vendor", {"vendor": {"S": vendor_id}}
        if past:
            condition += " AND #itemId > :past"
            values["past"] = {"S": past}
        only = None if include_released else "attribute_not_exists(#releasedAt)"
        return map(quarantine_record, self._table.query(condition, values, only=only, page_size=page_size))


def release(table: str, vendor_id: str, item_id: str, at: datetime) -> Write:
    """Release a record. Refused where there is none, or none that is open: to whom that is no matter, leave it out."""
    return Write(
        table=table,
        kind="Update",
        item=quarantine_key(vendor_id, item_id),
        update="SET #releasedAt = :at",
        condition="attribute_exists(#vendorId) AND attribute_not_exists(#releasedAt)",
        values={"at": {"N": str(microseconds(at))}},
    )


def put_or_replace(table: str, record: QuarantineRecord) -> Write:
    """Put a record in the place of the one that may be there, and count one attempt more than that."""
    attributes = quarantine_attributes(record)
    del attributes["attempts"]
    update, values = assignments(attributes)
    return Write(
        table=table,
        kind="Update",
        item=quarantine_key(record.vendor_id, record.item_id),
        update=update.replace("SET ", "SET #attempts = if_not_exists(#attempts, :before) + :one, ", 1),
        values=values | {"before": {"N": str(record.attempts - 1)}, "one": {"N": "1"}},
    )
