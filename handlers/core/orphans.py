"""Why a raw object, or a part of one, belongs to no event: a delivery of another time, a conflict, or a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from generated.runtime.exact_json import JsonError, parse
from handlers.core.audit_report import OrphanCause
from handlers.core.audited_events import whole_object
from handlers.core.digests import payload_digest, rule_of
from handlers.core.findings import Finding, Problem
from handlers.core.quarantine import conflict_id
from handlers.core.raw_objects import read_manifest
from handlers.values import ClaimCheck, IdempotencyKey, RawMissingError, Source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.application import Application
    from handlers.raw_metadata import RawMetadata
    from handlers.values import IngestRecord, QuarantineRecord


@dataclass(frozen=True, slots=True)
class Judged:
    """What an audit makes of one delivery that no event names. Nothing of all this where quarantine keeps it."""

    cause: OrphanCause | None = None
    row: IngestRecord | None = None
    """Its event's row, which a listing had missed."""
    finding: Finding | None = None


def deliveries_of(app: Application, key: str) -> list[tuple[RawMetadata, bytes]]:
    """What an object says of the deliveries in it, with the bytes of each; nothing where it is none of ours."""
    raw = ClaimCheck(app.raw.bucket, key, "")
    try:
        metadata = app.raw.metadata(raw)
    except (RawMissingError, LookupError, ValueError):
        return []
    whole = whole_object(app, raw) or b""
    return [(metadata, whole)] if metadata else read_manifest(whole) or []


def judge(app: Application, deliveries: Sequence[tuple[RawMetadata, bytes]]) -> list[Judged]:
    """Each delivery in order, after a consistent look at the row that has its key."""
    keys = [IdempotencyKey(metadata.vendor_id, metadata.external_event_id) for metadata, _ in deliveries]
    rows = app.index.read(list(dict.fromkeys(keys)), consistent=True)
    return [_judge(app, metadata, body, rows.get(key)) for (metadata, body), key in zip(deliveries, keys, strict=True)]


def _judge(app: Application, metadata: RawMetadata, body: bytes, row: IngestRecord | None) -> Judged:
    if row is None:
        is_proven = _kept_at_all(app, metadata, body) is not None
        return Judged(finding=_finding(Problem.EVENT_LOST if is_proven else Problem.NO_EVENT, metadata))
    if row.ingest_id == metadata.ingest_id:
        return Judged(row=row)
    digest = _digest(metadata, body, row.digest_rule)
    if digest is None or digest == row.payload_digest:
        return Judged(OrphanCause.ANOTHER_DELIVERY)
    kept = app.quarantine.get(row.key.vendor_id, conflict_id(row.key, digest))
    if kept is not None:
        return Judged(None if kept.ingest_id == metadata.ingest_id else OrphanCause.CONFLICT)
    if is_correction(app, row):
        return Judged(OrphanCause.CONFLICT)
    return Judged(finding=_finding(Problem.CONFLICT_NOT_KEPT, metadata, f"the event is {row.ingest_id}"))


def _kept_at_all(app: Application, metadata: RawMetadata, body: bytes) -> QuarantineRecord | None:
    """What quarantine has of the delivery: there was a row then, which it was a failure of or in conflict with."""
    kept = app.quarantine.get(metadata.vendor_id, metadata.ingest_id)
    profile = app.registry.vendor(metadata.vendor_id)
    if kept is not None or profile is None:
        return kept
    digest = _digest(metadata, body, rule_of(profile.digest_without))
    if digest is None:
        return None
    key = IdempotencyKey(metadata.vendor_id, metadata.external_event_id)
    return app.quarantine.get(metadata.vendor_id, conflict_id(key, digest))


def _digest(metadata: RawMetadata, body: bytes, rule: str) -> str | None:
    """The payload digest of the delivery; None where its bytes can no longer be read."""
    try:
        document = parse(body)
        payload = document["payload"] if metadata.source is Source.ENVELOPE else document
    except (JsonError, LookupError, TypeError):
        return None
    return payload_digest(rule, metadata.event_type, metadata.occurred_at, payload)


def is_correction(app: Application, row: IngestRecord) -> bool:
    """Whether the event was a conflict first, so that another one was the event before it."""
    kept = app.quarantine.get(row.key.vendor_id, conflict_id(row.key, row.payload_digest))
    return kept is not None and kept.ingest_id == row.ingest_id


def _finding(problem: Problem, metadata: RawMetadata, detail: str = "") -> Finding:
    return Finding(problem, metadata.vendor_id, metadata.external_event_id, metadata.ingest_id, detail)
