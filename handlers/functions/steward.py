"""The Lambda function of the schedule."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from handlers import steward
from handlers.bootstrap import start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.bootstrap import Context

RUNTIME = start(services=("dynamodb", "cloudwatch"))


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """What one sweep did. The event says nothing but that it is time."""
    del event
    with RUNTIME.invocation(context) as remaining:
        return asdict(steward.sweep(RUNTIME.application, remaining=remaining))
