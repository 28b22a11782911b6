"""The transaction that ends an event's way, for as many events as end at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvss.embedded.bulk import execute_in_bulk
from dvss.embedded.database import CannotTellApartError
from dvss.embedded.rows import (
    INSERT_OUTBOX,
    INSERT_QUARANTINE,
    QUARANTINE_COLUMNS,
    outbox_row,
    quarantine_row,
    versions_text,
)
from handlers.moments import microseconds
from handlers.values import CompletionResult, Status

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from handlers.values import Completion

# The row is ours, of this generation, and carries its marker: whoever comes second finds no marker.
# sqlite3 counts the changed rows of a statement that begins with UPDATE, not of one that begins with WITH.
_END = """
    UPDATE ingest_record
    SET status = done.status, schema_version = done.schema_version, mapping_version = done.mapping_version,
      revision = done.revision, normalized = done.normalized, dispatch_at = NULL, parked = 0
    FROM (
      WITH named (vendor_id, external_event_id, ingest_id, generation,
        status, schema_version, mapping_version, revision, normalized) AS (VALUES (...))
      SELECT * FROM named
    ) AS done
    WHERE ingest_record.vendor_id = done.vendor_id AND ingest_record.external_event_id = done.external_event_id
      AND ingest_record.ingest_id = done.ingest_id AND ingest_record.generation = done.generation
      AND ingest_record.dispatch_at IS NOT NULL
"""
_ADD_TO_OUTBOX = INSERT_OUTBOX + " ON CONFLICT DO NOTHING"
_CLOSE = """
    WITH done (vendor_id, item_id, completed_at) AS (VALUES (...))
    UPDATE quarantine SET released_at = done.completed_at FROM done
    WHERE quarantine.vendor_id = done.vendor_id AND quarantine.item_id = done.item_id AND released_at IS NULL
"""
_QUARANTINE = (
    INSERT_QUARANTINE
    + " ON CONFLICT (vendor_id, item_id) DO UPDATE SET attempts = quarantine.attempts + 1, "  # nosec B608 # nothing but our own names
    + ", ".join(f"{name} = excluded.{name}" for name in QUARANTINE_COLUMNS if name != "attempts")
)


def complete_together(connection: sqlite3.Connection, completions: Sequence[Completion]) -> Sequence[CompletionResult]:
    """Write every completion, or tell why one that stands alone cannot be written."""
    if execute_in_bulk(connection, _END, [_end_row(completion) for completion in completions]) < len(completions):
        if len(completions) > 1:
            raise CannotTellApartError
        return [_why_not(connection, completions[0])]
    outbox = [outbox_row(record) for completion in completions for record in completion.outbox]
    execute_in_bulk(connection, _ADD_TO_OUTBOX, outbox)
    closed = [
        (completion.key.vendor_id, completion.ingest_id, microseconds(completion.completed_at))
        for completion in completions
        if completion.status is Status.NORMALIZED
    ]
    execute_in_bulk(connection, _CLOSE, closed)
    quarantined = [quarantine_row(completion.quarantine) for completion in completions if completion.quarantine]
    execute_in_bulk(connection, _QUARANTINE, quarantined)
    return [CompletionResult.COMPLETED] * len(completions)


def _end_row(completion: Completion) -> tuple[object, ...]:
    return (
        completion.key.vendor_id,
        completion.key.external_event_id,
        completion.ingest_id,
        completion.generation,
        completion.status.value,
        completion.schema_version,
        completion.mapping_version,
        completion.revision,
        versions_text(completion.normalized),
    )


def _why_not(connection: sqlite3.Connection, completion: Completion) -> CompletionResult:
    row = connection.execute(
        "SELECT ingest_id FROM ingest_record WHERE vendor_id = ? AND external_event_id = ?",
        (completion.key.vendor_id, completion.key.external_event_id),
    ).fetchone()
    if row is None:
        return CompletionResult.UNKNOWN_EVENT
    return CompletionResult.ALREADY_COMPLETED if row[0] == completion.ingest_id else CompletionResult.KEY_TAKEN
