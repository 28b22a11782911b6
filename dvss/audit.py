"""Whether every acknowledged event is where the promise says: normalized, quarantined or pending."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from dvss.findings import Finding, Problem
from handlers.values import IdempotencyKey, RawMissingError, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dvss.bootstrap import LocalDeployment
    from handlers.values import IngestRecord, ObjectVersion, QuarantineRecord

PAGE = 1_000
MOST_OUTBOX_RECORDS = 10_000_000


@dataclass(slots=True)
class AuditReport:
    events: int = 0
    acknowledged: int = 0
    """Acknowledgements that were given to the audit."""
    normalized: int = 0
    quarantined: int = 0
    pending: int = 0
    conflicts: int = 0
    """Open ones: a second payload under a used id, kept in quarantine."""
    canonical_events: int = 0
    feed_entries: int = 0
    outbox: int = 0
    orphans: list[str] = field(default_factory=list)
    """Raw objects that no event names: what a crash before the index row leaves behind. Harmless."""
    findings: list[Finding] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One answer that a sender holds."""

    key: IdempotencyKey
    ingest_id: str


type EventRevision = tuple[str, int]


def audit(deployment: LocalDeployment, acknowledgements: Iterable[Acknowledgement] = ()) -> AuditReport:
    """Look at every event, every raw object and the whole feed.

    The pipeline may run meanwhile: what is looked at later is what an event reaches later.
    """
    report = AuditReport()
    raw_keys_before = {entry.key for entry in deployment.application.raw.entries("raw/")}
    expected: dict[EventRevision, IngestRecord] = {}
    used_raw_keys: set[str] = set()
    for record in _records(deployment):
        _look_at(record, deployment, report, expected)
        used_raw_keys.add(record.raw.key)
    conflicts = _look_at_quarantine(deployment, report, used_raw_keys)
    _look_at_feed(deployment, report, expected)
    _look_at_acknowledgements(acknowledgements, deployment, report, conflicts)
    report.orphans = sorted(raw_keys_before - used_raw_keys)
    report.findings.sort()
    return report


def _records(deployment: LocalDeployment) -> Iterator[IngestRecord]:
    after = None
    while page := deployment.application.queries.events(
        vendor_id=None, received_from=None, received_before=None, after=after, limit=PAGE
    ):
        yield from page
        after = page[-1].ingest_id


def _finding(problem: Problem, record: IngestRecord, detail: str = "") -> Finding:
    return Finding(problem, record.key.vendor_id, record.key.external_event_id, record.ingest_id, detail)


def _look_at(
    record: IngestRecord, deployment: LocalDeployment, report: AuditReport, expected: dict[EventRevision, IngestRecord]
) -> None:
    report.events += 1
    report.findings += _raw_findings(record, deployment)
    if record.dispatch_at is not None:
        report.pending += 1
        if record.parked:
            report.findings.append(_finding(Problem.PARKED, record))
    if record.status is Status.NORMALIZED:
        report.normalized += record.dispatch_at is None
        report.canonical_events += len(record.normalized)
        for version in record.normalized:
            report.findings += _normalized_findings(record, version, deployment)
            expected[PurePosixPath(version.key).stem, record.revision] = record
    elif record.dispatch_at is None and record.status is Status.RECEIVED:
        report.findings.append(_finding(Problem.NO_MARKER, record))
    elif record.status is Status.FAILED_NORMALIZE:
        report.quarantined += 1
        kept = deployment.application.quarantine.get(record.key.vendor_id, record.ingest_id)
        if (kept is None or kept.released_at is not None) and not _has_moved_on(record, deployment):
            report.findings.append(_finding(Problem.NOT_QUARANTINED, record))


def _has_moved_on(record: IngestRecord, deployment: LocalDeployment) -> bool:
    """Whether an event was released while the audit looked at it."""
    now = deployment.application.index.read([record.key], consistent=True).get(record.key)
    return now is not None and now.generation != record.generation


def _raw_findings(record: IngestRecord, deployment: LocalDeployment) -> Iterator[Finding]:
    try:
        body = deployment.application.raw.get(record.raw)
    except RawMissingError:
        yield _finding(Problem.RAW_MISSING, record, record.raw.key)
        return
    if sha256(body).hexdigest() != record.raw.sha256:
        yield _finding(Problem.RAW_DIGEST_MISMATCH, record, record.raw.key)


def _normalized_findings(
    record: IngestRecord, version: ObjectVersion, deployment: LocalDeployment
) -> Iterator[Finding]:
    try:
        body = deployment.application.normalized.get(version.key, version.version_id)
    except KeyError:
        yield _finding(Problem.NORMALIZED_OBJECT_MISSING, record, version.key)
        return
    if sha256(body).hexdigest() != version.sha256:
        yield _finding(Problem.NORMALIZED_DIGEST_MISMATCH, record, version.key)


def _look_at_quarantine(
    deployment: LocalDeployment, report: AuditReport, used_raw_keys: set[str]
) -> Mapping[str, QuarantineRecord]:
    """Count the open conflicts; returns the released ones by ingest id."""
    released = {}
    after = None
    while page := deployment.application.quarantine.records(
        vendor_id=None, include_released=True, after=after, limit=PAGE
    ):
        for kept in page:
            used_raw_keys.add(kept.raw.key)
            if kept.item_id != kept.ingest_id:
                report.conflicts += kept.released_at is None
                if kept.released_at is not None:
                    released[kept.ingest_id] = kept
        after = f"{page[-1].vendor_id}/{page[-1].item_id}"
    return released


def _look_at_feed(
    deployment: LocalDeployment, report: AuditReport, expected: Mapping[EventRevision, IngestRecord]
) -> None:
    # The outbox before the feed: an event that leaves the one between both looks is found in the other.
    any_age = deployment.application.clock.now() + timedelta(days=1)
    outbox = deployment.application.outbox.pending(any_age, MOST_OUTBOX_RECORDS)
    waiting = {(entry.event_id, entry.revision) for entry in outbox}
    report.outbox = len(waiting)
    published: Counter[EventRevision] = Counter()
    for event in _feed(deployment):
        name = event["eventId"], event["revision"]
        published[name] += 1
        key = IdempotencyKey(event["vendorId"], event["externalEventId"])
        # An earlier revision is not expected, but its event must be known.
        if name not in expected and not deployment.application.index.read([key], consistent=True):
            report.findings.append(_feed_finding(Problem.PUBLISHED_UNKNOWN, event))
        if published[name] > 1:
            report.findings.append(_feed_finding(Problem.PUBLISHED_TWICE, event))
    report.feed_entries = published.total()
    for name, record in expected.items():
        if name not in published and name not in waiting:
            report.findings.append(_finding(Problem.NOT_PUBLISHED, record, name[0]))


def _feed(deployment: LocalDeployment) -> Iterator[dict[str, Any]]:
    seq = 0
    while page := deployment.backend.feed.after(seq, PAGE):
        yield from (json.loads(entry.detail) for entry in page)
        seq = page[-1].seq


def _feed_finding(problem: Problem, event: dict[str, Any]) -> Finding:
    detail = f"{event['eventId']} revision {event['revision']}"
    return Finding(problem, event["vendorId"], event["externalEventId"], event["ingestId"], detail)


def _look_at_acknowledgements(
    acknowledgements: Iterable[Acknowledgement],
    deployment: LocalDeployment,
    report: AuditReport,
    corrections: Mapping[str, QuarantineRecord],
) -> None:
    for acknowledgement in acknowledgements:
        report.acknowledged += 1
        key = acknowledgement.key
        record = deployment.application.index.read([key], consistent=True).get(key)
        if record is None:
            report.findings.append(
                Finding(Problem.ACK_UNKNOWN, key.vendor_id, key.external_event_id, acknowledgement.ingest_id)
            )
        elif record.ingest_id != acknowledgement.ingest_id and record.ingest_id not in corrections:
            report.findings.append(_finding(Problem.ACK_OTHER_INGEST_ID, record, acknowledgement.ingest_id))
