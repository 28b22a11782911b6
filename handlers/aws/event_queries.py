"""How operators look at the ingest index on DynamoDB."""

from __future__ import annotations

import heapq
from itertools import islice
from typing import TYPE_CHECKING

from handlers.aws.items import ID_SHARDS, id_shard, ingest_key, ingest_record, key_of
from handlers.aws.tables import Table
from handlers.moments import microseconds
from handlers.system import RANDOM_BITS, ulid

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence
    from datetime import datetime

    from handlers.aws.clients import Clients
    from handlers.aws.tables import Item
    from handlers.values import IngestRecord

INDEX = "byIngestId"
_PAGE_SIZE = 100
_LAST_RANDOM_PART = (1 << RANDOM_BITS) - 1
_MILLISECOND = 1_000
# Behind the id itself and before every other one: ids have one length.
_JUST_AFTER = "!"
_BEFORE_ALL = "0"
_BEHIND_ALL = "~"


class DynamoEventQueries:
    """EventQueries. ``vendors`` says whose events there may be where no vendor is named."""

    def __init__(self, clients: Clients, ingest_records: str, vendors: Callable[[], Collection[str]]) -> None:
        self._table = Table(clients, ingest_records)
        self._vendors = vendors

    def find(self, ingest_id: str) -> IngestRecord | None:
        for vendor_id in self._vendors():
            part = id_shard(vendor_id, ingest_id)
            for record in self._rows(self._entries(part, ingest_id, ingest_id, page_size=1)):
                if record.ingest_id == ingest_id:
                    return record
        return None

    def events(
        self,
        *,
        vendor_id: str | None,
        received_from: datetime | None,
        received_before: datetime | None,
        after: str | None,
        limit: int,
    ) -> Sequence[IngestRecord]:
        # An ingest id begins with the time of its reception, so a time asked for is a range of ids.
        first = _BEFORE_ALL if received_from is None else _id_at(received_from, 0)
        first = max(first, after + _JUST_AFTER) if after else first
        last = _BEHIND_ALL if received_before is None else _id_at(received_before, _LAST_RANDOM_PART)
        if first > last:
            return []
        vendors = self._vendors() if vendor_id is None else (vendor_id,)
        parts = [
            self._entries(f"{vendor}#{number}", first, last, page_size=min(limit, _PAGE_SIZE))
            for vendor in set(vendors)
            for number in range(ID_SHARDS)
        ]
        entries = heapq.merge(*parts, key=lambda entry: str(entry["ingestId"]["S"]))
        found: list[IngestRecord] = []
        while len(found) < limit and (some := list(islice(entries, limit - len(found)))):
            found += [
                record
                for record in self._rows(some)
                if (received_from is None or record.received_at >= received_from)
                and (received_before is None or record.received_at < received_before)
            ]
        return found

    def _entries(self, part: str, first: str, last: str, *, page_size: int) -> Iterator[Item]:
        return self._table.query(
            "#idShard = :part AND #ingestId BETWEEN :first AND :last",
            {"part": {"S": part}, "first": {"S": first}, "last": {"S": last}},
            index=INDEX,
            page_size=page_size,
        )

    def _rows(self, entries: Iterator[Item] | list[Item]) -> Iterator[IngestRecord]:
        """The rows of index entries, in their order; one that was corrected meanwhile has another ingest id."""
        asked = {key_of(entry): entry["ingestId"] for entry in entries}
        rows = {key_of(row): row for row in self._table.get_many(map(ingest_key, asked), consistent=False)}
        for key, ingest_id in asked.items():
            if key in rows and rows[key]["ingestId"] == ingest_id:
                yield ingest_record(rows[key])


def _id_at(at: datetime, random_part: int) -> str:
    """The first or the last id of a millisecond."""
    return ulid(microseconds(at) // _MILLISECOND, random_part)
