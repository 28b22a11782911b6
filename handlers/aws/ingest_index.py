"""The ingest index on DynamoDB: the conditional row that makes an event one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from handlers.aws.completions import Completions
from handlers.aws.items import ingest_item, ingest_key, ingest_record, key_of
from handlers.aws.markers import Markers
from handlers.aws.rework import Rework
from handlers.aws.tables import Table, Write
from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from handlers.aws.clients import Clients
    from handlers.values import Completion, CompletionResult, IdempotencyKey, IngestRecord, Lane

_WRITERS = 8


class DynamoIngestIndex:
    def __init__(self, clients: Clients, *, ingest_records: str, quarantine: str, outbox: str) -> None:
        """Takes the names of the tables that its transactions write to."""
        self._table = Table(clients, ingest_records)
        self._completions = Completions(clients, ingest_records=ingest_records, quarantine=quarantine, outbox=outbox)
        self._markers = Markers(self._table)
        self._rework = Rework(clients, self._table, quarantine)

    def read(self, keys: Sequence[IdempotencyKey], *, consistent: bool) -> Mapping[IdempotencyKey, IngestRecord]:
        distinct = list(dict.fromkeys(keys))
        if len(distinct) == 1:
            item = self._table.get(ingest_key(distinct[0]), consistent=consistent)
            return {} if item is None else {distinct[0]: ingest_record(item)}
        items = self._table.get_many(map(ingest_key, distinct), consistent=consistent)
        found = {key_of(item): ingest_record(item) for item in items}
        return {key: found[key] for key in distinct if key in found}

    def accept(self, records: Sequence[IngestRecord]) -> Sequence[IngestRecord | None]:
        if len(records) == 1:
            return [self._accept(records[0])]
        # A batch waits for its slowest row rather than for the sum of them; a transaction would let one refuse all.
        with ThreadPoolExecutor(min(_WRITERS, len(records) or 1)) as writers:
            return list(writers.map(self._accept, records))

    def _accept(self, record: IngestRecord) -> IngestRecord | None:
        put = Write(
            table=self._table.name,
            kind="Put",
            item=ingest_item(record),
            condition="attribute_not_exists(#vendorId)",
        )
        refused = self._table.write(put)
        if refused is None:
            return None
        if refused.item is None:
            message = f"The row in the way of {record.ingest_id} was gone when it was looked at."
            raise TransientError(message)
        return ingest_record(refused.item)

    def complete(self, completion: Completion) -> CompletionResult:
        return self._completions.complete(completion)

    def reopen(self, seen: IngestRecord, *, lane: Lane, at: datetime, dispatch_at: datetime) -> IngestRecord | None:
        return self._rework.reopen(seen, lane=lane, at=at, dispatch_at=dispatch_at)

    def supersede(self, seen: IngestRecord, correction: IngestRecord, conflict_item_id: str, at: datetime) -> bool:
        return self._rework.supersede(seen, correction, conflict_item_id, at)

    def due(
        self, before: datetime, limit: int, *, lanes: Collection[Lane], after: IngestRecord | None = None
    ) -> Sequence[IngestRecord]:
        return self._markers.due(before, limit, lanes=lanes, after=after)

    def claim(self, record: IngestRecord, *, next_at: datetime | None) -> bool:
        return self._markers.claim(record, next_at=next_at)
