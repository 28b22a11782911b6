"""Clients that take their time, or too many connections: they are ended, and others are served meanwhile."""

from __future__ import annotations

import contextlib
import json
import resource
import socket
import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from dvss.server.connections import DEFAULT_LIMITS, OTHER_FILES, Connection, most_connections
from dvss.server.run import listen
from tests.dvss.program import envelope
from tests.hostile.program import Target, answered, drained, running, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import Receive, Scope, Send

SLOW = 40
SECONDS = 0.5
PATIENCE_SECONDS = 10.0


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    folder = tmp_path_factory.mktemp("slow")
    with running(folder, head_seconds=SECONDS, body_seconds=SECONDS, answer_seconds=SECONDS) as target:
        yield target


def beginnings(target: Target) -> dict[str, bytes]:
    whole = target.whole("slow")
    return {
        "nothing": b"",
        "blank lines": b"\r\n",
        "half a line": b"POST /v1/ev",
        "half a head": whole[:60],
        "a head": target.head(b"content-length: 100"),
        "half a body": whole[:-10],
        "half a chunk": target.head(b"transfer-encoding: chunked") + b"ff\r\n{",
        "half of what is too large": target.head(b"content-length: 5000000") + b"{",
        "half of what is not for it": target.head(b"content-length: 100", line=b"POST /v1/nothing HTTP/1.1") + b"{",
    }


def test_slow_clients_are_ended_while_others_are_served(target: Target) -> None:
    with contextlib.ExitStack() as stack:
        slow: list[tuple[str, socket.socket]] = []
        for name, start in list(beginnings(target).items()) * (SLOW // 8):
            connection = stack.enter_context(target.connect())
            connection.sendall(start)
            slow.append((name, connection))
        served = target.sent(target.whole("meanwhile"))
        assert [answer.status for answer in served] in ([202], [200])
        for name, connection in slow:
            answers = told(drained(connection))
            told_of = {
                "nothing": [],
                "blank lines": [],
                "half of what is too large": ["PAYLOAD_TOO_LARGE"],
                "half of what is not for it": ["NOT_FOUND"],
            }.get(name, ["REQUEST_TIMEOUT"])
            assert [answer.code for answer in answers] == told_of, name
    assert target.stored() == 1
    assert target.is_well()


def test_a_byte_now_and_then_does_not_win_time(target: Target) -> None:
    """The clock runs from the first byte: what drips in is as late as what does not come."""
    with target.connect() as connection:
        connection.settimeout(SECONDS / 10)
        answer = b""
        for byte in target.whole("dripping"):
            connection.sendall(bytes([byte]))
            with contextlib.suppress(TimeoutError):
                answer = connection.recv(65_536)
                break
        assert [one.code for one in told(answer)] == ["REQUEST_TIMEOUT"]


def test_a_connection_that_was_used_may_rest_longer_than_a_head_may_take(target: Target) -> None:
    with target.connect() as connection:
        connection.sendall(target.whole("resting"))
        assert [answer.status for answer in told(answered(connection))] in ([202], [200])
        connection.settimeout(SECONDS * 2)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        connection.settimeout(15)
        connection.sendall(target.whole("resting"))
        assert connection.recv(65_536)[9:12] == b"200"


def test_who_does_not_read_its_answer_is_ended() -> None:
    ended = threading.Event()

    async def large_answer(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for more in (True, False):
            # The second part waits until the client has read of the first, or is gone.
            await send({"type": "http.response.body", "body": b"a" * 16_000_000, "more_body": more})
        ended.set()

    listener = listen("127.0.0.1", 0)
    protocol: Any = partial(Connection, replace(DEFAULT_LIMITS, answer_seconds=SECONDS))
    server = uvicorn.Server(uvicorn.Config(large_answer, http=protocol, lifespan="off", log_config=None))
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        with socket.create_connection(listener.getsockname()) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nhost: here\r\n\r\n")
            assert ended.wait(PATIENCE_SECONDS)
    finally:
        server.should_exit = True
        thread.join()


def test_too_many_connections_are_told_so_and_room_comes_back(tmp_path: Path) -> None:
    with running(tmp_path, connections=20) as target:
        with contextlib.ExitStack() as stack:
            held = [stack.enter_context(target.connect()) for _ in range(20)]
            held[-1].sendall(b"GET /v1/health HTTP/1.1\r\nhost: here\r\n\r\n")
            assert held[-1].recv(65_536).startswith(b"HTTP/1.1 200")
            for _ in range(300):
                with target.connect() as connection, contextlib.suppress(ConnectionError):
                    for answer in told(drained(connection)):
                        assert (answer.status, answer.code) == (503, "UNAVAILABLE")
                        assert b"retry-after: 1\r\n" in answer.head
            held[0].sendall(target.whole("held"))
            assert held[0].recv(65_536).startswith(b"HTTP/1.1 202")
        assert target.is_well()
        body = json.dumps(envelope("after")).encode()
        after = target.sent(target.head(b"content-length: %d" % len(body)) + body)
        assert [answer.status for answer in after] == [202]


def test_connections_leave_files_for_the_rest() -> None:
    most = most_connections(1_000_000)
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert 1 <= most <= soft - min(OTHER_FILES, soft // 2)
    assert most_connections(10) == 10
