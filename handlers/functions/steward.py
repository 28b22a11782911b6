"""The Lambda function of the schedules."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from handlers import steward
from handlers.bootstrap import start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.bootstrap import Context

RUNTIME = start(services=("dynamodb", "cloudwatch"))


READERS = 16
"""As many calls at once as a client has connections."""


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """What one sweep did, or one audit found. Raises AuditRequestError."""
    with RUNTIME.invocation(context) as remaining:
        if "audit" not in event:
            return asdict(steward.sweep(RUNTIME.application, remaining=remaining))
        window = steward.read_window(event["audit"])
        report = steward.audit(RUNTIME.application, window, remaining=remaining, readers=READERS)
        return {
            "events": report.events,
            "findings": report.found,
            "orphans": len(report.orphans),
            "unfinished": list(report.unfinished),
        }
