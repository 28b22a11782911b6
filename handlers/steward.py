"""Entry point of the schedule: send again what is left behind."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from handlers.core import sweeping
from handlers.remaining import unlimited

if TYPE_CHECKING:
    from handlers.application import Application
    from handlers.core.sweeping import SweepReport
    from handlers.remaining import RemainingTime

log = logging.getLogger("dvss.steward")


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
