"""RFC 9457 answers for what never reaches the entry point."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping


def problem(status: int, code: str, detail: str, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """An answer that says what is wrong, with the stable ``code`` that the contract lists."""
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "requestId": request_id,
    }
    return Response(
        json.dumps(document), status_code=status, media_type="application/problem+json", headers=dict(headers or {})
    )
