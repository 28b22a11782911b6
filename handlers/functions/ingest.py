"""The Lambda function behind the REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handlers import ingest
from handlers.bootstrap import start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.bootstrap import Context

RUNTIME = start(services=("dynamodb", "s3", "events"))


def handler(event: Mapping[str, Any], context: Context) -> dict[str, Any]:
    """The proxy response to an API Gateway REST proxy event."""
    with RUNTIME.invocation(context):
        return ingest.answer(event, RUNTIME.application)
