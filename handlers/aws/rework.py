"""Asking for an event to be normalized again, on DynamoDB: reopened as it is, or with a correction in its place."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handlers.aws.items import ingest_attributes, ingest_key, ingest_record, marker, number
from handlers.aws.quarantine_store import release
from handlers.aws.tables import Write, assignments, transact
from handlers.values import Status, TransientError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from handlers.aws.clients import Clients
    from handlers.aws.tables import Refused, Table
    from handlers.values import IngestRecord, Lane

_ROUNDS = 3


class Rework:
    def __init__(self, clients: Clients, table: Table, quarantine: str) -> None:
        self._clients = clients
        self._table = table
        self._quarantine = quarantine

    def reopen(self, seen: IngestRecord, *, lane: Lane, at: datetime, dispatch_at: datetime) -> IngestRecord | None:
        """See IngestIndex. The row is read first, since its own status decides."""
        for _ in range(_ROUNDS):
            item = self._table.get(ingest_key(seen.key), consistent=True)
            if item is None:
                return None
            row = ingest_record(item)
            is_same = (row.ingest_id, row.generation) == (seen.ingest_id, seen.generation)
            if not is_same or (row.dispatch_at is not None and not row.parked):
                return None
            has_failed = row.status is Status.FAILED_NORMALIZE
            opened = replace(
                row,
                status=Status.RECEIVED if has_failed else row.status,
                lane=lane,
                dispatch_at=dispatch_at,
                parked=False,
                attempts=0,
                generation=row.generation + 1,
            )
            releases = [release(self._quarantine, row.key.vendor_id, row.ingest_id, at)] if has_failed else []
            refused = self._write([self._opening(row, opened), *releases])
            if refused is None or _is_own(refused, opened):
                return opened
            # It changed between our look at it and the transaction: look again.
        message = f"{seen.ingest_id} changed {_ROUNDS} times while it was being reopened."
        raise TransientError(message)

    def _opening(self, row: IngestRecord, opened: IngestRecord) -> Write:
        """A terminal or parked row of this generation is as it was read: only losing its marker could change it."""
        changes = {
            "status": {"S": opened.status.value},
            "lane": {"S": opened.lane.value},
            **marker(opened),
            "attempts": number(opened.attempts),
            "generation": number(opened.generation),
        }
        update, values = assignments(changes)
        seen_marker = marker(row)["dispatch"]
        condition = "#ingestId = :own AND #generation = :seen AND "
        condition += "attribute_not_exists(#dispatch)" if seen_marker is None else "#dispatch = :seenDispatch"
        seen = {"own": {"S": row.ingest_id}, "seen": {"N": str(row.generation)}}
        seen |= {} if seen_marker is None else {"seenDispatch": seen_marker}
        return Write(
            table=self._table.name,
            kind="Update",
            item=ingest_key(row.key),
            update=update,
            condition=condition,
            values=values | seen,
        )

    def supersede(self, seen: IngestRecord, correction: IngestRecord, conflict_item_id: str, at: datetime) -> bool:
        """See IngestIndex."""
        update, values = assignments(ingest_attributes(correction))
        row = Write(
            table=self._table.name,
            kind="Update",
            item=ingest_key(seen.key),
            update=update,
            condition="#ingestId = :own AND #generation = :seen",
            values=values | {"own": {"S": seen.ingest_id}, "seen": {"N": str(seen.generation)}},
        )
        items = dict.fromkeys((conflict_item_id, seen.ingest_id))
        releases = [release(self._quarantine, seen.key.vendor_id, item_id, at) for item_id in items]
        refused = self._write([row, *releases])
        return refused is None or _is_own(refused, correction)

    def _write(self, writes: Sequence[Write]) -> Refused | None:
        """The first write, with those of the others that are not refused; what the first was refused for."""
        left = list(writes)
        while True:
            refused = transact(self._clients, left)
            if refused is None or refused[0] is not None:
                return refused[0] if refused else None
            # A quarantine record that is not there, or not open, has no release; it must not cancel the rest.
            left = [write for write, why in zip(left, refused, strict=True) if why is None]


def _is_own(refused: Refused, wanted: IngestRecord) -> bool:
    """The answer to our own transaction was lost and it was sent again: what is in the way is what it wrote."""
    return refused.is_retry and refused.item is not None and ingest_record(refused.item) == wanted
