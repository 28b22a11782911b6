"""Requests that two servers might read in two ways, against a live server: one answer or none, and nothing stored."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING

import pytest

from tests.dvss.program import envelope
from tests.hostile.program import answered, drained, running, told

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.hostile.program import Target, Told

HEALTH = b"GET /v1/health HTTP/1.1\r\nhost: here\r\n\r\n"
BODY = json.dumps(envelope("hidden")).encode()
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(BODY), BODY)
TE = b"transfer-encoding: chunked"


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with running(tmp_path_factory.mktemp("requests")) as target:
        yield target


def length(number: int) -> bytes:
    return b"content-length: %d" % number


# What stands in the head beside what an event needs, and what follows it: an event of its own each time.
AMBIGUOUS = {
    "a length and chunks": ([length(5), TE], CHUNKED),
    "chunks and a length": ([TE, length(len(CHUNKED))], CHUNKED),
    "two lengths": ([length(len(BODY)), length(0)], BODY),
    "one length twice": ([length(len(BODY)), length(len(BODY))], BODY),
    "a list of lengths": ([b"content-length: %d, %d" % (len(BODY), len(BODY))], BODY),
    "a length with a sign": ([b"content-length: +%d" % len(BODY)], BODY),
    "a length in hexadecimals": ([b"content-length: 0x%x" % len(BODY)], BODY),
    "a length beyond 64 bits": ([b"content-length: 18446744073709551617"], BODY),
    "a folded coding": ([b"transfer-encoding:\r\n chunked"], CHUNKED),
    "a folded header": ([length(len(BODY)), b"x-note: a\r\n b"], BODY),
    "an unknown coding": ([b"transfer-encoding: xchunked"], CHUNKED),
    "two codings": ([TE, b"transfer-encoding: identity"], CHUNKED),
    "a coding twice": ([b"transfer-encoding: chunked, chunked"], CHUNKED),
    "a coding behind a vertical tab": ([b"transfer-encoding: \x0bchunked"], CHUNKED),
    "a space before the colon": ([b"content-length : %d" % len(BODY)], BODY),
    "a line feed alone": ([length(len(BODY)) + b"\nx-note: a"], BODY),
    "a carriage return in a value": ([length(len(BODY)), b"x-note: a\rb"], BODY),
    "U+0000 in a value": ([length(len(BODY)), b"x-note: a\0b"], BODY),
    "U+0000 in a name": ([length(len(BODY)), b"x\0note: a"], BODY),
    "two hosts": ([length(len(BODY)), b"host: there"], BODY),
    "a chunk's size with 0x": ([TE], b"0x" + CHUNKED),
    "a chunk's size with a sign": ([TE], b"+" + CHUNKED),
    "a chunk's size beyond 64 bits": ([TE], b"fffffffffffffffff" + CHUNKED),
    "a chunk that ends with a line feed": ([TE], CHUNKED.replace(b"\r\n", b"\n")),
    "a chunk that is longer than it says": ([TE], CHUNKED.replace(b"\r\n0", b"  \r\n0")),
    "a chunk's extension that ends with a line feed": ([TE], CHUNKED.replace(b"\r\n", b";a\n", 1)),
}


def refused(answers: list[Told], status: int = 400, code: str = "MALFORMED_REQUEST") -> bool:
    return [(answer.status, answer.code) for answer in answers] == [(status, code)] and (
        b"\r\nconnection: close" in answers[0].head
    )


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_what_can_be_read_in_two_ways_is_refused(target: Target, name: str) -> None:
    fields, body = AMBIGUOUS[name]
    assert refused(target.sent(target.head(*fields) + body + HEALTH))


LINES = {
    "HTTP/0.9": b"GET /v1/health",
    "HTTP/2": b"GET /v1/health HTTP/2.0",
    "HTTP/1.2": b"GET /v1/health HTTP/1.2",
    "HTTP/1.10": b"GET /v1/health HTTP/1.10",
    "HTTP/2's own beginning": b"PRI * HTTP/2.0",
    "a method in lower case": b"get /v1/health HTTP/1.1",
    "a method of nobody": b"GETS /v1/health HTTP/1.1",
    "a space in the path": b"GET /v1/hea lth HTTP/1.1",
    "U+0000 in the path": b"GET /v1/\0 HTTP/1.1",
    "no ASCII in the path": b"GET /v1/\xff HTTP/1.1",
    "the host of a tunnel": b"CONNECT other:443 HTTP/1.1",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00",
}


@pytest.mark.parametrize("name", LINES)
def test_what_is_no_request_is_refused(target: Target, name: str) -> None:
    assert refused(target.sent(target.head(line=LINES[name])))


def test_a_request_names_its_host_once(target: Target) -> None:
    assert refused(target.sent(b"GET /v1/health HTTP/1.1\r\n\r\n"))
    assert refused(target.sent(b"POST /v1/events HTTP/1.0\r\ntransfer-encoding: chunked\r\n\r\n" + CHUNKED))
    assert [answer.status for answer in target.sent(b"GET /v1/health HTTP/1.0\r\n\r\n")] == [200]


PATHS = {
    b"/v1/x/../health": 404,
    b"/v1/./health": 404,
    b"/v1/%2e%2e/v1/health": 404,
    b"/v1/%68ealth": 404,
    b"//v1/health": 404,
    b"/v1/health/": 404,
    b"/v1\\health": 404,
    b"/v1/health;a=b": 404,
    b"/v1/health%00": 404,
    b"http://other/v1/health": 200,
    b"/v1/health#part": 200,
}


@pytest.mark.parametrize("path", PATHS, ids=[path.decode() for path in PATHS])
def test_a_path_is_what_it_is_spelled(target: Target, path: bytes) -> None:
    answers = target.sent(b"GET " + path + b" HTTP/1.1\r\nhost: here\r\n\r\n")
    assert [answer.status for answer in answers] == [PATHS[path]]


@pytest.mark.parametrize("method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "PUT", "PATCH", "DELETE"])
def test_no_other_method_does_anything(target: Target, method: str) -> None:
    with target.connect() as connection:
        connection.sendall(method.encode() + b" /v1/events HTTP/1.1\r\nhost: here\r\nx-note: seen\r\n\r\n")
        answer = answered(connection)
    assert answer.startswith(b"HTTP/1.1 405 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"seen" not in answer


@pytest.mark.parametrize("coding", [b"gzip", b"deflate", b"br", b"gzip, gzip", b"identity, gzip"])
def test_what_is_compressed_is_not_read(target: Target, coding: bytes) -> None:
    bomb = gzip.compress(b" " * 10_000_000 + BODY)
    answers = target.sent(target.head(b"content-encoding: " + coding, length(len(bomb))) + bomb)
    assert [(answer.status, answer.code) for answer in answers] == [(415, "UNSUPPORTED_MEDIA_TYPE")]


def test_a_head_is_as_long_as_may_be(target: Target) -> None:
    for fields in (
        [b"x-note: " + b"a" * 33_000],
        [b"x-" + b"a" * 33_000 + b": 1"],
        [b"x-note: 1"] * 100,
        [b"x-note: " + b"a" * 10_000] * 4,
    ):
        assert refused(target.sent(target.head(*fields)), 431, "HEADERS_TOO_LARGE")
    assert refused(target.sent(b"GET /" + b"a" * 33_000 + b" HTTP/1.1\r\n\r\n"), 431, "HEADERS_TOO_LARGE")
    within = [b"x-note: " + b"a" * 300] * 90
    assert [answer.status for answer in target.sent(target.head(*within, line=b"GET /v1/health HTTP/1.1"))] == [200]


def test_a_head_without_an_end_is_not_kept(target: Target) -> None:
    with target.connect() as connection:
        connection.sendall(b"GET /v1/health HTTP/1.1\r\nx-note: ")
        for _ in range(5):
            connection.sendall(b"a" * 10_000)
        assert refused(told(drained(connection)), 431, "HEADERS_TOO_LARGE")


def test_chunks_that_are_nothing_but_extensions_are_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    with running(tmp_path_factory.mktemp("chunks"), message_bytes=50_000) as target:
        with target.connect() as connection:
            connection.sendall(target.head(TE))
            answers = []
            for _ in range(100):
                connection.sendall(b"1;note=" + b"a" * 1_000 + b"\r\n \r\n")
            answers = told(drained(connection))
        assert [answer.status for answer in answers] in ([413], [400])
        assert target.stored() == 0


def test_nothing_of_it_is_stored_and_the_server_is_well(target: Target) -> None:
    assert target.stored() == 0
    assert target.is_well()


@pytest.fixture(scope="module")
def taking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    with running(tmp_path_factory.mktemp("taking")) as target:
        yield target


def test_a_chunked_body_is_the_same_body(taking: Target) -> None:
    for body in (CHUNKED, b"".join(b"1;a=b\r\n%c\r\n" % byte for byte in BODY) + b"0\r\n\r\n"):
        answers = taking.sent(taking.head(TE) + body)
        assert [answer.status for answer in answers] in ([202], [200])
    assert taking.stored() == 1


def test_fields_behind_the_body_are_dropped(taking: Target) -> None:
    head = taking.head(TE, b"trailer: x-api-key")
    trailers = CHUNKED[:-2] + b"x-api-key: another\r\ncontent-encoding: gzip\r\n\r\n"
    assert [answer.status for answer in taking.sent(head + trailers)] in ([200], [202])


def test_a_second_request_behind_the_first_is_never_read(taking: Target) -> None:
    before = taking.stored()
    answers = taking.sent(taking.whole("first") + taking.whole("second") + b"no request\r\n\r\n")
    assert [answer.status for answer in answers] == [202]
    assert taking.stored() == before + 1


def test_one_connection_takes_one_request_after_the_other(taking: Target) -> None:
    before = taking.stored()
    with taking.connect() as connection:
        for name in ("one", "two", "three"):
            connection.sendall(b"\r\n" + taking.whole(name))
            assert [answer.status for answer in told(answered(connection))] == [202]
    assert taking.stored() == before + 3


@pytest.mark.parametrize("protocol", [b"websocket", b"h2c"])
def test_no_other_protocol_is_spoken(taking: Target, protocol: bytes) -> None:
    """A parser that expects the other protocol takes a body for its bytes, or for the next request."""
    before = taking.stored()
    upgrade = [b"connection: upgrade", b"upgrade: " + protocol]
    body = taking.whole("behind")
    for fields in ([length(len(body))], [TE]):
        assert refused(taking.sent(taking.head(*upgrade, *fields), body))
    answers = taking.sent(taking.head(*upgrade, line=b"GET /v1/health HTTP/1.1"), body)
    assert [answer.status for answer in answers] == [200]
    assert taking.stored() == before


def test_who_waits_to_be_told_is_told_to_go_on(taking: Target) -> None:
    body = json.dumps(envelope("expected")).encode()
    with taking.connect() as connection:
        connection.sendall(taking.head(b"expect: 100-continue", length(len(body))))
        assert connection.recv(65_536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        connection.sendall(body)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 202")


def test_an_end_in_the_middle_of_a_body_stores_nothing(taking: Target) -> None:
    before = taking.stored()
    with taking.connect() as connection:
        connection.sendall(taking.whole("cut off")[:-5])
    assert taking.stored() == before
    assert taking.is_well()
