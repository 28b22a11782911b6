"""What the HTTP surface answers when something is wrong behind it."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dvss.bootstrap import opened
from dvss.server import admission
from dvss.server.app import make_app
from dvss.server.node import Node, make_node
from handlers.values import Role, TransientError
from tests.dvss.program import envelope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dvss.bootstrap import LocalDeployment


class FailingIndex:
    def __init__(self, error: Exception) -> None:
        self._error = error

    def read(self, *_: object, **__: object) -> Any:
        raise self._error


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[LocalDeployment]:
    with opened(tmp_path) as deployment:
        yield deployment


def failing(deployment: LocalDeployment, error: Exception) -> Node:
    application = replace(deployment.application, index=FailingIndex(error))  # type: ignore[arg-type]  # one method is asked for
    return make_node(replace(deployment, application=application), 1)


def key(deployment: LocalDeployment, role: Role) -> str:
    return deployment.backend.credentials.keys.add(role, "vendorA" if role is Role.VENDOR else None).key


def call(node: Node, method: str, path: str, api_key: str, body: bytes = b"") -> tuple[int, dict[str, str], bytes]:
    """One request straight into the ASGI application."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(dict(message))

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"x-api-key", api_key.encode()), (b"content-type", b"application/json")],
        "state": {},
    }

    async def run() -> None:
        await make_app(node)(scope, receive, send)

    try:
        asyncio.run(run())
    except RuntimeError as error:
        # Starlette raises what it answered once more, for the server's log.
        assert str(error) == "a bug"  # noqa: PT017 - the answer is what the test is about
    start, *rest = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(message["body"] for message in rest)


def post(node: Node, deployment: LocalDeployment) -> tuple[int, dict[str, str], bytes]:
    body = json.dumps(envelope("x")).encode()
    return call(node, "POST", "/v1/events", key(deployment, Role.VENDOR), body)


def test_a_bug_is_answered_500_and_quotes_nothing(deployment: LocalDeployment) -> None:
    status, headers, body = post(failing(deployment, RuntimeError("a bug")), deployment)
    problem = json.loads(body)
    assert (status, headers["content-type"]) == (500, "application/problem+json")
    assert (problem["code"], problem["requestId"]) == ("UNAVAILABLE", headers["x-request-id"])
    assert b"a bug" not in body


def test_a_store_that_fails_is_answered_503_with_the_time_to_wait(deployment: LocalDeployment) -> None:
    error = TransientError("the disk is full", retry_after_seconds=7)
    status, headers, body = post(failing(deployment, error), deployment)
    assert (status, headers["retry-after"], json.loads(body)["code"]) == (503, "7", "UNAVAILABLE")


def test_too_many_requests_are_turned_away_at_once(
    deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "MOST_REQUESTS_IN_FLIGHT", 0)
    status, headers, body = post(make_node(deployment, 1), deployment)
    assert (status, headers["retry-after"], json.loads(body)["code"]) == (503, "1", "UNAVAILABLE")


def test_a_node_whose_workers_do_not_run_is_not_ready(deployment: LocalDeployment) -> None:
    node = make_node(deployment, 1)
    status, headers, body = call(node, "GET", "/v1/ready", key(deployment, Role.OPERATOR))
    assert (status, headers["retry-after"]) == (503, "1")
    assert json.loads(body)["detail"].startswith("The pipeline's workers do not run.")


def test_a_node_whose_store_takes_no_writes_is_not_ready(deployment: LocalDeployment) -> None:
    node = make_node(deployment, 1)
    node.pipeline.start()
    assert node.not_ready() is None
    deployment.backend.close()
    assert "is closed" in (node.not_ready() or "")
    node.pipeline.stop()
