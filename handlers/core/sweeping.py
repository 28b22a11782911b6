"""Sending again what was left behind: markers without a terminal transaction, outbox rows without a publication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from handlers.core.messages import accepted_message
from handlers.core.outbox import publish
from handlers.values import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.application import Application
    from handlers.values import IngestRecord

INTERVAL = timedelta(seconds=120)
MOST = timedelta(hours=6)
MAX_ATTEMPTS = 12
"""After these an event is parked: something is wrong that sending again does not mend."""
BACKLOG_AGE = timedelta(seconds=120)
OUTBOX_AGE = timedelta(seconds=60)
PAGE = 500
_FOREVER = datetime.max.replace(tzinfo=UTC)


@dataclass(slots=True)
class SweepReport:
    """What one sweep did."""

    sent: int = 0
    parked: int = 0
    published: int = 0
    lanes_with_backlog: tuple[Lane, ...] = ()


def sweep(app: Application, *, everything: bool = False) -> SweepReport:
    """One sweep. ``everything``: also what is not due yet, for a start after which no message is left in any lane."""
    now = app.clock.now()
    # A lane that is behind is not one that lost its messages; sending them again would only lengthen it.
    behind = tuple(lane for lane in Lane if app.lanes.oldest_message_age(lane) > BACKLOG_AGE)
    report = SweepReport(lanes_with_backlog=behind)
    lanes = [lane for lane in Lane if lane not in behind]
    _sweep_markers(app, lanes, _FOREVER if everything else now, report)
    _sweep_outbox(app, _FOREVER if everything else now - OUTBOX_AGE, report)
    return report


def _sweep_markers(app: Application, lanes: Sequence[Lane], before: datetime, report: SweepReport) -> None:
    started = app.clock.now()
    last: IngestRecord | None = None
    # A claim moves a marker ahead, where a sweep of everything meets it again: each event is visited once.
    visited: set[str] = set()
    while page := app.index.due(before, PAGE, lanes=lanes, after=last):
        waiting = [one for one in page if one.received_at <= started and one.ingest_id not in visited]
        visited.update(record.ingest_id for record in waiting)
        claimed = [record for record in waiting if _claim(app, record, report)]
        if claimed:
            refused = app.bus.publish([accepted_message(record) for record in claimed])
            report.sent += len(claimed) - len(refused)
        last = page[-1]
        if len(page) < PAGE:
            # What comes after it was accepted meanwhile and is in its lane.
            return


def _claim(app: Application, record: IngestRecord, report: SweepReport) -> bool:
    """Take the marker; True if its message is to be sent."""
    if record.attempts >= MAX_ATTEMPTS:
        report.parked += app.index.claim(record, next_at=None)
        return False
    return app.index.claim(record, next_at=app.clock.now() + min(INTERVAL * 2**record.attempts, MOST))


def _sweep_outbox(app: Application, before: datetime, report: SweepReport) -> None:
    while page := app.outbox.pending(before, PAGE):
        published = publish(app, page, {})
        report.published += published
        if published < len(page):
            return
