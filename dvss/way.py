"""The way of one event: what was accepted, where its bytes lie, what it became or why it did not."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import parse
from handlers.core.object_keys import event_id
from handlers.values import RawMissingError, Status

if TYPE_CHECKING:
    from handlers.application import Application
    from handlers.values import IngestRecord, QuarantineRecord

MOST_CANONICAL_EVENTS = 1_000
MOST_CONFLICTS = 100
MOST_OUTBOX_RECORDS = 10_000


@dataclass(frozen=True, slots=True)
class Way:
    """Everything known about one accepted event."""

    record: IngestRecord
    raw_bytes: bytes | None
    """None where there is no raw object at the claim check."""
    canonical: tuple[dict[str, Any], ...]
    """The canonical events of the present revision, as they are stored."""
    waiting: tuple[str, ...]
    """Ids of those that still wait in the outbox."""
    quarantine: QuarantineRecord | None
    conflicts: tuple[QuarantineRecord, ...]
    """Deliveries that used the event's id for another payload."""

    @property
    def is_raw_intact(self) -> bool:
        return self.raw_bytes is not None and sha256(self.raw_bytes).hexdigest() == self.record.raw.sha256


def way_of(application: Application, record: IngestRecord) -> Way:
    vendor_id = record.key.vendor_id
    try:
        raw = application.raw.get(record.raw)
    except RawMissingError:
        raw = None
    canonical = tuple(
        parse(application.normalized.get(version.key, version.version_id)) for version in record.normalized
    )
    names = {event_id(record.ingest_id, index) for index in range(MOST_CANONICAL_EVENTS)}
    outbox = application.outbox.pending(application.clock.now(), MOST_OUTBOX_RECORDS)
    kept = application.quarantine.get(vendor_id, record.ingest_id)
    return Way(
        record=record,
        raw_bytes=raw,
        canonical=canonical,
        waiting=tuple(entry.event_id for entry in outbox if entry.event_id in names),
        quarantine=kept if record.status is Status.FAILED_NORMALIZE else None,
        conflicts=_conflicts(application, record),
    )


def _conflicts(application: Application, record: IngestRecord) -> tuple[QuarantineRecord, ...]:
    prefix = f"C#{record.key.external_event_id}#"
    found = application.quarantine.records(
        vendor_id=record.key.vendor_id,
        include_released=True,
        after=f"{record.key.vendor_id}/{prefix}",
        limit=MOST_CONFLICTS,
    )
    return tuple(kept for kept in found if kept.item_id.startswith(prefix))
