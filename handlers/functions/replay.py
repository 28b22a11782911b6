"""The Lambda function that an operator invokes to replay events."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import replay
from handlers.bootstrap import start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.bootstrap import Context

RUNTIME = start(services=("dynamodb", "events"))


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """How many events had which outcome; see ``handlers.replay``."""
    with RUNTIME.invocation(context) as remaining:
        return replay.answer(event, RUNTIME.application, remaining)
