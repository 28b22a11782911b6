"""Normalize an accepted event: load, check, map, store, and end its way in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import JsonError, Limits, parse
from handlers.core.canonical_events import Decided, decide
from handlers.core.mapping import Refused, normalize_payload
from handlers.core.messages import NORMALIZE_FAILED, failed_detail
from handlers.core.object_keys import rfc3339
from handlers.core.quarantine import announce, fingerprint, quarantine_record
from handlers.values import (
    Completion,
    CompletionResult,
    IdempotencyKey,
    OutboxRecord,
    QuarantineRecord,
    RawMissingError,
    ReasonCode,
    Source,
    Stage,
    Status,
    TransientError,
    Violation,
)

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.application import Application
    from handlers.core.messages import AcceptedMessage
    from handlers.values import IngestRecord

RAW_MISSING_ATTEMPTS = 3
"""Sweeps after which a raw object that is not there is believed to be lost."""
_STORED_LIMITS = Limits(depth=34)


class Result(StrEnum):
    """What a message led to."""

    NORMALIZED = "NORMALIZED"
    QUARANTINED = "QUARANTINED"
    REPEATED = "REPEATED"
    """The event was complete already: a repeated delivery of the message."""


@dataclass(frozen=True, slots=True)
class Normalized:
    """The outcome of one message, with what is to be published for it."""

    result: Result
    record: IngestRecord | None
    outbox: tuple[OutboxRecord, ...] = ()
    bodies: tuple[bytes, ...] = ()
    """What each outbox record publishes."""
    emits: str = ""
    reason: ReasonCode | None = None


def normalize(app: Application, message: AcceptedMessage) -> Normalized:
    """End the event's way, or find that it has ended. Raises TransientError where we failed: try again."""
    key = IdempotencyKey(message.vendor_id, message.external_event_id)
    record = app.index.read([key], consistent=True).get(key)
    if record is None:
        return _strand(app, message, ReasonCode.UNKNOWN_EVENT)
    if record.ingest_id != message.ingest_id:
        # A correction put another delivery in this one's place; anything else was never meant to be.
        superseded = message.generation < record.generation
        return Normalized(Result.REPEATED, record) if superseded else _strand(app, message, ReasonCode.KEY_TAKEN)
    if record.dispatch_at is None:
        return Normalized(Result.REPEATED, record)
    decided = outcome_of(app, record)
    return _complete(app, record, message, decided)


def outcome_of(app: Application, record: IngestRecord) -> Decided | Refused:
    """What normalize makes of the event under the mappings in force. Reads only: a dry run of a replay asks it too."""
    try:
        raw = app.raw.get(record.raw)
    except RawMissingError as error:
        if record.attempts < RAW_MISSING_ATTEMPTS:
            message = f"no raw object at {record.raw.key} yet"
            raise TransientError(message) from error
        return _refused(ReasonCode.RAW_MISSING, f"There is no raw object at {record.raw.key}.")
    if hashlib.sha256(raw).hexdigest() != record.raw.sha256:
        return _refused(ReasonCode.RAW_CORRUPT, "The raw bytes do not have the digest that was recorded.")
    try:
        document = parse(raw, _STORED_LIMITS)
    except JsonError as error:
        return _refused(ReasonCode.RAW_CORRUPT, f"The raw bytes are no JSON any more: {error.message}")
    if record.source is Source.WEBHOOK and record.occurred_at is None:
        text = "The body does not say what event it is: the mapping's webhook block finds no id, type or time."
        return _refused(ReasonCode.ENVELOPE_UNREADABLE, text)
    payload = document["payload"] if record.source is Source.ENVELOPE else document
    profile = app.registry.vendor(record.key.vendor_id)
    if profile is None:
        return _refused(ReasonCode.NO_MAPPING, f"Vendor {record.key.vendor_id} has no mapping in this deployment.")
    mapped = normalize_payload(app.registry, profile, record.event_type, payload, envelope_of(record))
    return mapped if isinstance(mapped, Refused) else decide(app, record, profile.mapping_version, mapped)


def envelope_of(record: IngestRecord) -> dict[str, Any]:
    """What a mapper is given of the envelope."""
    return {
        "vendorId": record.key.vendor_id,
        "externalEventId": record.key.external_event_id,
        "eventType": record.event_type,
        "occurredAt": record.occurred_at,
        "receivedAt": rfc3339(record.received_at),
    }


def _refused(reason: ReasonCode, message: str) -> Refused:
    return Refused(reason, (Violation("", reason, message),))


def _complete(
    app: Application, record: IngestRecord, message: AcceptedMessage, decided: Decided | Refused
) -> Normalized:
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
        case CompletionResult.KEY_TAKEN:
            return _strand(app, message, ReasonCode.KEY_TAKEN)
        case CompletionResult.UNKNOWN_EVENT:
            return _strand(app, message, ReasonCode.UNKNOWN_EVENT)


def _store(app: Application, record: IngestRecord, decided: Decided, at: datetime) -> tuple[Completion, Normalized]:
    outbox = []
    versions = []
    for event in decided.emitted:
        version = event.put(app)
        outbox.append(
            OutboxRecord(
                event_id=event.event_id,
                revision=decided.revision,
                detail_type=event.event_type,
                vendor_id=record.key.vendor_id,
                created_at=at,
                normalized=version,
            )
        )
        if not event.retracted:
            versions.append(version)
    completion = Completion(
        key=record.key,
        ingest_id=record.ingest_id,
        generation=record.generation,
        status=Status.NORMALIZED,
        completed_at=at,
        schema_version=decided.schema_version,
        mapping_version=decided.mapping_version,
        revision=decided.revision,
        normalized=tuple(versions) if decided.changed else record.normalized,
        outbox=tuple(outbox),
        quarantine=None,
    )
    bodies = tuple(event.body for event in decided.emitted)
    return completion, Normalized(Result.NORMALIZED, record, tuple(outbox), bodies, decided.emits)


def _quarantine(
    app: Application, record: IngestRecord, refused: Refused, at: datetime
) -> tuple[Completion, Normalized]:
    profile = app.registry.vendor(record.key.vendor_id)
    kept = quarantine_record(
        record,
        reason=refused.reason,
        stage=Stage.NORMALIZE,
        violations=refused.violations,
        mapping_version=profile.mapping_version if profile else None,
        at=at,
    )
    detail = failed_detail(kept)
    outbox = OutboxRecord(
        # Events of one payload are named by index; the failure of its n-th generation needs a name of its own.
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
    return completion, Normalized(Result.QUARANTINED, record, (outbox,), (detail.encode(),), reason=refused.reason)


def _strand(app: Application, message: AcceptedMessage, reason: ReasonCode) -> Normalized:
    """Keep a message whose event has no row of its own: it is never dropped."""
    at = app.clock.now()
    texts = {
        ReasonCode.KEY_TAKEN: "The event id belongs to another accepted event.",
        ReasonCode.UNKNOWN_EVENT: "The ingest index has no such event; its row was removed or never written.",
    }
    violations = (Violation("", reason, texts[reason]),)
    record = QuarantineRecord(
        vendor_id=message.vendor_id,
        item_id=message.ingest_id,
        external_event_id=message.external_event_id,
        ingest_id=message.ingest_id,
        event_type=message.event_type,
        source=Source.ENVELOPE,
        topic=None,
        occurred_at=None,
        received_at=at,
        reason=reason,
        stage=Stage.NORMALIZE,
        fingerprint=fingerprint(reason, message.vendor_id, message.event_type, violations),
        violations=violations,
        raw=message.raw,
        payload_digest="",
        digest_rule="",
        mapping_version=None,
        quarantined_at=at,
    )
    if app.quarantine.put_if_absent(record):
        announce(app, record)
    return Normalized(Result.QUARANTINED, None, reason=reason)
