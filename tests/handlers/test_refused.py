"""Bad input: its status, its code, its pointer - and no trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from generated.registry import REGISTRY
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from tests.handlers.world import World

VALID = json.dumps(envelope()).encode()


def put(name: str, text: str) -> bytes:
    """The valid envelope with the JSON text ``text`` as a member of its payload."""
    return VALID.replace(b'"qty": 12', f'"qty": 12, "{name}": {text}'.encode())


BODIES = {
    "not json": (b"{", 400, "NOT_JSON", None),
    "empty": (b"", 400, "NOT_JSON", None),
    "trailing text": (VALID + b"x", 400, "NOT_JSON", None),
    "not utf-8": (VALID.replace(b"ROA", b"R\xff"), 400, "NOT_UTF8", None),
    "utf-16": (json.dumps(envelope()).encode("utf-16"), 400, "NOT_UTF8", None),
    "byte order mark": (b"\xef\xbb\xbf" + VALID, 400, "NOT_JSON", None),
    "overlong utf-8": (VALID.replace(b"ROA", b"\xc0\xaf"), 400, "NOT_UTF8", None),
    "nan": (put("x", "NaN"), 400, "NOT_JSON", None),
    "infinity": (put("x", "-Infinity"), 400, "NOT_JSON", None),
    "lone surrogate": (put("x", '"\\ud800"'), 400, "NOT_JSON", None),
    "nul": (put("x", '"a\\u0000"'), 400, "NUL_CHARACTER", "/payload/x"),
    "nul in a name": (put("x", '{"a\\u0000": 1}'), 400, "NUL_CHARACTER", "/payload/x"),
    "duplicate key": (put("qty", "13"), 400, "DUPLICATE_KEY", None),
    "duplicate key, escaped": (put("q\\u0074y", "13"), 400, "DUPLICATE_KEY", None),
    "depth bomb": (b"[" * 100_000, 400, "JSON_TOO_DEEP", None),
    "33 levels": (put("x", "[" * 31 + "]" * 31), 400, "JSON_TOO_DEEP", None),
    "number bomb": (put("x", "9" * 100_000), 400, "NUMBER_TOO_LONG", None),
    "1,001 digits": (put("x", "9" * 1_001), 400, "NUMBER_TOO_LONG", "/payload/x"),
    "exponent bomb": (put("x", "1e1001"), 400, "NUMBER_TOO_LONG", "/payload/x"),
    "huge exponent": (put("x", "1e99999999999999999999"), 400, "NUMBER_TOO_LONG", None),
    "a flood of digits": (put("x", "[" + "1e999," * 500 + "0]"), 400, "NUMBER_TOO_LONG", "/payload/x/0"),
    "name of 1,025": (put("x", '{"' + "k" * 1_025 + '": 1}'), 400, "KEY_TOO_LONG", "/payload/x"),
    "quote bomb": (b'"' * 100_000, 400, "NOT_JSON", None),
    "commas": (b"[" + b"," * 250_000 + b"]", 400, "JSON_TOO_MANY_VALUES", None),
    "too many values": (put("x", "[" + "0," * 20_000 + "0]"), 400, "JSON_TOO_MANY_VALUES", None),
    "over the size": (put("x", '"' + "x" * 262_144 + '"'), 413, "PAYLOAD_TOO_LARGE", None),
    "an array": (b"[]", 422, "ENVELOPE_INVALID", ""),
    "another vendor's id": (json.dumps(envelope(vendorId="square")).encode(), 403, "VENDOR_MISMATCH", "/vendorId"),
    "an unknown vendor's id": (json.dumps(envelope(vendorId="nobody")).encode(), 403, "VENDOR_MISMATCH", "/vendorId"),
    "unknown member": (json.dumps(envelope(extra=1)).encode(), 422, "ENVELOPE_INVALID", ""),
    "time without offset": (
        json.dumps(envelope(occurredAt="2026-01-30T20:15:12")).encode(), 422, "ENVELOPE_INVALID", "/occurredAt",
    ),
    "payload is a list": (json.dumps(envelope() | {"payload": []}).encode(), 422, "ENVELOPE_INVALID", "/payload"),
    "empty event id": (json.dumps(envelope("")).encode(), 422, "ENVELOPE_INVALID", "/externalEventId"),
    "line break in event id": (json.dumps(envelope("a\nb")).encode(), 422, "ENVELOPE_INVALID", "/externalEventId"),
    "event id of 257": (json.dumps(envelope("x" * 257)).encode(), 422, "ENVELOPE_INVALID", "/externalEventId"),
    "path in vendor id": (json.dumps(envelope(vendorId="../x")).encode(), 422, "ENVELOPE_INVALID", "/vendorId"),
} | {
    f"no {name}": (
        json.dumps({key: value for key, value in envelope().items() if key != name}).encode(),
        422,
        "ENVELOPE_INVALID",
        "",
    )
    for name in envelope()
}  # fmt: skip


DETAILS = {
    "VENDOR_MISMATCH": "The envelope's vendorId is not the vendor that the API key stands for.",
    "ENVELOPE_INVALID": "The envelope does not fit its schema.",
    "PAYLOAD_TOO_LARGE": f"The body has {len(BODIES['over the size'][0])} bytes; this vendor's limit is 262144.",
}


def assert_problem(answer: Any, status: int, code: str) -> None:
    assert (answer.status, answer.body["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"
    assert list(REGISTRY.validator("problem").iter_errors(answer.body)) == []


@pytest.mark.parametrize("name", BODIES)
def test_a_refused_body_has_its_code_and_leaves_no_trace(world: World, name: str) -> None:
    body, status, code, pointer = BODIES[name]
    answer = world.post(body)
    assert_problem(answer, status, code)
    assert answer.body.get("pointer") == pointer
    assert DETAILS.get(code, answer.body["detail"]) == answer.body["detail"] != ""
    assert world.traces() == (0, 0, 0)


@pytest.mark.parametrize("name", ["x" * 100_000, "a/b~c" * 20_000])
def test_what_a_problem_quotes_is_bounded(world: World, name: str) -> None:
    member = json.dumps(name)
    for text in (f'{{{member}: "\\u0000"}}', f"{{{member}: 1, {member}: 2}}", f'{{"x": {{{member}: 1e1001}}}}'):
        answer = world.post(text.encode())
        assert_problem(answer, 400, answer.body["code"])
        assert len(json.dumps(answer.body)) < 2_000


def test_a_pointer_that_is_too_long_leads_to_what_is_around(world: World) -> None:
    names = ["around", "k" * 990, "further"]
    text = "".join(f'{{"{name}": ' for name in names) + "1e1001" + "}" * len(names)
    answer = world.post(text.encode())
    assert answer.body["pointer"] == f"/around/{'k' * 990}"
    answer = world.post(text.replace("k" * 990, "k" * 993).encode())
    assert answer.body["pointer"] == "/around"


KEYS: dict[str, tuple[dict[str, str], int, str]] = {
    "no key": ({"content-type": "application/json"}, 401, "UNAUTHENTICATED"),
    "wrong key": ({"x-api-key": "dvss_" + "A" * 43, "content-type": "application/json"}, 401, "UNAUTHENTICATED"),
    "no key at all": ({"x-api-key": "", "content-type": "application/json"}, 401, "UNAUTHENTICATED"),
}


@pytest.mark.parametrize("name", KEYS)
def test_without_a_key_in_force_nothing_is_read(world: World, name: str) -> None:
    headers, status, code = KEYS[name]
    answer = world.post(b"{", headers=headers)
    assert_problem(answer, status, code)
    assert world.traces() == (0, 0, 0)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "", "application/jsonx"])
def test_another_content_type_is_refused(world: World, content_type: str) -> None:
    answer = world.post(VALID, headers={"x-api-key": world.api_key, "content-type": content_type})
    assert_problem(answer, 415, "UNSUPPORTED_MEDIA_TYPE")


def test_a_content_encoding_is_refused(world: World) -> None:
    headers = {"x-api-key": world.api_key, "content-type": "application/json; charset=utf-8"}
    assert_problem(world.post(VALID, headers=headers | {"content-encoding": "gzip"}), 415, "UNSUPPORTED_MEDIA_TYPE")
    assert world.post(VALID, headers=headers).status == 202


def test_two_keys_in_one_request_are_none(world: World) -> None:
    headers = {"x-api-key": [world.api_key, world.api_key], "content-type": ["application/json"]}
    assert_problem(world.post(VALID, multiValueHeaders=headers), 401, "UNAUTHENTICATED")


def test_a_batch_that_is_none_is_refused_as_a_whole(world: World) -> None:
    for body, status, code in (
        (b'{"events": []}', 422, "ENVELOPE_INVALID"),
        (b'{"events": [1]}', 422, "ENVELOPE_INVALID"),
        (json.dumps({"events": [envelope()] * 101}).encode(), 422, "ENVELOPE_INVALID"),
        (b'{"events": [{"a": 1, "a": 2}]}', 400, "DUPLICATE_KEY"),
        (b" " * 4_194_305, 413, "PAYLOAD_TOO_LARGE"),
    ):
        assert_problem(world.call("POST", "/v1/events/batch", body), status, code)
    assert world.traces() == (0, 0, 0)


@pytest.mark.parametrize("signature", ["", "AAAA", "not base64 !", "é"])
def test_a_webhook_with_a_wrong_signature_is_refused(world: World, signature: str) -> None:
    assert_problem(world.post_square(b"{}", signature=signature), 401, "UNAUTHENTICATED")
    assert world.traces() == (0, 0, 0)


def test_a_vendor_that_sends_too_fast_is_told_when_to_try_again(world: World) -> None:
    from dataclasses import replace

    from tests.handlers.world import OtherRegistry

    profile = REGISTRY.vendor("vendorA")
    assert profile is not None
    world.use(OtherRegistry(replace(profile, requests_per_second=1, burst=2)))
    answers = [world.post(envelope(str(number))) for number in range(3)]
    assert [answer.status for answer in answers] == [202, 202, 429]
    assert_problem(answers[2], 429, "THROTTLED")
    assert answers[2].headers["retry-after"] == "1"
    world.clock.advance(seconds=1)
    assert world.post(envelope("later")).status == 202


def test_unknown_routes_and_methods_are_problems(world: World) -> None:
    assert_problem(world.call("GET", "/v1/nothing"), 404, "NOT_FOUND")
    refused = world.call("DELETE", "/v1/events")
    assert_problem(refused, 405, "METHOD_NOT_ALLOWED")
    assert refused.headers["allow"] == "POST"
    assert world.call("GET", "/v1/health").body == {"status": "OK"}
