"""Bad input over real HTTP: each has its status, its code and its place, and none leaves a trace."""

from __future__ import annotations

import gzip
import json
import socket
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from dvss.bootstrap import opened_existing
from tests.dvss.program import envelope
from tests.dvss.wire import raw_request, request

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.dvss.program import Server

GOOD = json.dumps(envelope("bad-input")).encode()


def traces(server: Server) -> tuple[int, int, int]:
    """How much the stores hold: raw objects, events, quarantine records."""
    with opened_existing(server.data_dir) as deployment:
        application = deployment.application
        events = application.queries.events(
            vendor_id=None, received_from=None, received_before=None, after=None, limit=100
        )
        kept = application.quarantine.records(vendor_id=None, include_released=True, after=None, limit=100)
        return len(list(application.raw.entries("raw/"))), len(events), len(kept)


@pytest.fixture(autouse=True)
def _nothing_stays(server: Server) -> Iterator[None]:
    before = traces(server)
    yield
    assert traces(server) == before


def changed(**members: Any) -> bytes:
    return json.dumps(envelope("bad-input") | members).encode()


def without(name: str) -> bytes:
    return json.dumps({key: value for key, value in envelope("bad-input").items() if key != name}).encode()


BODIES = {
    "empty": (b"", 400, "NOT_JSON"),
    "no-json": (b"{'vendorId': 1}", 400, "NOT_JSON"),
    "half": (GOOD[:-1], 400, "NOT_JSON"),
    "two-documents": (GOOD + GOOD, 400, "NOT_JSON"),
    "utf-16": (GOOD.decode().encode("utf-16"), 400, "NOT_UTF8"),
    "byte-order-mark": (b"\xef\xbb\xbf" + GOOD, 400, "NOT_JSON"),
    "latin-1": (changed(eventType="x").replace(b'"x"', b'"\xe9"'), 400, "NOT_UTF8"),
    "lone-surrogate": (GOOD.replace(b"ROA", b"\\ud800"), 400, "NOT_JSON"),
    "nan": (GOOD.replace(b'"qty": 12', b'"qty": NaN'), 400, "NOT_JSON"),
    "infinity": (GOOD.replace(b'"qty": 12', b'"qty": -Infinity'), 400, "NOT_JSON"),
    "duplicate-key": (GOOD.replace(b'"qty": 12', b'"qty": 1, "qty": 2'), 400, "DUPLICATE_KEY"),
    "depth-bomb": (GOOD.replace(b"12}", b"[" * 100 + b"]" * 100 + b"}"), 400, "JSON_TOO_DEEP"),
    "deeper-than-the-stack": (b"[" * 200_000, 400, "JSON_TOO_DEEP"),
    "digit-bomb": (GOOD.replace(b"12}", b"9" * 5_000 + b"}"), 400, "NUMBER_TOO_LONG"),
    "exponent-bomb": (GOOD.replace(b"12}", b"1e999999999}"), 400, "NUMBER_TOO_LONG"),
    "value-bomb": (GOOD.replace(b"12}", b"[" + b"1," * 30_000 + b"1]}"), 400, "JSON_TOO_MANY_VALUES"),
    "nul": (GOOD.replace(b"ROA", b"a\\u0000b"), 400, "NUL_CHARACTER"),
    "no-object": (b"[]", 422, "ENVELOPE_INVALID"),
    "unknown-member": (changed(extra=1), 422, "ENVELOPE_INVALID"),
    "blank-id": (changed(externalEventId=" "), 422, "ENVELOPE_INVALID"),
    "long-id": (changed(externalEventId="x" * 257), 422, "ENVELOPE_INVALID"),
    "no-time": (changed(occurredAt="yesterday"), 422, "ENVELOPE_INVALID"),
    "naive-time": (changed(occurredAt="2026-01-30T20:15:12"), 422, "ENVELOPE_INVALID"),
    "payload-no-object": (changed(payload=[1]), 422, "ENVELOPE_INVALID"),
    "another-vendor": (changed(vendorId="shopify"), 403, "VENDOR_MISMATCH"),
    "over-the-size": (GOOD.replace(b"ROA", b"A" * 262_144), 413, "PAYLOAD_TOO_LARGE"),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_bad_body_is_refused(server: Server, name: str) -> None:
    body, status, code = BODIES[name]
    answer = server.post(body)
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.parametrize("name", ["vendorId", "externalEventId", "eventType", "occurredAt", "payload"])
def test_a_missing_member_is_named(server: Server, name: str) -> None:
    answer = server.post(without(name))
    assert (answer.status, answer.code) == (422, "ENVELOPE_INVALID")
    (violation,) = answer.document["violations"]
    assert violation["pointer"] == ""
    assert violation["code"] == "REQUIRED"
    assert name in violation["message"]


def test_a_wrong_value_is_pointed_at(server: Server) -> None:
    answer = server.post(changed(occurredAt=5))
    assert [violation["pointer"] for violation in answer.document["violations"]] == ["/occurredAt"]


@pytest.mark.parametrize("key", ["", "wrong", "dvss_" + "A" * 43], ids=["empty", "malformed", "unknown"])
def test_a_wrong_key_is_refused(server: Server, key: str) -> None:
    answer = server.post(GOOD, x_api_key=key)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


def test_a_missing_key_is_refused(server: Server) -> None:
    answer = request(server.url, "POST", "/v1/events", {"content-type": "application/json"}, GOOD)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


def test_two_keys_are_no_credential(server: Server) -> None:
    key = server.vendor_key.encode()
    head = b"POST /v1/events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
    head += b"x-api-key: " + key + b"\r\nx-api-key: " + key + b"\r\ncontent-length: %d\r\n\r\n" % len(GOOD)
    answer = raw_request(server.url, head, GOOD)
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


def test_an_operator_sends_nothing(server: Server) -> None:
    answer = server.post(GOOD, x_api_key=server.operator_key)
    assert (answer.status, answer.code) == (403, "FORBIDDEN")


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/xml", "multipart/form-data; boundary=x"])
def test_another_content_type_is_refused(server: Server, content_type: str) -> None:
    answer = server.post(GOOD, content_type=content_type)
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_compressed_body_is_refused(server: Server) -> None:
    answer = server.post(gzip.compress(GOOD), content_encoding="gzip")
    assert (answer.status, answer.code) == (415, "UNSUPPORTED_MEDIA_TYPE")


def head(server: Server, *headers: bytes) -> bytes:
    lines = [b"POST /v1/events/batch HTTP/1.1", b"host: x", b"content-type: application/json"]
    lines += [b"x-api-key: " + server.vendor_key.encode(), *headers]
    return b"\r\n".join(lines) + b"\r\n\r\n"


def test_a_body_over_the_cap_is_refused_and_its_sender_sees_it(server: Server) -> None:
    size = 4 * 1024 * 1024 + 1
    answer = raw_request(server.url, head(server, b"content-length: %d" % size), b" " * size)
    assert (answer.status, answer.code) == (413, "PAYLOAD_TOO_LARGE")
    assert "connection" not in answer.headers


def test_an_announced_giant_is_refused_before_it_is_sent(server: Server) -> None:
    answer = raw_request(server.url, head(server, b"content-length: 100000000000"))
    assert (answer.status, answer.code) == (413, "PAYLOAD_TOO_LARGE")
    assert answer.headers["connection"] == "close"


def test_a_stream_without_an_end_is_cut_off_at_the_cap(server: Server) -> None:
    chunk = b"100000\r\n" + b" " * 0x100000 + b"\r\n"
    parts = [head(server, b"transfer-encoding: chunked"), *[chunk] * 4, b"2\r\n  \r\n"]
    answer = raw_request(server.url, *parts)
    assert (answer.status, answer.code) == (413, "PAYLOAD_TOO_LARGE")
    assert answer.headers["connection"] == "close"


def test_a_sender_that_goes_away_leaves_the_server_well(server: Server) -> None:
    for _ in range(3):
        with pytest.raises(TimeoutError):
            _send_half(server)
    assert server.ask("/v1/ready").status == 200


def _send_half(server: Server) -> None:
    host, _, port = urlsplit(server.url).netloc.partition(":")
    with socket.create_connection((host, int(port)), 0.2) as connection:
        connection.sendall(head(server, b"content-length: 100") + b"{")
        connection.recv(1)


@pytest.mark.parametrize("path", ["/v1/webhooks/nobody/orders_create", "/v1/webhooks/vendorA/orders_create"])
def test_a_webhook_of_an_unknown_vendor_is_refused(server: Server, path: str) -> None:
    answer = request(server.url, "POST", path, {"content-type": "application/json"}, b"{}")
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")


@pytest.mark.parametrize("signature", [None, "", "AAAA", "no base64"])
def test_a_webhook_without_its_signature_is_refused(server: Server, signature: str | None) -> None:
    headers = {"content-type": "application/json"} | ({"x-shopify-hmac-sha256": signature} if signature else {})
    answer = request(server.url, "POST", "/v1/webhooks/shopify/orders_create", headers, b"{}")
    assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
