"""The bytes of new events in the raw store: an object for each, or one for a batch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from generated.runtime.exact_json import dump
from handlers.core.object_keys import raw_key
from handlers.values import ObjectExistsError, RawMetadata, TransientError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.application import Application
    from handlers.core.envelopes import Delivery
    from handlers.values import IngestRecord


def put_raw(
    app: Application, deliveries: Sequence[Delivery], records: Sequence[IngestRecord], *, batch: bool
) -> list[IngestRecord]:
    """Store the deliveries' bytes; the records with the claim checks that they can be found by."""
    if not records:
        return []
    if batch:
        return _put_batch(app, deliveries, records)
    (delivery,), (record,) = deliveries, records
    try:
        app.raw.put_once(record.raw.key, delivery.raw, metadata_of(record))
    except ObjectExistsError:
        # Two ids of one millisecond that are the same by chance: the other object stays, ours gets a new id.
        ingest_id = app.ids.new_id(record.received_at)
        raw = replace(record.raw, key=raw_key(record.key.vendor_id, ingest_id, record.received_at))
        record = replace(record, ingest_id=ingest_id, raw=raw)
        _put_new(app, raw.key, delivery.raw, metadata_of(record))
    return [record]


def _put_new(app: Application, key: str, body: bytes, metadata: RawMetadata | None) -> None:
    try:
        app.raw.put_once(key, body, metadata)
    except ObjectExistsError as error:
        message = f"The raw key {key} is taken; the id factory repeats itself."
        raise TransientError(message) from error


def _put_batch(app: Application, deliveries: Sequence[Delivery], records: Sequence[IngestRecord]) -> list[IngestRecord]:
    received_at = records[0].received_at
    key = raw_key(records[0].key.vendor_id, app.ids.new_id(received_at), received_at)
    body = bytearray()
    placed = []
    for delivery, record in zip(deliveries, records, strict=True):
        body += manifest_line(metadata_of(record), len(delivery.raw))
        raw = replace(record.raw, key=key, offset=len(body), length=len(delivery.raw))
        placed.append(replace(record, raw=raw))
        body += delivery.raw + b"\n"
    _put_new(app, key, bytes(body), None)
    return placed


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


def manifest_line(metadata: RawMetadata, length: int) -> bytes:
    """The line before an item of a batch: what a single raw object has beside it, and the item's length in bytes."""
    line = {
        "ingestId": metadata.ingest_id,
        "vendorId": metadata.vendor_id,
        "externalEventId": metadata.external_event_id,
        "eventType": metadata.event_type,
        "source": metadata.source,
        "topic": metadata.topic,
        "headers": dict(metadata.headers),
        "occurredAt": metadata.occurred_at,
        "receivedAt": metadata.received_at.isoformat(),
        "sha256": metadata.sha256,
        "length": length,
    }
    return dump(line) + b"\n"
