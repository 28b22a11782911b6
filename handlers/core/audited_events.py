"""How an event stands against the promise, as an audit sees it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from handlers.core.findings import Finding, Problem
from handlers.core.raw_objects import read_manifest
from handlers.values import RawMissingError, Status

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from handlers.application import Application
    from handlers.raw_metadata import RawMetadata
    from handlers.values import ClaimCheck, IngestRecord, ObjectVersion

OVERDUE = timedelta(hours=1)
"""So long after its time a marker, or an outbox message, is a sign that nobody sweeps."""
_LOOKS = 3
"""An event that is another one at each look is on its way, and not lost."""


@dataclass(frozen=True, slots=True)
class AuditedEvent:
    """One event as it stands."""

    record: IngestRecord
    findings: tuple[Finding, ...]

    @property
    def problems(self) -> set[Problem]:
        return {finding.problem for finding in self.findings}


@dataclass(frozen=True, slots=True)
class AuditedObject:
    """The events of one raw object."""

    events: tuple[AuditedEvent, ...]
    others: tuple[tuple[RawMetadata, bytes], ...] = ()
    """Deliveries that its manifest names besides them, with the bytes of each."""


def look_at_object(app: Application, records: Sequence[IngestRecord]) -> AuditedObject:
    """The events, all of one raw object. One whose row is gone meanwhile is not among them."""
    now = app.clock.now()
    first = records[0].raw
    whole = whole_object(app, first)
    events = tuple(event for record in records if (event := _confirmed(app, record, whole, now)) is not None)
    if whole is None or first.offset is None:
        return AuditedObject(events)
    own = {event.record.ingest_id for event in events}
    return AuditedObject(events, tuple(one for one in read_manifest(whole) or () if one[0].ingest_id not in own))


def _confirmed(app: Application, record: IngestRecord, whole: bytes | None, now: datetime) -> AuditedEvent | None:
    """The event, looked at anew for as long as it is wrong and changes."""
    for _ in range(_LOOKS):
        findings = tuple(_findings(app, record, whole, now))
        if not findings:
            break
        row = app.index.read([record.key], consistent=True).get(record.key)
        if row is None or row.ingest_id != record.ingest_id:
            return None
        if row == record:
            return AuditedEvent(record, findings)
        record = row
    return AuditedEvent(record, ())


def _findings(app: Application, record: IngestRecord, whole: bytes | None, now: datetime) -> Iterator[Finding]:
    problem = raw_problem(record.raw, whole)
    if problem is not None:
        yield finding(problem, record, record.raw.key)
    for version in record.normalized:
        yield from _normalized_findings(app, record, version)
    if record.parked:
        yield finding(Problem.PARKED, record)
    elif record.dispatch_at is not None:
        if record.dispatch_at < now - OVERDUE:
            yield finding(Problem.NOT_SWEPT, record, f"since {record.dispatch_at:%Y-%m-%dT%H:%M:%SZ}")
    elif record.status is Status.RECEIVED:
        yield finding(Problem.NO_MARKER, record)
    elif record.status is Status.FAILED_NORMALIZE:
        kept = app.quarantine.get(record.key.vendor_id, record.ingest_id)
        if kept is None or kept.released_at is not None:
            yield finding(Problem.NOT_QUARANTINED, record)


def finding(problem: Problem, record: IngestRecord, detail: str = "") -> Finding:
    return Finding(problem, record.key.vendor_id, record.key.external_event_id, record.ingest_id, detail)


def whole_object(app: Application, raw: ClaimCheck) -> bytes | None:
    """The object that holds the claim check's bytes; None where there is none."""
    try:
        return app.raw.get(replace(raw, offset=None, length=None))
    except RawMissingError:
        return None


def raw_problem(raw: ClaimCheck, whole: bytes | None) -> Problem | None:
    """What is wrong with the bytes that a claim check names; ``whole`` is the object that should hold them."""
    if whole is None:
        return Problem.RAW_MISSING
    body = whole
    if raw.offset is not None and raw.length is not None:
        body = whole[raw.offset : raw.offset + raw.length]
    return None if sha256(body).hexdigest() == raw.sha256 else Problem.RAW_DIGEST_MISMATCH


def _normalized_findings(app: Application, record: IngestRecord, version: ObjectVersion) -> Iterator[Finding]:
    try:
        body = app.normalized.get(version.key, version.version_id)
    except KeyError:
        yield finding(Problem.NORMALIZED_OBJECT_MISSING, record, version.key)
        return
    if sha256(body).hexdigest() != version.sha256:
        yield finding(Problem.NORMALIZED_DIGEST_MISMATCH, record, version.key)
