"""The HTTP surface: contract routes go to the ingest entry point, operator routes are answered here."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Route

import generated
from dvss.server import operator
from dvss.server.admission import NOBODY, OPERATORS, Admission, RequestThreads
from dvss.server.problems import problem
from dvss.server.proxy import (
    BodyTooLargeError,
    ClientGoneError,
    header_lists,
    http_response,
    proxy_event,
    read_body,
)
from handlers import ingest
from handlers.core.envelopes import MAX_BATCH_BYTES, MAX_EVENT_BYTES

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from dvss.server.node import Node

VENDOR_ROUTES = (
    ("POST", "/v1/events", MAX_EVENT_BYTES),
    ("POST", "/v1/events/batch", MAX_BATCH_BYTES),
    ("POST", "/v1/webhooks/{vendorId}/{topic}", MAX_EVENT_BYTES),
    ("GET", "/v1/events/{externalEventId}", MAX_EVENT_BYTES),
    ("GET", "/v1/health", MAX_EVENT_BYTES),
)
"""Method, path, and the bytes that a body may have: a stranger's, too, is in memory before anybody is known."""
EVENTS = "/v1/events"
"""Where requests are a vendor's by its key."""


class VendorEndpoint:
    """Hands each request of a route to the ingest entry point, on a thread."""

    def __init__(
        self, resource: str, most_bytes: int, node: Node, threads: RequestThreads, admission: Admission
    ) -> None:
        self._resource = resource
        self._most_bytes = most_bytes
        self._app = node.deployment.application
        self._threads = threads
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            response = await self._response(scope, receive)
        except ClientGoneError:
            return
        sender = scope["state"]["sender"]
        is_held = response.status_code == HTTPStatus.TOO_MANY_REQUESTS and sender != NOBODY
        if is_held and not await self._admission.hold(sender):
            response.headers["connection"] = "close"
        await response(scope, receive, send)

    async def _response(self, scope: Scope, receive: Receive) -> Response:
        """The answer to the request. Raises ClientGoneError."""
        request_id = scope["state"]["request_id"]
        headers = header_lists(scope)
        try:
            body = await read_body(headers.get("content-length", [""])[-1], self._most_bytes, receive)
        except BodyTooLargeError as error:
            close = {"connection": "close"} if error.close_connection else None
            detail = f"The body is over the limit of {self._most_bytes} bytes."
            return problem(413, "PAYLOAD_TOO_LARGE", detail, request_id, close)
        event = proxy_event(scope, self._resource, headers, body)
        sender = scope["state"]["sender"]
        in_turn = self._admission.is_flooding(sender)
        answer = await self._threads.run(sender, partial(self._answer, event), in_turn=in_turn)
        return _busy(request_id) if answer is None else http_response(answer)

    def _answer(self, event: dict[str, Any]) -> dict[str, Any]:
        self._admission.learn(event["multiValueHeaders"])
        answer = ingest.answer(event, self._app)
        if answer["statusCode"] == HTTPStatus.UNAUTHORIZED:
            self._admission.forget(event["multiValueHeaders"])
        return answer


class OperatorEndpoint:
    """Answers an operator route, on a thread."""

    def __init__(self, route: operator.OperatorRoute, node: Node, threads: RequestThreads) -> None:
        self._route = route
        self._node = node
        self._threads = threads

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = operator.request_of(scope)
        response = await self._threads.run(OPERATORS, partial(operator.answer, self._route, self._node, request))
        await (response or _busy(request.request_id))(scope, receive, send)


class OneMethod:
    """Refuses every other method, HEAD included, as the contract has it.

    Starlette would go on to the next route that matches: ``GET /v1/events/batch`` would ask for an event of that id.
    """

    def __init__(self, method: str, endpoint: ASGIApp) -> None:
        self._method = method
        self._endpoint = endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["method"] != self._method:
            raise HTTPException(405, headers={"allow": self._method})
        await self._endpoint(scope, receive, send)


def _busy(request_id: str) -> Response:
    detail = "Too many requests wait already. Send the same request again."
    return problem(503, "UNAVAILABLE", detail, request_id, {"retry-after": "1"})


def make_app(node: Node) -> ASGIApp:
    """The ASGI application. The pipeline behind it starts and stops with it."""
    threads = RequestThreads()
    admission = Admission(node.deployment.application)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        node.pipeline.start()
        yield
        await asyncio.to_thread(threads.close)
        await asyncio.to_thread(node.pipeline.stop)

    routes = [
        Route(resource, OneMethod(method, VendorEndpoint(resource, most_bytes, node, threads, admission)))
        for method, resource, most_bytes in VENDOR_ROUTES
    ]
    routes += [
        Route(resource, OneMethod("GET", OperatorEndpoint(route, node, threads)))
        for resource, route in operator.ROUTES.items()
    ]
    routes.append(Route("/openapi.json", OneMethod("GET", _openapi)))
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _refused, Exception: _failed})
    app.router.redirect_slashes = False
    return Entrance(app, admission)


class Entrance:
    """Gives each request its id, refuses vendors that must wait, and routes on the path as it was sent.

    An id in the path may hold ``%2F``.
    """

    def __init__(self, app: ASGIApp, admission: Admission) -> None:
        self._app = app
        self._admission = admission

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = str(uuid4())
        scope["state"]["request_id"] = request_id
        scope["path"] = scope["raw_path"].decode("latin-1")
        header = (b"x-request-id", request_id.encode())

        async def send_with_id(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append(header)
            await send(message)

        sender = self._admission.sender(scope["headers"], scope["path"])
        is_limited = sender != NOBODY and scope["path"].startswith(EVENTS)
        refusal = self._admission.refusal(sender, request_id) if is_limited else None
        if refusal is not None:
            if not await self._admission.hold(sender):
                refusal["headers"]["connection"] = "close"
            await http_response(refusal)(scope, receive, send_with_id)
            return
        scope["state"] |= {"sender": sender, "admitted": sender if is_limited else None}
        await self._app(scope, receive, send_with_id)


async def _openapi(scope: Scope, receive: Receive, send: Send) -> None:
    path = Path(generated.__file__).parent / "openapi.json"
    response = Response(await asyncio.to_thread(path.read_bytes), media_type="application/json")
    await response(scope, receive, send)


_REFUSALS = {
    404: ("NOT_FOUND", "There is nothing at this path. /openapi.json describes what there is."),
    405: ("METHOD_NOT_ALLOWED", "This path does not know the method. The header Allow lists those that it knows."),
}


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code, detail = _REFUSALS[error.status_code]
    return problem(error.status_code, code, detail, request.state.request_id, error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    # Starlette raises the error again after this answer; uvicorn logs it once, through our formatter.
    del error
    detail = "Something failed on our side. Send the same request again; quote the requestId if it stays."
    return problem(500, "UNAVAILABLE", detail, request.state.request_id)
