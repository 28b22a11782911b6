"""Values to put through ports: every field filled, with characters and times that a careless store would change."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

from ulid import ULID

from handlers.raw_metadata import RawMetadata
from handlers.values import (
    BusMessage,
    ClaimCheck,
    Completion,
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
    from collections.abc import Callable

NOW = datetime(2026, 1, 30, 20, 15, 13, 402_117, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
THREADS = 32


def ulid_time(at: datetime) -> str:
    """How an id begins that was made at that time."""
    return str(ULID.from_datetime(at))[:10]


ULID_TIME = ulid_time(NOW)

AWKWARD_TEXTS = (
    "inv-12345",
    "Ünïcødé/ключ/鍵/🗝️",
    "a'b\"c\\d;--",
    " two  spaces ",
    "C#x#y",
    "%2F%00",
    "line\nbreak\ttab",
    "é",  # one character
    "e\u0301",  # the same to the eye, another id
    "x" * 500,
)


class ManualClock:
    """A clock that stands still until it is set."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


def at_once[T](function: Callable[[int], T], threads: int = THREADS) -> list[T]:
    """Call ``function`` with 0, 1, ... from so many threads that all begin together."""
    barrier = Barrier(threads)

    def wait_and_call(number: int) -> T:
        barrier.wait()
        return function(number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(wait_and_call, range(threads)))


def sha256(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


def raw_metadata(**changes: Any) -> RawMetadata:
    metadata = RawMetadata(
        ingest_id="01KG8R0000000000000000000A",
        vendor_id="acme",
        external_event_id="inv-12345 ключ 🗝️",
        event_type="inventory_update",
        source=Source.WEBHOOK,
        topic="orders-create",
        headers={"x-acme-topic": "orders/create", "x-acme-name": "Zoë"},
        occurred_at="2026-01-30T20:15:12Z",
        received_at=NOW,
        sha256=sha256(b"{}"),
    )
    return replace(metadata, **changes)


def ingest_record(number: int = 1, **changes: Any) -> IngestRecord:
    """A record as accept writes it. Records of different numbers have different keys and ingest ids."""
    record = IngestRecord(
        key=IdempotencyKey("acme", f"event-{number}"),
        ingest_id=f"{ULID_TIME}{number:016d}",
        event_type="inventory_update",
        source=Source.ENVELOPE,
        topic=None,
        occurred_at="2026-01-30T21:15:12.5+01:00",
        received_at=NOW,
        raw=ClaimCheck("raw", f"raw/acme/2026/01/30/{number}.json", sha256(b"%d" % number)),
        payload_digest=sha256(b"payload %d" % number),
        digest_rule="1",
        lane=Lane.LIVE,
        status=Status.RECEIVED,
        dispatch_at=NOW + 120 * SECOND,
    )
    return replace(record, **changes)


def filled_ingest_record(number: int = 1) -> IngestRecord:
    """A record with a value in every field that may be empty."""
    return ingest_record(
        number,
        source=Source.WEBHOOK,
        topic="заказы",
        raw=ClaimCheck("raw", "raw/acme/2026/01/30/ключ.json", sha256(b"x"), 2**33 + 1, 12_345),
        lane=Lane.REPLAY,
        status=Status.NORMALIZED,
        parked=True,
        attempts=3,
        generation=2,
        revision=7,
        schema_version="1.0",
        mapping_version=f"sha256:{sha256(b'mapping')}",
        normalized=(object_version(1), object_version(2)),
    )


def object_version(number: int = 1) -> ObjectVersion:
    return ObjectVersion(f"normalized/Ünïcødé/{number}.json", f"version:{number}", sha256(b"n%d" % number))


def long_object_version(number: int) -> ObjectVersion:
    """As long as a real one gets: one of many events of a payload, with the version ids of S3."""
    key = f"normalized/FulfilmentOrderStatusChanged/2026/01/30/{ULID_TIME}{0:016d}-{number}.json"
    return ObjectVersion(key, sha256(b"v%d" % number)[:36], sha256(b"n%d" % number))


def outbox_record(number: int = 1, **changes: Any) -> OutboxRecord:
    record = OutboxRecord(
        event_id=f"{ULID_TIME}{number:016d}",
        revision=1,
        detail_type="InventoryUpdated",
        vendor_id="acme",
        created_at=NOW,
        normalized=object_version(number),
    )
    return replace(record, **changes)


def quarantine_record(number: int = 1, **changes: Any) -> QuarantineRecord:
    accepted = ingest_record(number)
    record = QuarantineRecord(
        vendor_id=accepted.key.vendor_id,
        item_id=accepted.ingest_id,
        external_event_id=accepted.key.external_event_id,
        ingest_id=accepted.ingest_id,
        event_type=accepted.event_type,
        source=Source.WEBHOOK,
        topic="orders-create",
        occurred_at=accepted.occurred_at,
        received_at=accepted.received_at,
        reason=ReasonCode.MAPPING_REJECTED,
        stage=Stage.NORMALIZE,
        fingerprint="ключ",
        violations=(
            Violation("/items/0/qty~1", "NOT_A_NUMBER", "is text: “zwölf”", "mappings/acme.yaml:12"),
            Violation("", "REQUIRED", "sku is missing"),
        ),
        raw=ClaimCheck("raw", accepted.raw.key, accepted.raw.sha256, 17, 2**33),
        payload_digest=accepted.payload_digest,
        digest_rule=accepted.digest_rule,
        mapping_version="sha256:abc",
        quarantined_at=NOW + 3 * MICROSECOND,
    )
    return replace(record, **changes)


def completion(record: IngestRecord, **changes: Any) -> Completion:
    """What normalizes ``record`` at its generation."""
    done = Completion(
        key=record.key,
        ingest_id=record.ingest_id,
        generation=record.generation,
        status=Status.NORMALIZED,
        completed_at=NOW + 5 * SECOND,
        schema_version="1.0",
        mapping_version="sha256:abc",
        revision=record.revision + 1,
        normalized=(object_version(1), object_version(2)),
        outbox=(
            outbox_record(1, event_id=record.ingest_id, revision=record.revision + 1),
            outbox_record(2, event_id=f"{record.ingest_id}-1", revision=record.revision + 1),
        ),
        quarantine=None,
    )
    return replace(done, **changes)


def failure(record: IngestRecord, quarantine: QuarantineRecord, **changes: Any) -> Completion:
    """What quarantines ``record`` at its generation."""
    outbox = outbox_record(
        event_id=record.ingest_id,
        revision=record.revision,
        detail_type="normalize.failed",
        normalized=None,
        detail='{"reason":"MAPPING_REJECTED","name":"Zoë"}',
    )
    failed = completion(
        record,
        status=Status.FAILED_NORMALIZE,
        revision=record.revision,
        schema_version=None,
        normalized=record.normalized,
        outbox=(outbox,),
        quarantine=quarantine,
    )
    return replace(failed, **changes)


def accepted_message(number: int = 1, lane: Lane = Lane.LIVE) -> BusMessage:
    detail = b'{"ingestId":"%d","vendorId":"acme","lane":"%s"}' % (number, lane.encode())
    return BusMessage(f"accepted-{number}", "ingest.accepted", detail, lane)


def canonical_message(number: int = 1) -> BusMessage:
    detail = f'{{"data":{{"price":0.1000000000000000000001,"name":"Zoë {number}"}}}}'.encode()
    return BusMessage(f"canonical-{number}", "InventoryUpdated", detail)
