"""Normalize an accepted event: load, check, map, store, and end its way in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import JsonError, parse
from handlers.core.canonical_events import Decided, decide
from handlers.core.envelopes import identify
from handlers.core.mapping import Mapped, Refused, normalize_payload, refused
from handlers.core.messages import NORMALIZE_FAILED, failed_detail
from handlers.core.object_keys import rfc3339
from handlers.core.quarantine import put_stranded, quarantine_record
from handlers.values import (
    Completion,
    CompletionResult,
    IdempotencyKey,
    OutboxRecord,
    RawMissingError,
    ReasonCode,
    Source,
    Status,
    TransientError,
    Violation,
)

if TYPE_CHECKING:
    from datetime import datetime

    from generated.runtime.binding import VendorProfile
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
    document = _load(app, record)
    if isinstance(document, Refused):
        return document
    profile = app.registry.vendor(record.key.vendor_id)
    if profile is None:
        return refused(ReasonCode.NO_MAPPING, f"Vendor {record.key.vendor_id} has no mapping in this deployment.")
    event_type, occurred_at, payload = record.event_type, record.occurred_at, document
    if record.source is Source.ENVELOPE:
        payload = document["payload"]
    else:
        # Read anew: a mapping that could not read the body when it came may be mended since.
        identity = _identify(app, profile, record, document)
        if isinstance(identity, Violation):
            return Refused(ReasonCode.ENVELOPE_UNREADABLE, (identity,))
        event_type, occurred_at = identity
    envelope: dict[str, Any] = {
        "vendorId": record.key.vendor_id,
        "externalEventId": record.key.external_event_id,
        "eventType": event_type,
        "occurredAt": occurred_at,
        "receivedAt": rfc3339(record.received_at),
        "headers": {},
    }
    mapped = normalize_payload(app.registry, profile, event_type, payload, envelope)
    return decide(app, record, profile.mapping_version, mapped, occurred_at) if isinstance(mapped, Mapped) else mapped


def _load(app: Application, record: IngestRecord) -> Any:
    """The document in the event's raw bytes, or Refused."""
    try:
        raw = app.raw.get(record.raw)
    except RawMissingError as error:
        if record.attempts < RAW_MISSING_ATTEMPTS:
            message = f"There is no raw object at {record.raw.key} yet."
            raise TransientError(message) from error
        return refused(ReasonCode.RAW_MISSING, f"There is no raw object at {record.raw.key}.")
    if hashlib.sha256(raw).hexdigest() != record.raw.sha256:
        return refused(ReasonCode.RAW_CORRUPT, "The raw bytes do not have the digest that was recorded.")
    try:
        return parse(raw)
    except JsonError as error:
        return refused(ReasonCode.RAW_CORRUPT, f"The raw bytes are no JSON any more: {error.message}")


def _identify(app: Application, profile: VendorProfile, record: IngestRecord, body: Any) -> tuple[str, str] | Violation:
    """Event type and time of a webhook. Its id stays the one that it was accepted under."""
    if profile.webhook is None or record.topic is None:
        message = f"{profile.source} reads no webhooks any more; this one was accepted as a webhook."
        return Violation("", "NO_WEBHOOK", message, profile.source)
    identity = identify(app.registry, profile, record.topic, body)
    return identity if isinstance(identity, Violation) else (identity.event_type, identity.occurred_at)


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
