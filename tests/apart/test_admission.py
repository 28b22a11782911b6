"""A vendor that floods is refused at little cost, and holds no more than its share of what serves the others."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from dvss.bootstrap import opened
from dvss.server import admission
from dvss.server.admission import NOBODY, Admission, RequestThreads
from dvss.server.app import make_app
from dvss.server.node import make_node
from handlers.values import Role
from tests.dvss.program import envelope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

    from dvss.bootstrap import LocalDeployment
    from dvss.server.node import Node

FLOODING, OTHER = "vendorA", "amazon"
BODY = json.dumps(envelope("x")).encode()


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[LocalDeployment]:
    with opened(tmp_path) as deployment:
        yield deployment


@pytest.fixture
def node(deployment: LocalDeployment) -> Node:
    return make_node(deployment, 1)


@pytest.fixture
def app(node: Node) -> ASGIApp:
    return make_app(node)


@pytest.fixture
def keys(deployment: LocalDeployment) -> dict[str, str]:
    return {vendor: deployment.backend.credentials.keys.add(Role.VENDOR, vendor).key for vendor in (FLOODING, OTHER)}


async def ask(
    app: ASGIApp, key: str, *, path: str = "/v1/events", body: bytes | None = BODY
) -> tuple[int, dict[str, str], dict[str, Any]]:
    """One request; with no ``body`` a client that sends its headers and then nothing."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        assert body is not None, "the body was asked for"
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"x-api-key", key.encode()), (b"content-type", b"application/json")]
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": path, "raw_path": path.encode()}
    await app(scope | {"query_string": b"", "headers": headers, "state": {}}, receive, send)
    start, *rest = sent
    fields = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], fields, json.loads(b"".join(message["body"] for message in rest))


def test_a_vendor_over_its_rate_is_refused_before_its_body_is_read(
    deployment: LocalDeployment, app: ASGIApp, keys: dict[str, str]
) -> None:
    async def run() -> None:
        assert (await ask(app, keys[FLOODING]))[0] == 202
        deployment.application.rates.charge(FLOODING, 8_000)
        status, headers, problem = await ask(app, keys[FLOODING], body=None)
        assert (status, problem["code"], headers["content-type"]) == (429, "THROTTLED", "application/problem+json")
        assert problem["requestId"] == headers["x-request-id"]
        assert int(headers["retry-after"]) in {1, 2}
        # The limit is of events; what else there is answers.
        assert (await ask(app, keys[FLOODING], path="/v1/nothing"))[0] == 404

    asyncio.run(run())


def test_the_same_is_said_with_and_without_a_look_at_the_body(
    deployment: LocalDeployment, node: Node, app: ASGIApp, keys: dict[str, str]
) -> None:
    async def run() -> None:
        await ask(app, keys[FLOODING])
        deployment.application.rates.charge(FLOODING, 10**9)
        early = (await ask(app, keys[FLOODING]))[2]
        late = (await ask(make_app(node), keys[FLOODING]))[2]
        assert early | {"requestId": None, "detail": None} == late | {"requestId": None, "detail": None}
        assert early["detail"][:50] == late["detail"][:50]

    asyncio.run(run())


def test_another_vendor_is_served_meanwhile(deployment: LocalDeployment, app: ASGIApp, keys: dict[str, str]) -> None:
    other = json.dumps(envelope("x") | {"vendorId": OTHER}).encode()

    async def run() -> None:
        await ask(app, keys[FLOODING])
        deployment.application.rates.charge(FLOODING, 10**6)
        answers = [await ask(app, keys[FLOODING], body=None) for _ in range(50)]
        assert {status for status, *_ in answers} == {429}
        assert (await ask(app, keys[OTHER], body=other))[0] == 202

    asyncio.run(run())


def test_a_key_that_was_revoked_is_known_and_lets_nobody_in(
    deployment: LocalDeployment, app: ASGIApp, keys: dict[str, str]
) -> None:
    async def run() -> None:
        assert (await ask(app, keys[FLOODING]))[0] == 202
        (key_id,) = [one.key_id for one in deployment.backend.credentials.keys.entries() if one.vendor_id == FLOODING]
        deployment.backend.credentials.keys.revoke(key_id)
        assert (await ask(app, keys[FLOODING]))[0] == 401

    asyncio.run(run())


def test_keys_of_nobody_and_of_operators_are_no_senders(deployment: LocalDeployment) -> None:
    known = Admission(deployment.application)
    operator = deployment.backend.credentials.keys.add(Role.OPERATOR).key
    for key in (operator, "dvss_" + "A" * 43, "", "\x00"):
        known.learn({"x-api-key": [key]})
        assert known.sender([(b"x-api-key", key.encode())]) == NOBODY
    known.learn({})
    assert known.sender([]) == NOBODY


def test_a_flood_is_one_line_a_second(
    deployment: LocalDeployment, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(admission, "REPORT_SECONDS", 0)
    caplog.set_level("INFO", "dvss.server")
    known = Admission(deployment.application)
    deployment.application.rates.take(FLOODING, per_second=1, burst=1, at=deployment.application.clock.now())
    deployment.application.rates.charge(FLOODING, 10**6)

    async def run() -> None:
        assert all(known.refusal(FLOODING, "1") for _ in range(500))
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    asyncio.run(run())
    (line,) = caplog.records
    assert (line.__dict__["vendorId"], line.__dict__["count"]) == (FLOODING, 500)


def test_a_sender_holds_its_share_of_the_threads_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "MOST_OF_ONE_SENDER", 20)
    threads = RequestThreads()
    going_on = threading.Event()
    running: list[int] = []

    def hold() -> str:
        running.append(1)
        going_on.wait(10)
        return "held"

    async def run() -> None:
        held = [asyncio.create_task(threads.run("flooding", hold)) for _ in range(25)]
        assert await threads.run("other", lambda: "served") == "served"
        assert len(running) <= admission.THREADS_OF_ONE_SENDER
        going_on.set()
        answers = await asyncio.gather(*held)
        # Twenty wait or run; five were told at once that too many do.
        assert (answers.count("held"), answers.count(None)) == (20, 5)
        assert await threads.run("flooding", lambda: "served again") == "served again"

    asyncio.run(run())
    threads.close()
