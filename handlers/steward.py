"""Entry point of the schedule: send again what is left behind."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from handlers.core import sweeping

if TYPE_CHECKING:
    from handlers.application import Application
    from handlers.core.sweeping import SweepReport

log = logging.getLogger("dvss.steward")


def sweep(app: Application, *, everything: bool = False) -> SweepReport:
    """One sweep of markers and outbox; ``everything`` at the start of a process that lost its queues."""
    report = sweeping.sweep(app, everything=everything)
    if report.parked:
        log.error("%d events are parked: they were sent again too often", report.parked)
    if report.sent or report.published:
        log.info("sent %d events and published %d messages again", report.sent, report.published)
    return report
