"""Events that are understood to be wrong: kept with a reason, released after a fix."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from generated.runtime.exact_json import digest as digest_of
from handlers.core.messages import NORMALIZE_FAILED, accepted_message, failed_detail
from handlers.core.object_keys import raw_key
from handlers.values import (
    BusMessage,
    ClaimCheck,
    DvssError,
    IdempotencyKey,
    IngestRecord,
    Lane,
    QuarantineRecord,
    RawMetadata,
    ReasonCode,
    Stage,
    Status,
    TransientError,
    Violation,
)

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.application import Application
    from handlers.core.envelopes import Delivery

REDISPATCH = timedelta(seconds=120)


class NotReleasedError(DvssError):
    """The event cannot be released; the message says why and what can be done."""


def fingerprint(reason: ReasonCode, vendor_id: str, event_type: str, violations: tuple[Violation, ...]) -> str:
    """One cause, one fingerprint, however many events it hits: no index, id or value is part of it."""
    places = sorted({(one.code, one.rule, _without_indexes(one.pointer)) for one in violations}, key=str)
    parts = [reason, vendor_id, event_type, [list(place) for place in places]]
    return digest_of(parts)[:16]


def _without_indexes(pointer: str) -> str:
    return "/".join("*" if token.isdecimal() else token for token in pointer.split("/"))


def quarantine_record(
    record: IngestRecord,
    *,
    reason: ReasonCode,
    stage: Stage,
    violations: tuple[Violation, ...],
    mapping_version: str | None,
    at: datetime,
) -> QuarantineRecord:
    """The quarantine record of an accepted event."""
    return QuarantineRecord(
        vendor_id=record.key.vendor_id,
        item_id=record.ingest_id,
        external_event_id=record.key.external_event_id,
        ingest_id=record.ingest_id,
        event_type=record.event_type,
        source=record.source,
        topic=record.topic,
        occurred_at=record.occurred_at,
        received_at=record.received_at,
        reason=reason,
        stage=stage,
        fingerprint=fingerprint(reason, record.key.vendor_id, record.event_type, violations),
        violations=violations,
        raw=record.raw,
        payload_digest=record.payload_digest,
        digest_rule=record.digest_rule,
        mapping_version=mapping_version,
        quarantined_at=at,
    )


def put_conflict(  # noqa: PLR0917 - the two deliveries and where the second one lies
    app: Application,
    owner: IngestRecord,
    delivery: Delivery,
    digest: str,
    stored: ClaimCheck | None,
    received_at: datetime,
) -> None:
    """Keep a delivery that reuses an event id for another payload: its bytes and a record, once for each payload."""
    item_id = f"C#{delivery.external_event_id}#{digest}"
    vendor_id = delivery.profile.vendor_id
    if app.quarantine.get(vendor_id, item_id) is not None:
        return
    ingest_id = app.ids.new_id(received_at)
    raw = stored
    if raw is None:
        sha256 = hashlib.sha256(delivery.raw).hexdigest()
        raw = ClaimCheck(app.raw.bucket, raw_key(vendor_id, ingest_id, received_at), sha256)
        metadata = RawMetadata(
            ingest_id=ingest_id,
            vendor_id=vendor_id,
            external_event_id=delivery.external_event_id,
            event_type=delivery.event_type,
            source=delivery.source,
            topic=delivery.topic,
            headers={},
            occurred_at=delivery.occurred_at,
            received_at=received_at,
            sha256=sha256,
        )
        app.raw.put_once(raw.key, delivery.raw, metadata)
    reason = ReasonCode.EVENT_ID_REUSE_DIFFERENT_PAYLOAD
    message = f"The event id was first used by {owner.ingest_id} for another payload."
    violations = (Violation("", reason, message),)
    record = QuarantineRecord(
        vendor_id=vendor_id,
        item_id=item_id,
        external_event_id=delivery.external_event_id,
        ingest_id=ingest_id,
        event_type=delivery.event_type,
        source=delivery.source,
        topic=delivery.topic,
        occurred_at=delivery.occurred_at,
        received_at=received_at,
        reason=reason,
        stage=Stage.ACCEPT,
        fingerprint=fingerprint(reason, vendor_id, delivery.event_type, violations),
        violations=violations,
        raw=raw,
        payload_digest=digest,
        digest_rule=owner.digest_rule,
        mapping_version=None,
        quarantined_at=received_at,
    )
    if app.quarantine.put_if_absent(record):
        announce(app, record)


def announce(app: Application, record: QuarantineRecord) -> None:
    """Tell the bus of a record that no transaction wrote; best effort, the record itself is durable."""
    message = BusMessage(f"{record.item_id}#{record.attempts}", NORMALIZE_FAILED, failed_detail(record).encode())
    try:
        app.bus.publish([message])
    except TransientError:
        return


def release(app: Application, record: QuarantineRecord) -> IngestRecord:
    """Send a quarantined event through normalize again, in the replay lane. Raises NotReleasedError."""
    if record.reason is ReasonCode.EVENT_ID_REUSE_DIFFERENT_PAYLOAD:
        message = (
            f"{record.item_id} is a second payload under an event id that another event has. "
            "Release it with --correction to make it the event."
        )
        raise NotReleasedError(message)
    current = _current(app, record)
    if current is None or current.ingest_id != record.ingest_id:
        message = f"{record.item_id} is no longer the event under {record.external_event_id}; nothing to release."
        raise NotReleasedError(message)
    if current.status is not Status.FAILED_NORMALIZE:
        message = f"{record.item_id} is {current.status}, not quarantined; look at it with `dvss events show`."
        raise NotReleasedError(message)
    return _reopened(app, current)


def reopen(app: Application, current: IngestRecord) -> IngestRecord | None:
    """Ask for a terminal event to be normalized again; None if it changed meanwhile."""
    at = app.clock.now()
    opened = app.index.reopen(current, lane=Lane.REPLAY, at=at, dispatch_at=at + REDISPATCH)
    if opened is not None:
        _send(app, opened)
    return opened


def _reopened(app: Application, current: IngestRecord) -> IngestRecord:
    opened = reopen(app, current)
    if opened is None:
        message = f"{current.ingest_id} changed meanwhile; look at it with `dvss events show` and try again."
        raise NotReleasedError(message)
    return opened


def release_correction(app: Application, record: QuarantineRecord) -> IngestRecord:
    """Make a conflicting delivery the event, as the next generation. Raises NotReleasedError."""
    if record.reason is not ReasonCode.EVENT_ID_REUSE_DIFFERENT_PAYLOAD:
        message = f"{record.item_id} is no conflict ({record.reason}); release it without --correction."
        raise NotReleasedError(message)
    if record.released_at is not None:
        message = f"{record.item_id} was released already."
        raise NotReleasedError(message)
    current = _current(app, record)
    if current is None:
        message = f"There is no event under {record.external_event_id}; nothing to correct."
        raise NotReleasedError(message)
    at = app.clock.now()
    correction = replace(
        current,
        ingest_id=record.ingest_id,
        event_type=record.event_type,
        source=record.source,
        topic=record.topic,
        occurred_at=record.occurred_at,
        received_at=record.received_at,
        raw=record.raw,
        payload_digest=record.payload_digest,
        digest_rule=record.digest_rule,
        lane=Lane.REPLAY,
        status=Status.RECEIVED,
        dispatch_at=at + REDISPATCH,
        parked=False,
        attempts=0,
        generation=current.generation + 1,
    )
    if not app.index.supersede(current, correction, record.item_id, at):
        message = f"{current.ingest_id} changed meanwhile; look at it with `dvss events show` and try again."
        raise NotReleasedError(message)
    _send(app, correction)
    return correction


def _current(app: Application, record: QuarantineRecord) -> IngestRecord | None:
    key = IdempotencyKey(record.vendor_id, record.external_event_id)
    return app.index.read([key], consistent=True).get(key)


def _send(app: Application, record: IngestRecord) -> None:
    try:
        app.bus.publish([accepted_message(record)])
    except TransientError:
        # The fresh marker stays: the sweeper sends it.
        return
