"""The transaction that ends an event's way: its row, its messages and its quarantine record, all or nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.aws.items import ingest_key, ingest_record, number, text, versions_text
from handlers.aws.outbox import outbox_puts
from handlers.aws.quarantine_store import put_or_replace, release
from handlers.aws.tables import Table, Write, assignments, transact
from handlers.values import CompletionResult, Status, TransientError

if TYPE_CHECKING:
    from handlers.aws.clients import Clients
    from handlers.aws.tables import Refused
    from handlers.values import Completion

_ROUNDS = 3


class Completions:
    def __init__(self, clients: Clients, *, ingest_records: str, quarantine: str, outbox: str) -> None:
        self._clients = clients
        self._ingest_records = ingest_records
        self._quarantine = Table(clients, quarantine)
        self._outbox = outbox

    def complete(self, completion: Completion) -> CompletionResult:
        """See IngestIndex."""
        for _ in range(_ROUNDS):
            quarantine = self._quarantine_writes(completion)
            writes = [self._row(completion), *quarantine, *outbox_puts(self._outbox, completion.outbox)]
            refused = transact(self._clients, writes)
            if refused is None:
                return CompletionResult.COMPLETED
            if refused[0] is not None:
                return _why_not(completion, refused[0])
            # The quarantine record was released between our look at it and the transaction: look again.
        message = f"The quarantine record of {completion.ingest_id} changed {_ROUNDS} times under its completion."
        raise TransientError(message)

    def _row(self, completion: Completion) -> Write:
        """The row is ours, of this generation, and carries its marker: whoever comes second finds no marker."""
        update, values = assignments(
            {
                "status": text(completion.status.value),
                "revision": number(completion.revision),
                "schemaVersion": text(completion.schema_version),
                "mappingVersion": text(completion.mapping_version),
                "normalized": versions_text(completion.normalized),
                "dispatch": None,
                "dispatchAt": None,
            }
        )
        own = {"own": {"S": completion.ingest_id}, "seen": {"N": str(completion.generation)}}
        return Write(
            table=self._ingest_records,
            kind="Update",
            item=ingest_key(completion.key),
            update=update,
            condition="#ingestId = :own AND #generation = :seen AND attribute_exists(#dispatch)",
            values=values | own,
        )

    def _quarantine_writes(self, completion: Completion) -> list[Write]:
        """A condition that fails would cancel all, so an open record is looked for before it is released.

        None can be opened meanwhile: only a completion of the same row does that, and of those one succeeds.
        """
        if completion.quarantine is not None:
            return [put_or_replace(self._quarantine.name, completion.quarantine)]
        if completion.status is not Status.NORMALIZED:
            return []
        vendor_id = completion.key.vendor_id
        key = {"vendorId": {"S": vendor_id}, "itemId": {"S": completion.ingest_id}}
        found = self._quarantine.get(key, consistent=True)
        if found is None or "releasedAt" in found:
            return []
        return [release(self._quarantine.name, vendor_id, completion.ingest_id, completion.completed_at)]


def _why_not(completion: Completion, refused: Refused) -> CompletionResult:
    if refused.item is None:
        return CompletionResult.UNKNOWN_EVENT
    row = ingest_record(refused.item)
    if row.ingest_id != completion.ingest_id:
        return CompletionResult.KEY_TAKEN
    written = (row.generation, row.status, row.revision, row.mapping_version, row.normalized, row.dispatch_at)
    own = (
        completion.generation,
        completion.status,
        completion.revision,
        completion.mapping_version,
        completion.normalized,
        None,
    )
    # The answer to our own transaction was lost and it was sent again: what is in the way is what it wrote.
    is_own = refused.is_retry and written == own
    return CompletionResult.COMPLETED if is_own else CompletionResult.ALREADY_COMPLETED
