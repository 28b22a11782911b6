"""What those who run the pipeline may ask: the feed, readiness, metrics. Each request needs an operator's key."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse, Response

from dvss.server.problems import problem
from handlers.values import Role

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.types import Scope

    from dvss.server.node import Node

type Query = Mapping[str, str]

MOST_ENTRIES = 1_000
DEFAULT_ENTRIES = 100
LARGEST_SEQUENCE = 2**53 - 1


@dataclass(frozen=True, slots=True)
class OperatorRequest:
    """What an operator route needs of a request."""

    api_key: str | None = field(repr=False)
    query: Query
    request_id: str


def request_of(scope: Scope) -> OperatorRequest:
    """The request of an ASGI scope. A header that comes twice counts as missing: two keys are no credential."""
    keys = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-api-key"]
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return OperatorRequest(keys[0] if len(keys) == 1 else None, query, scope["state"]["request_id"])


type OperatorRoute = Callable[[Node, OperatorRequest], Response]


def answer(route: OperatorRoute, node: Node, request: OperatorRequest) -> Response:
    """The route's answer to an operator, and a refusal to everybody else."""
    refusal = _refusal(node, request)
    return refusal or route(node, request)


def _refusal(node: Node, request: OperatorRequest) -> Response | None:
    application = node.deployment.application
    digest = hashlib.sha256((request.api_key or "").encode("latin-1")).hexdigest()
    principal = application.credentials.principal(digest, application.clock.now()) if request.api_key else None
    if principal is None:
        detail = "Send a valid API key in the header x-api-key."
        return problem(401, "UNAUTHENTICATED", detail, request.request_id)
    if principal.role is not Role.OPERATOR:
        detail = "This API key may not do this. Use one of the other kind."
        return problem(403, "FORBIDDEN", detail, request.request_id)
    return None


def feed(node: Node, request: OperatorRequest) -> Response:
    """A page of canonical events."""
    after = _integer(request.query.get("after", "0"), 0, LARGEST_SEQUENCE)
    if after is None:
        return _parameter_invalid("after", 0, LARGEST_SEQUENCE, request)
    limit = _integer(request.query.get("limit", str(DEFAULT_ENTRIES)), 1, MOST_ENTRIES)
    if limit is None:
        return _parameter_invalid("limit", 1, MOST_ENTRIES, request)
    entries = node.deployment.backend.feed.after(after, limit)
    # The events are JSON already: spliced in, their numbers stay as they are.
    items = ",".join(f'{{"seq":{entry.seq},"event":{entry.detail.decode()}}}' for entry in entries)
    following = entries[-1].seq if entries else after
    return Response(f'{{"entries":[{items}],"next":{following}}}', media_type="application/json")


def _integer(text: str, least: int, most: int) -> int | None:
    # int() would take blanks, underscores, signs and other scripts' digits, and thousands of them.
    plain = text.isascii() and text.isdigit() and len(text) <= len(str(most))
    return int(text) if plain and least <= int(text) <= most else None


def _parameter_invalid(name: str, least: int, most: int, request: OperatorRequest) -> Response:
    detail = f"{name} must be an integer from {least} to {most}."
    return problem(400, "PARAMETER_INVALID", detail, request.request_id)


def ready(node: Node, request: OperatorRequest) -> Response:
    """READY where the stores take writes and every worker runs."""
    reason = node.not_ready()
    if reason is not None:
        return problem(503, "UNAVAILABLE", reason, request.request_id, {"retry-after": "1"})
    return JSONResponse({"status": "READY"})


def metrics(node: Node, _request: OperatorRequest) -> Response:
    return Response(node.deployment.metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


ROUTES: Mapping[str, OperatorRoute] = {"/v1/feed": feed, "/v1/ready": ready, "/metrics": metrics}
