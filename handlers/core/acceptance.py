"""Accept deliveries once: index read, raw PUT, conditional index row, message.

    read index -> PUT raw -> conditional row with marker -> publish -> answer
               no trace | orphan  | never lost: swept     | sent again: swept

No row is written before the bytes are durable, so no crash can lose an event that was answered. The row's dispatch
marker stays until normalize ends the event's way, so whatever is lost behind the row is sent again by the sweeper.
"""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import dump
from handlers.core.digests import payload_digest, rule_of
from handlers.core.messages import accepted_message
from handlers.core.object_keys import raw_key, rfc3339
from handlers.core.quarantine import put_conflict
from handlers.values import (
    ClaimCheck,
    IdempotencyKey,
    IngestRecord,
    Lane,
    ObjectExistsError,
    RawMetadata,
    Status,
    TransientError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from handlers.application import Application
    from handlers.core.envelopes import Delivery

FIRST_DISPATCH = timedelta(seconds=120)
"""How long after acceptance the sweeper takes the message for lost."""
_COLLISIONS = 3

log = logging.getLogger("dvss.accept")


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


def accept(app: Application, deliveries: Sequence[Delivery], *, batch: bool) -> list[Verdict]:
    """A verdict for each delivery, in order, durable when this returns. All are of one vendor.

    Of deliveries with one key the first wins. Raises TransientError if any of them has no durable verdict; sending all
    of them again is safe.
    """
    received_at = app.clock.now()
    keys = [IdempotencyKey(one.profile.vendor_id, one.external_event_id) for one in deliveries]
    present = app.index.read(list(dict.fromkeys(keys)), consistent=False)
    firsts: dict[IdempotencyKey, int] = {}
    for number, key in enumerate(keys):
        if key not in present:
            firsts.setdefault(key, number)
    fresh = [_record(app, deliveries[number], key, received_at) for key, number in firsts.items()]
    fresh = _put_raw(app, fresh, [deliveries[number] for number in firsts.values()], batch=batch)
    in_the_way = app.index.accept(fresh) if fresh else []
    # A refused row that carries our own id is our own write, retried below us: it is ours.
    owners = {
        record.key: record if other is None or other.ingest_id == record.ingest_id else other
        for record, other in zip(fresh, in_the_way, strict=True)
    }
    accepted = {record.key: record for record in fresh if owners[record.key].ingest_id == record.ingest_id}
    _emit(app, list(accepted.values()))
    stored = {record.key: record.raw for record in fresh if record.key not in accepted}
    verdicts = []
    for number, (key, delivery) in enumerate(zip(keys, deliveries, strict=True)):
        if key in accepted and firsts[key] == number:
            record = accepted[key]
            verdicts.append(Verdict(Outcome.ACCEPTED, record.ingest_id, record.raw.key))
            continue
        owner = owners.get(key) or present[key]
        raw = stored.get(key) if firsts.get(key) == number else None
        verdicts.append(_answer(app, owner, delivery, raw, received_at))
    return verdicts


def _record(app: Application, delivery: Delivery, key: IdempotencyKey, received_at: datetime) -> IngestRecord:
    rule = rule_of(delivery.profile.digest_without)
    ingest_id = app.ids.new_id(received_at)
    event = delivery.profile.events.get(delivery.event_type)
    return IngestRecord(
        key=key,
        ingest_id=ingest_id,
        event_type=delivery.event_type,
        source=delivery.source,
        topic=delivery.topic,
        occurred_at=delivery.occurred_at,
        received_at=received_at,
        raw=ClaimCheck(
            app.raw.bucket,
            raw_key(key.vendor_id, ingest_id, received_at),
            hashlib.sha256(delivery.raw).hexdigest(),
        ),
        payload_digest=payload_digest(rule, delivery.event_type, delivery.occurred_at, delivery.payload),
        digest_rule=rule,
        lane=Lane(event.lane) if event else Lane.LIVE,
        status=Status.RECEIVED,
        dispatch_at=received_at + FIRST_DISPATCH,
    )


def metadata_of(record: IngestRecord) -> RawMetadata:
    """What is stored beside the raw bytes of a record."""
    return RawMetadata(
        ingest_id=record.ingest_id,
        vendor_id=record.key.vendor_id,
        external_event_id=record.key.external_event_id,
        event_type=record.event_type,
        source=record.source,
        topic=record.topic,
        headers={},
        occurred_at=record.occurred_at,
        received_at=record.received_at,
        sha256=record.raw.sha256,
    )


def manifest_line(record: IngestRecord, length: int) -> bytes:
    """The line before an item of a batch: what a single raw object has as metadata, and the item's length in bytes."""
    line: dict[str, Any] = {
        "ingestId": record.ingest_id,
        "vendorId": record.key.vendor_id,
        "externalEventId": record.key.external_event_id,
        "eventType": record.event_type,
        "source": record.source,
        "occurredAt": record.occurred_at,
        "receivedAt": rfc3339(record.received_at),
        "sha256": record.raw.sha256,
        "length": length,
    }
    return dump(line) + b"\n"


def _put_raw(
    app: Application, records: list[IngestRecord], deliveries: list[Delivery], *, batch: bool
) -> list[IngestRecord]:
    """The records with their bytes stored; a batch shares one object."""
    if not records:
        return records
    if batch:
        return _put_batch(app, records, deliveries)
    for _ in range(_COLLISIONS):
        (record,) = records
        try:
            app.raw.put_once(record.raw.key, deliveries[0].raw, metadata_of(record))
        except ObjectExistsError:
            records = [_record(app, deliveries[0], record.key, record.received_at)]
        else:
            return records
    message = "No free key for the raw object; the id factory repeats itself."
    raise TransientError(message)


def _put_batch(app: Application, records: list[IngestRecord], deliveries: list[Delivery]) -> list[IngestRecord]:
    received_at = records[0].received_at
    key = raw_key(records[0].key.vendor_id, app.ids.new_id(received_at), received_at)
    body = bytearray()
    placed = []
    for record, delivery in zip(records, deliveries, strict=True):
        body += manifest_line(record, len(delivery.raw))
        raw = replace(record.raw, key=key, offset=len(body), length=len(delivery.raw))
        placed.append(replace(record, raw=raw))
        body += delivery.raw + b"\n"
    try:
        app.raw.put_once(key, bytes(body), None)
    except ObjectExistsError as error:
        message = "The batch's raw key is taken; the id factory repeats itself."
        raise TransientError(message) from error
    return placed


def _emit(app: Application, records: Sequence[IngestRecord]) -> None:
    if not records:
        return
    try:
        refused = app.bus.publish([accepted_message(record) for record in records])
    except TransientError as error:
        # The marker is the message's outbox: the sweeper sends it again, and the request is answered.
        log.warning("ingest.accepted was not sent", extra={"status": str(error), "ingestId": records[0].ingest_id})
        return
    for message in refused:
        log.warning("ingest.accepted was refused", extra={"ingestId": message.message_id.partition("#")[0]})


def _answer(
    app: Application, owner: IngestRecord, delivery: Delivery, stored: ClaimCheck | None, received_at: datetime
) -> Verdict:
    """The verdict on a delivery whose key belongs to ``owner``; ``stored`` is where its own bytes lie, if they do."""
    rule = owner.digest_rule
    digest = payload_digest(rule, delivery.event_type, delivery.occurred_at, delivery.payload)
    if digest == owner.payload_digest:
        return Verdict(Outcome.DUPLICATE, owner.ingest_id, owner.raw.key)
    put_conflict(app, owner, delivery, digest, stored, received_at)
    return Verdict(Outcome.CONFLICT, owner.ingest_id, owner.raw.key)
