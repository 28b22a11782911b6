"""Normalize an accepted event: load, check, map, store, and end its way in one transaction."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.core.canonical_events import Decided, decide
from handlers.core.mapping import Refused, normalize_payload
from handlers.core.messages import NORMALIZE_FAILED, failed_detail
from handlers.core.quarantine import put_stranded, quarantine_record
from handlers.core.reading import read_back
from handlers.values import (
    Completion,
    CompletionResult,
    IdempotencyKey,
    OutboxRecord,
    ReasonCode,
    Status,
)

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.application import Application
    from handlers.core.messages import AcceptedMessage
    from handlers.values import IngestRecord

RAW_MISSING_ATTEMPTS = 3
"""Sweeps after which a raw object that is not there is believed to be lost."""


class Result(StrEnum):
    """What a message led to."""

    NORMALIZED = "NORMALIZED"
    UNCHANGED = "UNCHANGED"
    """A replay gave the same canonical events: nothing was emitted."""
    QUARANTINED = "QUARANTINED"
    REPEATED = "REPEATED"
    """The event was complete already, or another delivery has taken its place."""


@dataclass(frozen=True, slots=True)
class Normalized:
    """The outcome of one message, with what is to be published for it."""

    result: Result
    record: IngestRecord | None
    """As it was found; None where there is no row."""
    outbox: tuple[OutboxRecord, ...] = ()
    bodies: tuple[bytes, ...] = ()
    """What each outbox record publishes."""
    emits: str | None = None
    reason: ReasonCode | None = None


def normalize(app: Application, message: AcceptedMessage) -> Normalized:
    """End the event's way, or find that it has ended. Raises TransientError where we failed: try again."""
    record = _row(app, message)
    if record is None or record.ingest_id != message.ingest_id:
        return _stranded(app, message, record)
    if record.dispatch_at is None:
        return Normalized(Result.REPEATED, record)
    decided = outcome_of(app, record)
    at = app.clock.now()
    if isinstance(decided, Refused):
        completion, normalized = _quarantine(app, record, decided, at)
    else:
        completion, normalized = _store(app, record, decided, at)
    match app.index.complete(completion):
        case CompletionResult.COMPLETED:
            return normalized
        case CompletionResult.ALREADY_COMPLETED:
            return Normalized(Result.REPEATED, record)
        case CompletionResult.KEY_TAKEN | CompletionResult.UNKNOWN_EVENT:
            return _stranded(app, message, _row(app, message))


def _row(app: Application, message: AcceptedMessage) -> IngestRecord | None:
    key = IdempotencyKey(message.vendor_id, message.external_event_id)
    return app.index.read([key], consistent=True).get(key)


def _stranded(app: Application, message: AcceptedMessage, row: IngestRecord | None) -> Normalized:
    """A message whose event does not have the row: it is kept, unless a correction has taken its place since."""
    if row is not None and row.generation > message.generation:
        return Normalized(Result.REPEATED, row)
    reason = ReasonCode.UNKNOWN_EVENT if row is None else ReasonCode.KEY_TAKEN
    put_stranded(app, message, reason)
    return Normalized(Result.QUARANTINED, None, reason=reason)


def outcome_of(app: Application, record: IngestRecord) -> Decided | Refused:
    """What normalize makes of the event under the mappings in force. Reads only: a dry run of a replay asks it too."""
    event = read_back(app, record)
    if isinstance(event, Refused):
        return event
    mapped = normalize_payload(
        app.registry, event.profile, event.event_type, event.payload, event.envelope(app, record)
    )
    if isinstance(mapped, Refused):
        return mapped
    return decide(app, record, event.profile.mapping_version, mapped, event.occurred_at)


def _store(app: Application, record: IngestRecord, decided: Decided, at: datetime) -> tuple[Completion, Normalized]:
    """The completion of a normalized event, its canonical events stored already."""
    versions = [event.put(app) for event in decided.emitted]
    outbox = tuple(
        OutboxRecord(
            event_id=event.event_id,
            revision=event.revision,
            detail_type=event.event_type,
            vendor_id=record.key.vendor_id,
            created_at=at,
            normalized=version,
        )
        for event, version in zip(decided.emitted, versions, strict=True)
    )
    standing = (v for event, v in zip(decided.emitted, versions, strict=True) if not event.retracted)
    completion = Completion(
        key=record.key,
        ingest_id=record.ingest_id,
        generation=record.generation,
        status=Status.NORMALIZED,
        completed_at=at,
        schema_version=decided.schema_version,
        mapping_version=decided.mapping_version,
        revision=decided.revision,
        normalized=tuple(standing) if decided.changed else record.normalized,
        outbox=outbox,
        quarantine=None,
    )
    bodies = tuple(event.body for event in decided.emitted)
    result = Result.NORMALIZED if decided.changed else Result.UNCHANGED
    return completion, Normalized(result, record, outbox, bodies, decided.emits)


def _quarantine(app: Application, record: IngestRecord, found: Refused, at: datetime) -> tuple[Completion, Normalized]:
    """The completion of a refused event. What it was before a replay stays in force."""
    profile = app.registry.vendor(record.key.vendor_id)
    kept = quarantine_record(
        record, found, mapping_version=profile.mapping_version if profile else record.mapping_version, at=at
    )
    detail = failed_detail(kept)
    outbox = OutboxRecord(
        # Canonical events are named by index; the failure of a generation needs a name of its own.
        event_id=f"{record.ingest_id}-failed",
        revision=record.generation,
        detail_type=NORMALIZE_FAILED,
        vendor_id=record.key.vendor_id,
        created_at=at,
        detail=detail,
    )
    completion = Completion(
        key=record.key,
        ingest_id=record.ingest_id,
        generation=record.generation,
        status=Status.FAILED_NORMALIZE,
        completed_at=at,
        schema_version=record.schema_version,
        mapping_version=kept.mapping_version,
        revision=record.revision,
        normalized=record.normalized,
        outbox=(outbox,),
        quarantine=kept,
    )
    return completion, Normalized(Result.QUARANTINED, record, (outbox,), (detail.encode(),), reason=found.reason)
