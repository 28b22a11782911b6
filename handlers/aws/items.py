"""Values to DynamoDB items and back, exact in every field. What is None has no attribute; an empty text has one."""

from __future__ import annotations

import json
import zlib
from typing import TYPE_CHECKING

from handlers.moments import microseconds, moment
from handlers.values import (
    ClaimCheck,
    IdempotencyKey,
    IngestRecord,
    Lane,
    ObjectVersion,
    QuarantineRecord,
    ReasonCode,
    Source,
    Stage,
    Status,
    Violation,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from handlers.aws.tables import Item, Value

DISPATCH_SHARDS = 16
ID_SHARDS = 4
PARKED = "parked"
_MOMENT_DIGITS = 18
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


def text(value: str | None) -> Value | None:
    return None if value is None else {"S": value}


def number(value: int | None) -> Value | None:
    return None if value is None else {"N": str(value)}


def present(attributes: Mapping[str, Value | None]) -> Item:
    return {name: value for name, value in attributes.items() if value is not None}


def text_of(item: Item, name: str) -> str | None:
    return item[name]["S"] if name in item else None


def number_of(item: Item, name: str) -> int | None:
    return int(item[name]["N"]) if name in item else None


def shard(text: str, count: int) -> int:
    """Which of ``count`` parts a text belongs to; the same in every process."""
    return zlib.crc32(text.encode()) % count


def sortable(at: datetime) -> str:
    """A moment as a text that sorts as it does."""
    return f"{microseconds(at):0{_MOMENT_DIGITS}}"


def dispatch(lane: Lane | str, ingest_id: str) -> str:
    """The part of the index byDispatch that a marker lies in."""
    return f"{lane}#{shard(ingest_id, DISPATCH_SHARDS)}"


def dispatch_at(at: datetime, ingest_id: str) -> str:
    """A marker's place in its part: by its time, then by the ingest id."""
    return f"{sortable(at)}#{ingest_id}"


def id_shard(vendor_id: str, ingest_id: str) -> str:
    """The part of the index byIngestId that an event lies in."""
    return f"{vendor_id}#{shard(ingest_id, ID_SHARDS)}"


def ingest_key(key: IdempotencyKey) -> Item:
    return {"vendorId": {"S": key.vendor_id}, "externalEventId": {"S": key.external_event_id}}


def key_of(item: Item) -> IdempotencyKey:
    return IdempotencyKey(item["vendorId"]["S"], item["externalEventId"]["S"])


def marker(record: IngestRecord) -> dict[str, Value | None]:
    """The attributes that say when the sweeper may send the event again."""
    if record.dispatch_at is None:
        return {"dispatch": None, "dispatchAt": None}
    return {
        "dispatch": {"S": dispatch(PARKED if record.parked else record.lane, record.ingest_id)},
        "dispatchAt": {"S": dispatch_at(record.dispatch_at, record.ingest_id)},
    }


def ingest_attributes(record: IngestRecord) -> dict[str, Value | None]:
    """Every attribute of the row but its key."""
    return {
        "ingestId": text(record.ingest_id),
        "eventType": text(record.event_type),
        "source": text(record.source.value),
        "topic": text(record.topic),
        "occurredAt": text(record.occurred_at),
        "receivedAt": number(microseconds(record.received_at)),
        **_claim_check(record.raw),
        "payloadDigest": text(record.payload_digest),
        "digestRule": text(record.digest_rule),
        "lane": text(record.lane.value),
        "status": text(record.status.value),
        **marker(record),
        "attempts": number(record.attempts),
        "generation": number(record.generation),
        "revision": number(record.revision),
        "schemaVersion": text(record.schema_version),
        "mappingVersion": text(record.mapping_version),
        "normalized": versions_text(record.normalized),
        "idShard": text(id_shard(record.key.vendor_id, record.ingest_id)),
    }


def ingest_item(record: IngestRecord) -> Item:
    return ingest_key(record.key) | present(ingest_attributes(record))


def ingest_record(item: Item) -> IngestRecord:
    marked_at = text_of(item, "dispatchAt")
    return IngestRecord(
        key=key_of(item),
        ingest_id=item["ingestId"]["S"],
        event_type=item["eventType"]["S"],
        source=Source(item["source"]["S"]),
        topic=text_of(item, "topic"),
        occurred_at=text_of(item, "occurredAt"),
        received_at=moment(int(item["receivedAt"]["N"])),
        raw=_claim_check_of(item),
        payload_digest=item["payloadDigest"]["S"],
        digest_rule=item["digestRule"]["S"],
        lane=Lane(item["lane"]["S"]),
        status=Status(item["status"]["S"]),
        dispatch_at=None if marked_at is None else moment(int(marked_at[:_MOMENT_DIGITS])),
        parked=item.get("dispatch", {"S": ""})["S"].startswith(f"{PARKED}#"),
        attempts=int(item["attempts"]["N"]),
        generation=int(item["generation"]["N"]),
        revision=int(item["revision"]["N"]),
        schema_version=text_of(item, "schemaVersion"),
        mapping_version=text_of(item, "mappingVersion"),
        normalized=_versions_of(item),
    )


def versions_text(versions: Sequence[ObjectVersion]) -> Value | None:
    """A thousand of them are less than half of what an item may hold."""
    if not versions:
        return None
    return {"S": _encode([(version.key, version.version_id, version.sha256) for version in versions])}


def _versions_of(item: Item) -> tuple[ObjectVersion, ...]:
    versions = text_of(item, "normalized")
    return () if versions is None else tuple(ObjectVersion(*version) for version in json.loads(versions))


def _claim_check(raw: ClaimCheck) -> dict[str, Value | None]:
    return {
        "rawBucket": text(raw.bucket),
        "rawS3Key": text(raw.key),
        "sha256": text(raw.sha256),
        "rawOffset": number(raw.offset),
        "rawLength": number(raw.length),
    }


def _claim_check_of(item: Item) -> ClaimCheck:
    return ClaimCheck(
        item["rawBucket"]["S"],
        item["rawS3Key"]["S"],
        item["sha256"]["S"],
        number_of(item, "rawOffset"),
        number_of(item, "rawLength"),
    )


def quarantine_key(vendor_id: str, item_id: str) -> Item:
    return {"vendorId": {"S": vendor_id}, "itemId": {"S": item_id}}


def quarantine_attributes(record: QuarantineRecord) -> dict[str, Value | None]:
    """Every attribute of the row but its key."""
    violations = [(entry.pointer, entry.code, entry.message, entry.rule) for entry in record.violations]
    return {
        "externalEventId": text(record.external_event_id),
        "ingestId": text(record.ingest_id),
        "eventType": text(record.event_type),
        "source": text(record.source.value),
        "topic": text(record.topic),
        "occurredAt": text(record.occurred_at),
        "receivedAt": number(microseconds(record.received_at)),
        "reason": text(record.reason.value),
        "stage": text(record.stage.value),
        "fingerprint": text(record.fingerprint),
        "violations": text(_encode(violations)),
        **_claim_check(record.raw),
        "payloadDigest": text(record.payload_digest),
        "digestRule": text(record.digest_rule),
        "mappingVersion": text(record.mapping_version),
        "quarantinedAt": number(microseconds(record.quarantined_at)),
        "attempts": number(record.attempts),
        "releasedAt": number(microseconds(record.released_at)),
    }


def quarantine_item(record: QuarantineRecord) -> Item:
    return quarantine_key(record.vendor_id, record.item_id) | present(quarantine_attributes(record))


def quarantine_record(item: Item) -> QuarantineRecord:
    return QuarantineRecord(
        vendor_id=item["vendorId"]["S"],
        item_id=item["itemId"]["S"],
        external_event_id=item["externalEventId"]["S"],
        ingest_id=item["ingestId"]["S"],
        event_type=item["eventType"]["S"],
        source=Source(item["source"]["S"]),
        topic=text_of(item, "topic"),
        occurred_at=text_of(item, "occurredAt"),
        received_at=moment(int(item["receivedAt"]["N"])),
        reason=ReasonCode(item["reason"]["S"]),
        stage=Stage(item["stage"]["S"]),
        fingerprint=item["fingerprint"]["S"],
        violations=tuple(Violation(*violation) for violation in json.loads(item["violations"]["S"])),
        raw=_claim_check_of(item),
        payload_digest=item["payloadDigest"]["S"],
        digest_rule=item["digestRule"]["S"],
        mapping_version=text_of(item, "mappingVersion"),
        quarantined_at=moment(int(item["quarantinedAt"]["N"])),
        attempts=int(item["attempts"]["N"]),
        released_at=moment(number_of(item, "releasedAt")),
    )
