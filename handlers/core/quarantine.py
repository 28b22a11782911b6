"""Events that are understood to be wrong: kept with a reason, released after a fix."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generated.runtime.json_forms import digest as digest_of
from handlers.core.lifecycle import Step, after
from handlers.core.mapping import refused
from handlers.core.messages import NORMALIZE_FAILED, failed_detail
from handlers.core.outbox import FIRST_DISPATCH, emit
from handlers.values import (
    BusMessage,
    DvssError,
    IdempotencyKey,
    Lane,
    QuarantineRecord,
    ReasonCode,
    Stage,
    TransientError,
    Violation,
)

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.application import Application
    from handlers.core.mapping import Refused
    from handlers.core.messages import AcceptedMessage
    from handlers.values import IngestRecord


class NotReleasedError(DvssError):
    """The event cannot be released; the message says why and what can be done."""


def fingerprint(reason: ReasonCode, vendor_id: str, event_type: str, violations: tuple[Violation, ...]) -> str:
    """One cause, one fingerprint, however many events it hits: no index, id or value is part of it."""
    places = sorted({(one.code, one.rule, _without_indexes(one.pointer), _missing(one)) for one in violations}, key=str)
    parts = [reason, vendor_id, event_type, [list(place) for place in places]]
    return digest_of(parts)[:16]


def _missing(violation: Violation) -> str | None:
    """The member that is not there, which no pointer can name."""
    return violation.message if violation.code == "REQUIRED" else None


def _without_indexes(pointer: str) -> str:
    return "/".join("*" if token.isdecimal() else token for token in pointer.split("/"))


def quarantine_record(
    record: IngestRecord, why: Refused, *, mapping_version: str | None, at: datetime
) -> QuarantineRecord:
    """The quarantine record of an event that normalize why."""
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
        reason=why.reason,
        stage=Stage.NORMALIZE,
        fingerprint=fingerprint(why.reason, record.key.vendor_id, record.event_type, why.violations),
        violations=why.violations,
        raw=record.raw,
        payload_digest=record.payload_digest,
        digest_rule=record.digest_rule,
        mapping_version=mapping_version,
        quarantined_at=at,
    )


def is_known_conflict(app: Application, key: IdempotencyKey, digest: str) -> bool:
    """Whether this payload was kept as a conflict under this key before: it adds nothing then."""
    return app.quarantine.get(key.vendor_id, conflict_id(key, digest)) is not None


def conflict_id(key: IdempotencyKey, digest: str) -> str:
    """The item id of the record of a conflicting payload."""
    return f"C#{key.external_event_id}#{digest}"


def put_conflict(app: Application, owner: IngestRecord, stored: IngestRecord, digest: str) -> None:
    """Keep a delivery that reuses ``owner``'s event id for another payload, once for each payload.

    ``stored`` is what it would have been accepted as; ``digest`` is its payload digest under ``owner``'s rule.
    """
    message = f"The event id was first used by {owner.ingest_id} for another payload."
    why = refused(ReasonCode.EVENT_ID_REUSE_DIFFERENT_PAYLOAD, message)
    record = quarantine_record(stored, why, mapping_version=None, at=stored.received_at)
    conflict = replace(
        record,
        item_id=conflict_id(owner.key, digest),
        stage=Stage.ACCEPT,
        payload_digest=digest,
        digest_rule=owner.digest_rule,
    )
    if app.quarantine.put_if_absent(conflict):
        _announce(app, conflict)


def put_stranded(app: Application, message: AcceptedMessage, reason: ReasonCode) -> None:
    """Keep a message whose event has no row of its own: it is never dropped."""
    texts = {
        ReasonCode.KEY_TAKEN: "The event id belongs to another accepted event.",
        ReasonCode.UNKNOWN_EVENT: "The ingest index has no such event; its row was removed or never written.",
    }
    why = refused(reason, texts[reason])
    record = QuarantineRecord(
        vendor_id=message.vendor_id,
        item_id=message.ingest_id,
        external_event_id=message.external_event_id,
        ingest_id=message.ingest_id,
        event_type=message.event_type,
        source=message.source,
        topic=message.topic,
        occurred_at=None,
        received_at=message.received_at,
        reason=reason,
        stage=Stage.NORMALIZE,
        fingerprint=fingerprint(reason, message.vendor_id, message.event_type, why.violations),
        violations=why.violations,
        raw=message.raw,
        payload_digest="",
        digest_rule="",
        mapping_version=None,
        quarantined_at=app.clock.now(),
    )
    if app.quarantine.put_if_absent(record):
        _announce(app, record)


def _announce(app: Application, record: QuarantineRecord) -> None:
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
    if after(current.status, Step.RELEASE) is None:
        message = f"{record.item_id} is {current.status}, not quarantined; look at it with `dvss events show`."
        raise NotReleasedError(message)
    opened = reopen(app, current)
    if opened is None:
        raise _changed(current)
    emit(app, [opened])
    return opened


def reopen(app: Application, current: IngestRecord) -> IngestRecord | None:
    """Give the event a fresh marker in the replay lane; None if it changed meanwhile. Sends nothing yet."""
    at = app.clock.now()
    return app.index.reopen(current, lane=Lane.REPLAY, at=at, dispatch_at=at + FIRST_DISPATCH)


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
    status = after(current.status, Step.CORRECT)
    assert status is not None, "a correction may follow every status"
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
        status=status,
        dispatch_at=at + FIRST_DISPATCH,
        parked=False,
        attempts=0,
        generation=current.generation + 1,
    )
    if not app.index.supersede(current, correction, record.item_id, at):
        raise _changed(current)
    emit(app, [correction])
    return correction


def _current(app: Application, record: QuarantineRecord) -> IngestRecord | None:
    key = IdempotencyKey(record.vendor_id, record.external_event_id)
    return app.index.read([key], consistent=True).get(key)


def _changed(current: IngestRecord) -> NotReleasedError:
    message = f"{current.ingest_id} changed meanwhile; look at it with `dvss events show` and try again."
    return NotReleasedError(message)
