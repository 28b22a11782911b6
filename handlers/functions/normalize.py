"""The Lambda function behind the lanes' queues."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import normalize
from handlers.bootstrap import start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.bootstrap import Context

RUNTIME = start(services=("dynamodb", "s3", "events"), maps=True)


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The partial batch response to an SQS event."""
    with RUNTIME.invocation(context) as remaining:
        return normalize.answer(event, RUNTIME.application, remaining)
