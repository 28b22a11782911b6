"""The outbox on DynamoDB: one item for what one terminal transaction decided, however many messages that is.

So a transaction stays small, and the usual publication, of all messages at once, is a single delete.
"""

from __future__ import annotations

import heapq
import json
from collections import defaultdict
from itertools import batched, islice
from typing import TYPE_CHECKING

from handlers.aws.items import shard, sortable
from handlers.aws.tables import Table, Write
from handlers.moments import microseconds, moment
from handlers.values import ObjectVersion, OutboxRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from handlers.aws.clients import Clients
    from handlers.aws.tables import Item

SHARDS = 8
_ID_LENGTH = 26
_REMOVED_AT_ONCE = 100
_PAGE_SIZE = 50
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class DynamoOutbox:
    def __init__(self, clients: Clients, table: str) -> None:
        self._table = Table(clients, table)

    def pending(self, before: datetime, limit: int) -> Sequence[OutboxRecord]:
        parts = [
            self._table.query(
                "#pk = :pk AND #sk < :before",
                {"pk": {"S": f"outbox#{number}"}, "before": {"S": sortable(before)}},
                page_size=min(limit, _PAGE_SIZE),
            )
            for number in range(SHARDS)
        ]
        oldest_first = heapq.merge(*parts, key=lambda item: str(item["sk"]["S"]))
        return list(islice((record for item in oldest_first for record in _records(item)), limit))

    def delete(self, records: Sequence[OutboxRecord]) -> None:
        for group in _by_item(records):
            self._delete(*group)

    def _delete(self, key: Item, records: Sequence[OutboxRecord]) -> None:
        """Remove the item where these are all that it was written with, else remove them out of it."""
        count = {"count": {"N": str(len(records))}}
        refused = self._table.write(self._removal(key, "#written = :count", count))
        if refused is None or refused.item is None:
            return
        for chunk in batched(map(_name, records), _REMOVED_AT_ONCE, strict=False):
            names = {f"m{number}": name for number, name in enumerate(chunk)}
            update = Write(
                table=self._table.name,
                kind="Update",
                item=key,
                update="REMOVE " + ", ".join(f"#messages.#{placeholder}" for placeholder in names),
                condition="attribute_exists(#pk)",
                names=names,
            )
            if self._table.write(update) is not None:
                return
        self._table.write(self._removal(key, "size(#messages) = :count", {"count": {"N": "0"}}))

    def _removal(self, key: Item, condition: str, values: Item) -> Write:
        return Write(table=self._table.name, kind="Delete", item=key, condition=condition, values=values)


def outbox_puts(table: str, records: Iterable[OutboxRecord]) -> list[Write]:
    """What a terminal transaction writes: one item, where all messages are of one event and one moment."""
    return [
        Write(
            table=table,
            kind="Put",
            item=key
            | {
                "vendorId": {"S": group[0].vendor_id},
                "createdAt": {"N": str(microseconds(group[0].created_at))},
                "written": {"N": str(len(group))},
                "messages": {"M": {_name(record): {"S": _message(record)} for record in group}},
            },
        )
        for key, group in _by_item(records)
    ]


def _by_item(records: Iterable[OutboxRecord]) -> list[tuple[Item, list[OutboxRecord]]]:
    """The records, each once, with the key of the item that holds them."""
    groups: dict[tuple[str, str], list[OutboxRecord]] = defaultdict(list)
    for record in dict.fromkeys(records):
        # Every message of an event is named after its ingest id.
        ingest_id = record.event_id[:_ID_LENGTH]
        key = f"outbox#{shard(ingest_id, SHARDS)}", f"{sortable(record.created_at)}#{ingest_id}"
        groups[key].append(record)
    return [({"pk": {"S": pk}, "sk": {"S": sk}}, group) for (pk, sk), group in groups.items()]


def _name(record: OutboxRecord) -> str:
    """A message's name in its item."""
    return f"{record.event_id}#{record.revision}#{record.detail_type}"


def _message(record: OutboxRecord) -> str:
    version = record.normalized
    return _encode([record.detail] if version is None else [version.key, version.version_id, version.sha256])


def _records(item: Item) -> Iterator[OutboxRecord]:
    """An item's messages by their index."""
    messages = item["messages"]["M"]
    for name in sorted(messages, key=lambda name: (name.index("#"), name)):
        event_id, revision, detail_type = name.split("#", 2)
        what = json.loads(messages[name]["S"])
        is_detail = len(what) == 1
        yield OutboxRecord(
            event_id=event_id,
            revision=int(revision),
            detail_type=detail_type,
            vendor_id=item["vendorId"]["S"],
            created_at=moment(int(item["createdAt"]["N"])),
            normalized=None if is_detail else ObjectVersion(*what),
            detail=what[0] if is_detail else None,
        )
