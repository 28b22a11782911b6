"""RFC 9457 answers for what never reaches the entry point."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

TITLES = {
    400: "The request is not understood",
    401: "The credential is missing or unknown",
    403: "The credential does not allow this",
    404: "Not found",
    405: "The method is not allowed",
    413: "The body is too large",
    500: "An error on our side",
    503: "Not ready",
}


def problem(status: int, code: str, detail: str, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    document = {"type": "about:blank", "title": TITLES[status], "status": status, "detail": detail, "code": code}
    return Response(
        json.dumps(document | {"requestId": request_id}),
        status_code=status,
        media_type="application/problem+json",
        headers=dict(headers or {}),
    )
