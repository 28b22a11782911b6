"""Values to rows of the SQLite file and back, exact in every field."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from handlers.moments import microseconds, moment
from handlers.values import (
    ClaimCheck,
    IdempotencyKey,
    IngestRecord,
    Lane,
    ObjectVersion,
    OutboxRecord,
    QuarantineRecord,
    ReasonCode,
    Source,
    Stage,
    Status,
    Violation,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    type Row = tuple[Any, ...]

_encode = json.JSONEncoder().encode

_INGEST_COLUMNS = (
    "vendor_id, external_event_id, ingest_id, event_type, source, topic, occurred_at, received_at, "
    "raw_bucket, raw_key, raw_sha256, raw_offset, raw_length, payload_digest, digest_rule, "
    "lane, status, dispatch_at, parked, attempts, generation, revision, schema_version, mapping_version, normalized"
)
# ``(...)`` stands for a row's places: see bulk.py.
# S608: nothing but our own names is put into these statements; values are always bound.
SELECT_INGEST = f"SELECT {_INGEST_COLUMNS} FROM ingest_record"  # nosec B608 # noqa: S608 - see above
INSERT_INGEST = f"INSERT INTO ingest_record ({_INGEST_COLUMNS}) VALUES (...)"  # nosec B608 # noqa: S608 - see above
QUARANTINE_COLUMNS = (
    "vendor_id",
    "item_id",
    "external_event_id",
    "ingest_id",
    "event_type",
    "source",
    "topic",
    "occurred_at",
    "received_at",
    "reason",
    "stage",
    "fingerprint",
    "violations",
    "raw_bucket",
    "raw_key",
    "raw_sha256",
    "raw_offset",
    "raw_length",
    "payload_digest",
    "digest_rule",
    "mapping_version",
    "quarantined_at",
    "attempts",
    "released_at",
)
_QUARANTINE_COLUMN_LIST = ", ".join(QUARANTINE_COLUMNS)
SELECT_QUARANTINE = f"SELECT {_QUARANTINE_COLUMN_LIST} FROM quarantine"  # nosec B608 # noqa: S608 - see above
INSERT_QUARANTINE = f"INSERT INTO quarantine ({_QUARANTINE_COLUMN_LIST}) VALUES (...)"  # nosec B608 # noqa: S608 - see above
_OUTBOX_COLUMNS = (
    "event_id, revision, detail_type, created_at, vendor_id, "
    "normalized_key, normalized_version_id, normalized_sha256, detail"
)
SELECT_OUTBOX = f"SELECT {_OUTBOX_COLUMNS} FROM outbox"  # nosec B608 # noqa: S608 - see above
INSERT_OUTBOX = f"INSERT INTO outbox ({_OUTBOX_COLUMNS}) VALUES (...)"  # nosec B608 # noqa: S608 - see above


def versions_text(versions: Sequence[ObjectVersion]) -> str:
    return _encode([(version.key, version.version_id, version.sha256) for version in versions])


def ingest_row(record: IngestRecord) -> Row:
    raw = record.raw
    return (
        record.key.vendor_id,
        record.key.external_event_id,
        record.ingest_id,
        record.event_type,
        record.source.value,
        record.topic,
        record.occurred_at,
        microseconds(record.received_at),
        raw.bucket,
        raw.key,
        raw.sha256,
        raw.offset,
        raw.length,
        record.payload_digest,
        record.digest_rule,
        record.lane.value,
        record.status.value,
        microseconds(record.dispatch_at),
        record.parked,
        record.attempts,
        record.generation,
        record.revision,
        record.schema_version,
        record.mapping_version,
        versions_text(record.normalized),
    )


def ingest_record(row: Row) -> IngestRecord:
    return IngestRecord(
        key=IdempotencyKey(row[0], row[1]),
        ingest_id=row[2],
        event_type=row[3],
        source=Source(row[4]),
        topic=row[5],
        occurred_at=row[6],
        received_at=moment(row[7]),
        raw=ClaimCheck(*row[8:13]),
        payload_digest=row[13],
        digest_rule=row[14],
        lane=Lane(row[15]),
        status=Status(row[16]),
        dispatch_at=moment(row[17]),
        parked=bool(row[18]),
        attempts=row[19],
        generation=row[20],
        revision=row[21],
        schema_version=row[22],
        mapping_version=row[23],
        normalized=tuple(ObjectVersion(*version) for version in json.loads(row[24])),
    )


def quarantine_row(record: QuarantineRecord) -> Row:
    raw = record.raw
    violations = [(entry.pointer, entry.code, entry.message, entry.rule) for entry in record.violations]
    return (
        record.vendor_id,
        record.item_id,
        record.external_event_id,
        record.ingest_id,
        record.event_type,
        record.source.value,
        record.topic,
        record.occurred_at,
        microseconds(record.received_at),
        record.reason.value,
        record.stage.value,
        record.fingerprint,
        _encode(violations),
        raw.bucket,
        raw.key,
        raw.sha256,
        raw.offset,
        raw.length,
        record.payload_digest,
        record.digest_rule,
        record.mapping_version,
        microseconds(record.quarantined_at),
        record.attempts,
        microseconds(record.released_at),
    )


def quarantine_record(row: Row) -> QuarantineRecord:
    return QuarantineRecord(
        vendor_id=row[0],
        item_id=row[1],
        external_event_id=row[2],
        ingest_id=row[3],
        event_type=row[4],
        source=Source(row[5]),
        topic=row[6],
        occurred_at=row[7],
        received_at=moment(row[8]),
        reason=ReasonCode(row[9]),
        stage=Stage(row[10]),
        fingerprint=row[11],
        violations=tuple(Violation(*violation) for violation in json.loads(row[12])),
        raw=ClaimCheck(*row[13:18]),
        payload_digest=row[18],
        digest_rule=row[19],
        mapping_version=row[20],
        quarantined_at=moment(row[21]),
        attempts=row[22],
        released_at=moment(row[23]),
    )


def outbox_row(record: OutboxRecord) -> Row:
    version = record.normalized
    return (
        record.event_id,
        record.revision,
        record.detail_type,
        microseconds(record.created_at),
        record.vendor_id,
        version and version.key,
        version and version.version_id,
        version and version.sha256,
        record.detail,
    )


def outbox_record(row: Row) -> OutboxRecord:
    return OutboxRecord(
        event_id=row[0],
        revision=row[1],
        detail_type=row[2],
        created_at=moment(row[3]),
        vendor_id=row[4],
        normalized=None if row[5] is None else ObjectVersion(*row[5:8]),
        detail=row[8],
    )
