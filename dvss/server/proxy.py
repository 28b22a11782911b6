"""HTTP to API Gateway REST proxy events and back: the entry point sees here what it sees in AWS."""

from __future__ import annotations

from base64 import b64decode, b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.responses import Response

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import Receive, Scope

# A refused body up to this size is read and dropped, so that its sender sees the answer and not a reset connection.
DRAINED_BODY_BYTES = 16 * 1024 * 1024


class BodyTooLargeError(Exception):
    """More bytes were announced or sent than the route takes."""

    def __init__(self, declared_bytes: int | None) -> None:
        super().__init__(declared_bytes)
        self.close_connection = declared_bytes is None or declared_bytes > DRAINED_BODY_BYTES


class ClientGoneError(Exception):
    """The client closed the connection before its body was complete."""


async def read_body(content_length: str, most: int, receive: Receive) -> bytes:
    """The whole body, of ``most`` bytes. Raises BodyTooLargeError as soon as it is known to be too large."""
    declared = int(content_length) if content_length.isdigit() else None
    if declared is not None and declared > most:
        raise BodyTooLargeError(declared)
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGoneError
        body += message.get("body", b"")
        if len(body) > most:
            raise BodyTooLargeError(declared)
        more = message.get("more_body", False)
    return bytes(body)


def header_lists(scope: Scope) -> dict[str, list[str]]:
    """Every header's values in order, names in lower case."""
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
    return found


def proxy_event(scope: Scope, resource: str, header_values: dict[str, list[str]], body: bytes) -> dict[str, Any]:
    """The REST proxy event of a request. The body is always in base64, so that its bytes stay exact."""
    return {
        "httpMethod": scope["method"],
        "resource": resource,
        "path": scope["path"],
        # The route was matched on the undecoded path: an id may hold "%2F".
        "pathParameters": {name: unquote(value) for name, value in scope["path_params"].items()} or None,
        "headers": {name: values[-1] for name, values in header_values.items()},
        "multiValueHeaders": header_values,
        "body": b64encode(body).decode("ascii") if body else None,
        "isBase64Encoded": bool(body),
        "requestContext": {
            "requestId": scope["state"]["request_id"],
            "authorizer": {"admitted": scope["state"]["admitted"]},
        },
    }


def http_response(answer: Mapping[str, Any]) -> Response:
    """The HTTP response of a proxy answer."""
    body = answer.get("body") or ""
    content = b64decode(body) if answer.get("isBase64Encoded") else body.encode()
    return Response(content, status_code=answer["statusCode"], headers=dict(answer.get("headers") or {}))
