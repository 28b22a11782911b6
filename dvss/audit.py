"""An audit of a deployment: of its stores, of its feed where it has one, and of what senders were told."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from handlers.core import auditing
from handlers.core.audited_events import finding
from handlers.core.auditing import UNSETTLED, Window
from handlers.core.findings import Finding, Problem
from handlers.core.orphans import is_correction
from handlers.system import ulid_moment
from handlers.values import IdempotencyKey, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from dvss.deployment import Deployment
    from dvss.embedded.feed import Feed
    from handlers.application import Application
    from handlers.core.audit_report import AuditReport
    from handlers.values import IngestRecord

PAGE = 1_000
MOST_OUTBOX_RECORDS = 10_000_000
REMOTE_READERS = 16
"""As many calls at once as a client has connections."""


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """One answer that a sender holds."""

    key: IdempotencyKey
    ingest_id: str


type EventRevision = tuple[str, int]


def audit(
    deployment: Deployment,
    acknowledgements: Iterable[Acknowledgement] = (),
    window: Window | None = None,
    *,
    unsettled: timedelta = UNSETTLED,
) -> AuditReport:
    """Look at every event and raw object of the window, at the feed, and at all acknowledgements.

    The pipeline may run meanwhile: what is looked at later is what an event reaches later.
    """
    app, feed = deployment.application, deployment.feed
    window = window or Window()
    readers = REMOTE_READERS if feed is None else 1
    report = auditing.audit(app, window, readers=readers, unsettled=unsettled)
    if feed is not None:
        _look_at_feed(app, feed, window, report)
    _look_at_acknowledgements(app, acknowledgements, report)
    report.findings.sort()
    return report


def _look_at_feed(app: Application, feed: Feed, window: Window, report: AuditReport) -> None:
    # Rows, outbox, feed: an event that leaves the one between both looks is found in the next.
    expected = {
        (PurePosixPath(version.key).stem, record.revision): record
        for record in _records(app, window)
        if record.status is Status.NORMALIZED
        for version in record.normalized
    }
    any_age = app.clock.now() + timedelta(days=1)
    waiting = {(entry.event_id, entry.revision) for entry in app.outbox.pending(any_age, MOST_OUTBOX_RECORDS)}
    report.outbox = len(waiting)
    published: Counter[EventRevision] = Counter()
    for event in _published(feed, window):
        name = event["eventId"], event["revision"]
        published[name] += 1
        key = IdempotencyKey(event["vendorId"], event["externalEventId"])
        # An earlier revision is not expected, but its event must be known.
        if name not in expected and not app.index.read([key], consistent=True):
            report.add(_feed_finding(Problem.PUBLISHED_UNKNOWN, event))
        if published[name] > 1:
            report.add(_feed_finding(Problem.PUBLISHED_TWICE, event))
    report.feed_entries = published.total()
    for name, record in expected.items():
        if name not in published and name not in waiting:
            report.add(finding(Problem.NOT_PUBLISHED, record, name[0]))


def _records(app: Application, window: Window) -> Iterator[IngestRecord]:
    after = None
    while page := app.queries.events(
        vendor_id=window.vendor_id,
        received_from=window.received_from,
        received_before=window.received_before,
        after=after,
        limit=PAGE,
    ):
        yield from page
        after = page[-1].ingest_id


def _published(feed: Feed, window: Window) -> Iterator[dict[str, Any]]:
    seq = 0
    while page := feed.after(seq, PAGE):
        for entry in page:
            event = json.loads(entry.detail)
            if window.holds(event["vendorId"], ulid_moment(event["ingestId"])):
                yield event
        seq = page[-1].seq


def _feed_finding(problem: Problem, event: Mapping[str, Any]) -> Finding:
    detail = f"{event['eventId']} revision {event['revision']}"
    return Finding(problem, event["vendorId"], event["externalEventId"], event["ingestId"], detail)


def _look_at_acknowledgements(
    app: Application, acknowledgements: Iterable[Acknowledgement], report: AuditReport
) -> None:
    for acknowledgement in acknowledgements:
        report.acknowledged += 1
        key = acknowledgement.key
        record = app.index.read([key], consistent=True).get(key)
        if record is None:
            ingest_id = acknowledgement.ingest_id
            report.add(Finding(Problem.ACK_UNKNOWN, key.vendor_id, key.external_event_id, ingest_id))
        elif record.ingest_id != acknowledgement.ingest_id and not is_correction(app, record):
            report.add(finding(Problem.ACK_OTHER_INGEST_ID, record, acknowledgement.ingest_id))
