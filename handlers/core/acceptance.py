"""Accept deliveries once: index read, raw PUT, conditional index row, message.

    read index -> PUT raw -> conditional row with marker -> publish -> answer
               no trace | orphan  | never lost: swept     | sent again: swept

No row is written before the bytes are durable, so no crash can lose an event that was answered. The row's dispatch
marker stays until normalize ends the event's way, so whatever is lost behind the row is sent again by the sweeper.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.core.object_keys import raw_key
from handlers.core.outbox import FIRST_DISPATCH, emit
from handlers.core.quarantine import is_known_conflict, put_conflict
from handlers.core.raw_objects import put_raw
from handlers.values import ClaimCheck, IngestRecord, Lane, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from handlers.application import Application
    from handlers.core.envelopes import Delivery
    from handlers.values import IdempotencyKey


class Outcome(StrEnum):
    """What became of a delivery."""

    ACCEPTED = "ACCEPTED"
    DUPLICATE = "DUPLICATE"
    CONFLICT = "CONFLICT"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The durable answer to one delivery. ``ingest_id`` is the event's: for a conflict that of the first delivery."""

    outcome: Outcome
    ingest_id: str
    raw_key: str


def accept(
    app: Application, deliveries: Sequence[Delivery], *, batch: bool, whole: bytes | None = None
) -> list[Verdict]:
    """A verdict for each delivery, in order, durable when this returns. All are of one vendor.

    Those of a ``batch`` share a raw object. It keeps the bytes of the new ones, or with ``whole`` that request body,
    in which each delivery says its offset.
    Of deliveries with one key the first wins. Raises TransientError if any of them has no durable verdict; sending all
    of them again is safe.
    """
    if not deliveries:
        return []
    received_at = app.clock.now()
    owners = dict(app.index.read(list(dict.fromkeys(one.key for one in deliveries)), consistent=False))
    new = _not_stored(app, deliveries, owners)
    records = put_raw(app, new, [_record(app, one, received_at) for one in new], batch=batch, whole=whole)
    accepted = _write_rows(app, records, owners)
    emit(app, accepted)
    stored = {(record.key, record.payload_digest): record for record in records}
    unanswered = {record.ingest_id for record in accepted}
    verdicts = []
    for delivery in deliveries:
        owner = owners[delivery.key]
        digest = delivery.digest_under(owner.digest_rule)
        outcome = Outcome.DUPLICATE
        if digest != owner.payload_digest:
            outcome = Outcome.CONFLICT
            own = stored.get((delivery.key, delivery.payload_digest))
            # Without bytes of its own it is a conflict that was recorded before.
            if own is not None:
                put_conflict(app, owner, own, digest)
        elif owner.ingest_id in unanswered:
            outcome = Outcome.ACCEPTED
            unanswered.remove(owner.ingest_id)
        verdicts.append(Verdict(outcome, owner.ingest_id, owner.raw.key))
    return verdicts


def _not_stored(
    app: Application, deliveries: Sequence[Delivery], owners: Mapping[IdempotencyKey, IngestRecord]
) -> list[Delivery]:
    """The deliveries whose bytes we do not have, as far as an inconsistent read can tell; one for each payload."""
    new: dict[tuple[IdempotencyKey, str], Delivery] = {}
    for delivery in deliveries:
        owner = owners.get(delivery.key)
        if owner is not None:
            digest = delivery.digest_under(owner.digest_rule)
            if digest == owner.payload_digest or is_known_conflict(app, delivery.key, digest):
                continue
        new.setdefault((delivery.key, delivery.payload_digest), delivery)
    return list(new.values())


def _record(app: Application, delivery: Delivery, received_at: datetime) -> IngestRecord:
    ingest_id = app.ids.new_id(received_at)
    versions = delivery.profile.events.get(delivery.event_type)
    raw = ClaimCheck(
        app.raw.bucket,
        raw_key(delivery.key.vendor_id, ingest_id, received_at),
        hashlib.sha256(delivery.raw).hexdigest(),
    )
    return IngestRecord(
        key=delivery.key,
        ingest_id=ingest_id,
        event_type=delivery.event_type,
        source=delivery.source,
        topic=delivery.topic,
        occurred_at=delivery.occurred_at,
        received_at=received_at,
        raw=raw,
        payload_digest=delivery.payload_digest,
        digest_rule=delivery.digest_rule,
        lane=Lane(versions[0].lane) if versions else Lane.LIVE,
        status=Status.RECEIVED,
        dispatch_at=received_at + FIRST_DISPATCH,
    )


def _write_rows(
    app: Application, records: Sequence[IngestRecord], owners: dict[IdempotencyKey, IngestRecord]
) -> list[IngestRecord]:
    """Give each key without an owner one: ours, or whoever was faster. Returns the rows that are ours."""
    contenders: dict[IdempotencyKey, IngestRecord] = {}
    for record in records:
        if record.key not in owners:
            contenders.setdefault(record.key, record)
    if not contenders:
        return []
    ours = []
    in_the_way = app.index.accept(list(contenders.values()))
    for record, other in zip(contenders.values(), in_the_way, strict=True):
        # A refused row that carries our own id is our own write, retried somewhere below us.
        is_ours = other is None or other.ingest_id == record.ingest_id
        owners[record.key] = record if is_ours or other is None else other
        if is_ours:
            ours.append(record)
    return ours
