"""What travels on the bus about an event: a claim check, never the payload."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from generated.runtime.json_forms import dump
from handlers.values import BusMessage, ClaimCheck, Source

if TYPE_CHECKING:
    from handlers.values import IngestRecord, QuarantineRecord

INGEST_ACCEPTED = "ingest.accepted"
NORMALIZE_FAILED = "normalize.failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMessage:
    """An ``ingest.accepted`` message as normalize receives it.

    The ids say which row to normalize; the rest is what can still be kept of the event where that row is gone.
    """

    ingest_id: str
    vendor_id: str
    external_event_id: str
    event_type: str
    source: Source
    topic: str | None
    received_at: datetime
    generation: int
    raw: ClaimCheck


def raw_reference(raw: ClaimCheck) -> dict[str, Any]:
    """The claim check as documents show it."""
    reference: dict[str, Any] = {"bucket": raw.bucket, "key": raw.key}
    if raw.offset is not None:
        reference |= {"offset": raw.offset, "length": raw.length}
    return reference


def accepted_message(record: IngestRecord) -> BusMessage:
    """The message that asks for a record to be normalized."""
    detail = {
        "ingestId": record.ingest_id,
        "vendorId": record.key.vendor_id,
        "externalEventId": record.key.external_event_id,
        "eventType": record.event_type,
        "source": record.source,
        "topic": record.topic,
        "receivedAt": record.received_at.isoformat(),
        "generation": record.generation,
        "lane": record.lane,
        "rawRef": raw_reference(record.raw),
        "sha256": record.raw.sha256,
    }
    message_id = f"{record.ingest_id}#{record.generation}"
    return BusMessage(message_id, INGEST_ACCEPTED, dump(detail), record.lane)


def read_accepted(detail: dict[str, Any]) -> AcceptedMessage:
    """The message out of a bus event's detail."""
    reference = detail["rawRef"]
    raw = ClaimCheck(
        reference["bucket"], reference["key"], detail["sha256"], reference.get("offset"), reference.get("length")
    )
    return AcceptedMessage(
        ingest_id=detail["ingestId"],
        vendor_id=detail["vendorId"],
        external_event_id=detail["externalEventId"],
        event_type=detail["eventType"],
        source=Source(detail["source"]),
        topic=detail["topic"],
        received_at=datetime.fromisoformat(detail["receivedAt"]),
        generation=detail["generation"],
        raw=raw,
    )


def failed_detail(record: QuarantineRecord) -> str:
    """JSON text of a ``normalize.failed`` message: where the event lies and why, nothing of what it says."""
    return dump(
        {
            "vendorId": record.vendor_id,
            "itemId": record.item_id,
            "ingestId": record.ingest_id,
            "externalEventId": record.external_event_id,
            "eventType": record.event_type,
            "stage": record.stage,
            "reason": record.reason,
            "fingerprint": record.fingerprint,
            "rawRef": raw_reference(record.raw),
        }
    ).decode()
