"""Dispatch markers on DynamoDB: which events are due, and who may send them again."""

from __future__ import annotations

import heapq
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from handlers.aws.items import (
    DISPATCH_SHARDS,
    dispatch_at,
    ingest_key,
    ingest_record,
    key_of,
    marker,
    sortable,
)
from handlers.aws.tables import Write

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import datetime

    from handlers.aws.tables import Item, Table
    from handlers.values import IngestRecord, Lane

INDEX = "byDispatch"
_PAGE_SIZE = 100
# Behind every text that begins with the one before it, and before whatever else follows: ids have one length.
_JUST_AFTER = "!"
_BEFORE_ALL = "0"


class Markers:
    def __init__(self, table: Table) -> None:
        self._table = table

    def due(
        self, before: datetime, limit: int, *, lanes: Collection[Lane], after: IngestRecord | None
    ) -> Sequence[IngestRecord]:
        """See IngestIndex. The index may be a moment behind: each marker is looked at again in its row."""
        first = _BEFORE_ALL
        if after is not None and after.dispatch_at is not None:
            first = dispatch_at(after.dispatch_at, after.ingest_id) + _JUST_AFTER
        last = sortable(before)
        if first > last:
            return []
        parts = [
            self._table.query(
                "#dispatch = :part AND #dispatchAt BETWEEN :first AND :last",
                {"part": {"S": f"{lane}#{number}"}, "first": {"S": first}, "last": {"S": last}},
                index=INDEX,
                page_size=min(limit, _PAGE_SIZE),
            )
            for lane in set(lanes)
            for number in range(DISPATCH_SHARDS)
        ]
        entries = heapq.merge(*parts, key=lambda entry: str(entry["dispatchAt"]["S"]))
        found: list[IngestRecord] = []
        while len(found) < limit and (some := list(islice(entries, limit - len(found)))):
            found += self._still_marked(some)
        return found

    def _still_marked(self, entries: Sequence[Item]) -> Iterator[IngestRecord]:
        keys = {key_of(entry): ingest_key(key_of(entry)) for entry in entries}
        rows = {key_of(row): row for row in self._table.get_many(keys.values(), consistent=True)}
        for entry in entries:
            row = rows.get(key_of(entry), {})
            if row.get("dispatch") == entry["dispatch"] and row.get("dispatchAt") == entry["dispatchAt"]:
                yield ingest_record(row)

    def claim(self, record: IngestRecord, *, next_at: datetime | None) -> bool:
        """See IngestIndex."""
        if record.dispatch_at is None or record.parked:
            return False
        claimed = replace(
            record, dispatch_at=next_at or record.dispatch_at, parked=next_at is None, attempts=record.attempts + 1
        )
        seen, wanted = marker(record), marker(claimed)
        refused = self._table.write(
            Write(
                table=self._table.name,
                kind="Update",
                item=ingest_key(record.key),
                update="SET #dispatch = :dispatch, #dispatchAt = :at, #attempts = :attempts",
                condition="#ingestId = :own AND #generation = :generation AND #attempts = :seenAttempts "
                "AND #dispatch = :seenDispatch AND #dispatchAt = :seenAt",
                values={
                    "dispatch": wanted["dispatch"] or {},
                    "at": wanted["dispatchAt"] or {},
                    "attempts": {"N": str(claimed.attempts)},
                    "own": {"S": record.ingest_id},
                    "generation": {"N": str(record.generation)},
                    "seenAttempts": {"N": str(record.attempts)},
                    "seenDispatch": seen["dispatch"] or {},
                    "seenAt": seen["dispatchAt"] or {},
                },
            )
        )
        if refused is None:
            return True
        return refused.is_retry and refused.item is not None and ingest_record(refused.item) == claimed
