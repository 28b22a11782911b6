"""Entry point of the schedules: send again what is left behind; audit what should have arrived long ago.

The schedule of the sweep says nothing. That of the audit says ``{"audit": {}}``; who looks for more names a window, as
for a replay: ``{"audit": {"vendorId": "acme", "receivedFrom": "2026-01-30T00:00:00Z", "receivedBefore": ...}}``.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from handlers.core import auditing, sweeping
from handlers.core.auditing import Window
from handlers.remaining import unlimited
from handlers.values import PermanentError

if TYPE_CHECKING:
    from handlers.application import Application
    from handlers.core.audit_report import AuditReport
    from handlers.core.sweeping import SweepReport
    from handlers.remaining import RemainingTime

log = logging.getLogger("dvss.steward")
AUDIT_DELAY = timedelta(hours=1)
"""After so long an event has ended its way, or something is wrong with it."""
AUDIT_WINDOW = timedelta(minutes=5)
"""How much of a vendor's events one audit of the schedule looks at, and how often it comes."""
MOST_LOGGED = 100
_HOW_TO_ASK = (
    'The audit is not started. Ask for {"audit": {}}, or in it for "vendorId", "receivedFrom" and "receivedBefore", '
    "times with their offset."
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class AuditRequestError(PermanentError):
    """The event asks for no audit; the message says what is wrong with it."""


def sweep(app: Application, *, everything: bool = False, remaining: RemainingTime = unlimited) -> SweepReport:
    """One sweep of markers and outbox; ``everything`` at the start of a process that lost its queues.

    What it found is counted, zeros too: a steward that is not heard of is an alarm of its own.
    """
    report = sweeping.sweep(app, everything=everything, remaining=remaining)
    app.metrics.count("dvss.steward.resent", report.sent)
    app.metrics.count("dvss.steward.parked", report.parked)
    app.metrics.count("dvss.steward.republished", report.published)
    if report.parked:
        log.error("%d events are parked: they were sent again too often", report.parked)
    if report.sent or report.published:
        log.info("sent %d events and published %d messages again", report.sent, report.published)
    if report.is_cut:
        log.warning("the time is up; the next sweep goes on")
    return report


def audit(
    app: Application, window: Window | None = None, *, remaining: RemainingTime = unlimited, readers: int = 1
) -> AuditReport:
    """Audit a window; without one those five minutes, of every vendor, that ended an hour ago or a little more.

    What is found is counted and logged, and what the time did not suffice for is told: ``dvss audit`` looks at it.
    """
    window = window or due_window(app.clock.now())
    report = auditing.audit(app, window, remaining=remaining, readers=readers)
    app.metrics.count("dvss.audit.events", report.events)
    app.metrics.count("dvss.audit.findings", report.found)
    app.metrics.count("dvss.audit.unfinished", len(report.unfinished))
    for one in report.findings[:MOST_LOGGED]:
        extra = {
            "code": one.problem,
            "vendorId": one.vendor_id,
            "externalEventId": one.external_event_id,
            "ingestId": one.ingest_id,
        }
        log.error("an audit found what breaks a promise", extra=extra)
    if report.found > MOST_LOGGED:
        log.error("an audit found more than is logged", extra={"count": report.found})
    for vendor_id in report.unfinished:
        log.warning("the time was up before the audit of a vendor was done", extra={"vendorId": vendor_id})
    return report


def due_window(now: datetime) -> Window:
    """What the schedule's next audit looks at: windows that follow each other, whenever exactly it starts."""
    end = now - AUDIT_DELAY
    end -= (end - _EPOCH) % AUDIT_WINDOW
    return Window(received_from=end - AUDIT_WINDOW, received_before=end)


def read_window(asked: Any) -> Window | None:
    """The window that an event names; None where it names none. Raises AuditRequestError."""
    if not isinstance(asked, dict) or asked.keys() - {"vendorId", "receivedFrom", "receivedBefore"}:
        raise AuditRequestError(_HOW_TO_ASK)
    try:
        moments = {name: datetime.fromisoformat(asked[name]) for name in asked if name != "vendorId"}
    except (TypeError, ValueError) as error:
        raise AuditRequestError(_HOW_TO_ASK) from error
    if any(moment.tzinfo is None for moment in moments.values()):
        raise AuditRequestError(_HOW_TO_ASK)
    if not asked:
        return None
    start, end = moments.get("receivedFrom"), moments.get("receivedBefore")
    return Window(vendor_id=asked.get("vendorId"), received_from=start, received_before=end)
