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
from tests.signatures.deliveries import SENDERS, Sender

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
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


@pytest.fixture(autouse=True)
def _answered_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admission, "HOLD_SECONDS", 0)


async def ask(
    app: ASGIApp,
    key: str,
    *,
    path: str = "/v1/events",
    body: bytes | None = BODY,
    headers: Sequence[tuple[bytes, bytes]] = (),
) -> tuple[int, dict[str, str], dict[str, Any]]:
    """One request; with no ``body`` a client that sends its headers and then nothing."""
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        assert body is not None, "the body was asked for"
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"x-api-key", key.encode()), (b"content-type", b"application/json"), *headers]
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


def test_a_refused_vendor_waits_for_its_answer(
    deployment: LocalDeployment, app: ASGIApp, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "HOLD_SECONDS", 0.2)

    async def run() -> None:
        await ask(app, keys[FLOODING])
        deployment.application.rates.charge(FLOODING, 10**6)
        start = asyncio.get_running_loop().time()
        assert (await ask(app, keys[FLOODING]))[0] == 429
        assert asyncio.get_running_loop().time() - start >= 0.1

    asyncio.run(run())


def test_a_vendor_that_keeps_too_many_connections_waiting_loses_the_rest_of_them(
    deployment: LocalDeployment, app: ASGIApp, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "HOLD_SECONDS", 0.2)
    monkeypatch.setattr(admission, "MOST_HELD_OF_ONE_SENDER", 3)

    async def run() -> None:
        await ask(app, keys[FLOODING])
        deployment.application.rates.charge(FLOODING, 10**6)
        answers = await asyncio.gather(*(ask(app, keys[FLOODING]) for _ in range(5)))
        assert [(status, headers.get("connection")) for status, headers, _ in answers] == [
            (429, None), (429, None), (429, None), (429, "close"), (429, "close"),
        ]  # fmt: skip
        assert (await ask(app, keys[FLOODING]))[1].get("connection") is None

    asyncio.run(run())


def test_a_request_takes_one_token(
    deployment: LocalDeployment, app: ASGIApp, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spent: list[str] = []
    monkeypatch.setattr(deployment.application.rates, "take", lambda vendor_id, **_: spent.append(vendor_id))

    async def run() -> None:
        # Of the first request the entry point takes it, of those whose key is known the gate.
        for number in range(1, 4):
            assert (await ask(app, keys[FLOODING]))[0] in {200, 202}
            assert spent == [FLOODING] * number

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


def test_a_key_that_was_revoked_lets_nobody_in_and_is_forgotten(
    deployment: LocalDeployment, app: ASGIApp, keys: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def run() -> None:
        assert (await ask(app, keys[FLOODING]))[0] == 202
        (key_id,) = [one.key_id for one in deployment.backend.credentials.keys.entries() if one.vendor_id == FLOODING]
        deployment.backend.credentials.keys.revoke(key_id)
        spent: list[str] = []
        monkeypatch.setattr(deployment.application.rates, "take", lambda vendor_id, **_: spent.append(vendor_id))
        assert [(await ask(app, keys[FLOODING]))[0] for _ in range(3)] == [401] * 3
        # Whoever holds the old key spends no more of the vendor's tokens.
        assert spent == [FLOODING]

    asyncio.run(run())


def test_keys_of_nobody_and_of_operators_are_no_senders(deployment: LocalDeployment) -> None:
    known = Admission(deployment.application)
    operator = deployment.backend.credentials.keys.add(Role.OPERATOR).key
    for key in (operator, "dvss_" + "A" * 43, "", "\x00"):
        known.learn({"x-api-key": [key]})
        assert known.sender([(b"x-api-key", key.encode())], "/v1/events") == NOBODY
    known.learn({})
    assert known.sender([], "/v1/events") == NOBODY


def test_webhooks_are_each_vendor_s_by_their_path(deployment: LocalDeployment, keys: dict[str, str]) -> None:
    known = Admission(deployment.application)
    known.learn({"x-api-key": [keys[FLOODING]]})
    key = [(b"x-api-key", keys[FLOODING].encode())]
    assert known.sender(key, "/v1/events") == FLOODING
    shopify, square = (known.sender(key, f"/v1/webhooks/{vendor}/x") for vendor in ("shopify", "square"))
    assert len({NOBODY, FLOODING, shopify, square}) == 4
    assert {known.sender([], f"/v1/webhooks/{name}") for name in ("nobody/x", "", "/", "a%2Fb/x")} == {NOBODY}


def test_a_vendor_whose_webhooks_come_too_fast_waits_for_its_answer_and_no_other_does(
    deployment: LocalDeployment, app: ASGIApp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(admission, "HOLD_SECONDS", 0.2)
    flooding, other = SENDERS["square"], SENDERS["shopify"]
    clock, secrets = deployment.application.clock, deployment.backend.credentials.secrets
    for sender in (flooding, other):
        secrets.add(sender.vendor_id, sender.signer.secret)

    async def sent(sender: Sender) -> int:
        url = deployment.application.public_url.rstrip("/") + sender.path
        signed = sender.signer.sign(sender.body, sender.signer.secret, clock.now(), url)
        named = [(name.encode(), values[0].encode()) for name, values in signed.headers.items()]
        return (await ask(app, "", path=sender.path, body=signed.body, headers=named))[0]

    async def run() -> None:
        assert await sent(flooding) == 202
        deployment.application.rates.charge(flooding.vendor_id, 10**6)
        start = asyncio.get_running_loop().time()
        refused, status = await asyncio.gather(sent(flooding), sent(other))
        assert (refused, status) == (429, 202)
        assert asyncio.get_running_loop().time() - start >= 0.1

    asyncio.run(run())


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


def test_a_vendor_that_asks_on_is_served_one_request_at_a_time() -> None:
    threads = RequestThreads()
    running, most = 0, 0
    lock = threading.Lock()

    def serve() -> None:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        going_on.wait(0.01)
        with lock:
            running -= 1

    going_on = threading.Event()

    async def run() -> None:
        await asyncio.gather(*(threads.run("flooding", serve, in_turn=True) for _ in range(10)))
        assert most == 1
        await asyncio.gather(*(threads.run("busy", serve) for _ in range(10)))
        assert most > 1

    asyncio.run(run())
    threads.close()


def test_who_is_told_to_wait_floods_until_it_has_waited(deployment: LocalDeployment) -> None:
    known = Admission(deployment.application)

    async def run() -> None:
        assert not known.is_flooding(FLOODING)
        held = asyncio.create_task(known.hold(FLOODING))
        await asyncio.sleep(0)
        assert (known.is_flooding(FLOODING), known.is_flooding(OTHER)) == (True, False)
        assert await held
        assert not known.is_flooding(FLOODING)

    asyncio.run(run())


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
