"""Sending again what was left behind: markers without a terminal transaction, outbox rows without a publication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from handlers.core.messages import accepted_message
from handlers.core.outbox import publish
from handlers.remaining import MARGIN, unlimited
from handlers.values import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.application import Application
    from handlers.remaining import RemainingTime
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
    is_cut: bool = False
    """The time was up before everything was looked at; the next sweep goes on."""


def sweep(app: Application, *, everything: bool = False, remaining: RemainingTime = unlimited) -> SweepReport:
    """One sweep. ``everything``: also what is not due yet, for a start after which no message is left in any lane.

    No page is begun when ``remaining`` is short: a marker that is claimed and not sent waits for its next turn.
    """
    now = app.clock.now()
    report = SweepReport()
    if everything:
        for lane in Lane:
            _send_again(app, lane, now, report)
    else:
        # A lane that is behind is not one that lost its messages; sending them again would only lengthen it.
        behind = tuple(lane for lane in Lane if app.lanes.oldest_message_age(lane) > BACKLOG_AGE)
        report.lanes_with_backlog = behind
        _sweep_markers(app, [lane for lane in Lane if lane not in behind], now, report, remaining)
    _sweep_outbox(app, _FOREVER if everything else now - OUTBOX_AGE, report, remaining)
    return report


def _has_time(report: SweepReport, remaining: RemainingTime) -> bool:
    report.is_cut = remaining() < MARGIN
    return not report.is_cut


def _send_again(app: Application, lane: Lane, started: datetime, report: SweepReport) -> None:
    """Send what a lane held when it was lost. No marker is claimed: a restart is no sign that an event is stuck."""
    last: IngestRecord | None = None
    while page := app.index.due(_FOREVER, PAGE, lanes=[lane], after=last):
        # What was accepted since is in its lane.
        lost = [record for record in page if record.received_at <= started]
        refused = app.bus.publish([accepted_message(record) for record in lost]) if lost else []
        report.sent += len(lost) - len(refused)
        if refused or len(page) < PAGE:
            return
        last = page[-1]


def _sweep_markers(
    app: Application, lanes: Sequence[Lane], now: datetime, report: SweepReport, remaining: RemainingTime
) -> None:
    # A claim moves the marker behind ``now``, so that each page begins with what is left.
    while _has_time(report, remaining) and (page := app.index.due(now, PAGE, lanes=lanes)):
        parked_before = report.parked
        claimed = [record for record in page if _claim(app, record, now, report)]
        refused = app.bus.publish([accepted_message(record) for record in claimed]) if claimed else []
        report.sent += len(claimed) - len(refused)
        is_progress = claimed or report.parked > parked_before
        if not is_progress or len(page) < PAGE:
            return


def _claim(app: Application, record: IngestRecord, now: datetime, report: SweepReport) -> bool:
    """Take the marker; True if its message is to be sent."""
    if record.attempts >= MAX_ATTEMPTS:
        report.parked += app.index.claim(record, next_at=None)
        return False
    return app.index.claim(record, next_at=now + min(INTERVAL * 2**record.attempts, MOST))


def _sweep_outbox(app: Application, before: datetime, report: SweepReport, remaining: RemainingTime) -> None:
    lost = 0
    # What has lost its normalized object stays, older than what waits behind it.
    while _has_time(report, remaining) and (page := app.outbox.pending(before, lost + PAGE)[lost:]):
        published, refused = publish(app, page, {})
        report.published += published
        if refused:
            return
        lost += len(page) - published
