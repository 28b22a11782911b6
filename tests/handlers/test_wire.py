"""The shapes of API Gateway and SQS, in all the ways in which they come."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from handlers import normalize
from handlers.wire import read_request
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from tests.handlers.world import World

EVENT: dict[str, Any] = {
    "httpMethod": "POST",
    "resource": "/v1/webhooks/{vendorId}/{topic}",
    "pathParameters": {"vendorId": "a", "topic": "b.c"},
    "headers": None,
    "multiValueHeaders": None,
    "body": None,
    "isBase64Encoded": False,
    "requestContext": {"requestId": "r"},
}


def test_a_request_without_anything_optional() -> None:
    request = read_request({name: value for name, value in EVENT.items() if value is not None})
    assert (request.body, request.headers, request.header("x")) == (b"", {}, None)
    assert request.path == "/v1/webhooks/a/b.c"


def test_whom_the_gateway_has_admitted_stands_in_the_context_alone() -> None:
    context = {"requestId": "r", "authorizer": {"admitted": "a"}}
    assert read_request(EVENT | {"requestContext": context}).admitted == "a"
    without: list[dict[str, Any]] = [{}, {"authorizer": {}}, {"authorizer": {"admitted": None}}]
    for other in without:
        event = EVENT | {"requestContext": {"requestId": "r"} | other, "headers": {"admitted": "a"}}
        assert read_request(event).admitted is None


def test_headers_are_found_in_any_case_and_keep_every_value() -> None:
    request = read_request(EVENT | {"headers": {"X-A": "2"}, "multiValueHeaders": {"X-A": ["1", "2"], "x-B": ["3"]}})
    assert request.headers == {"x-a": ["1", "2"], "x-b": ["3"]}
    assert (request.header("x-a"), request.header("x-b")) == (None, "3")
    assert read_request(EVENT | {"headers": {"X-A": "2", "x-a": "1"}}).header("x-a") is None


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff\x00", "é".encode()])
def test_a_body_in_base64_is_exact(body: bytes) -> None:
    encoded = base64.b64encode(body).decode()
    assert read_request(EVENT | {"body": encoded, "isBase64Encoded": True}).body == body


def test_a_body_as_text_is_utf_8(world: World) -> None:
    assert read_request(EVENT | {"body": "é"}).body == "é".encode()
    text = json.dumps(envelope(), ensure_ascii=False)
    assert world.call("POST", "/v1/events", body=b"", isBase64Encoded=False).status == 400
    lone = {"body": text.replace("ROA", "\ud800"), "isBase64Encoded": False}
    answer = _event(world, lone)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (400, "NOT_UTF8")
    assert _event(world, {"body": text, "isBase64Encoded": False})["statusCode"] == 202


def _event(world: World, changes: dict[str, Any]) -> dict[str, Any]:
    from handlers import ingest

    headers = {"X-Api-Key": world.api_key, "Content-Type": "application/json"}
    return ingest.answer(EVENT | {"resource": "/v1/events", "headers": headers} | changes, world.app)


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        ("application/json", ("application/json", None)),
        ("Application/JSON ; Charset=UTF-8", ("application/json", "utf-8")),
        ('application/json;charset="utf-8"', ("application/json", "utf-8")),
        ("application/json; charset=utf-16", ("application/json", "utf-16")),
        ("application/json; version=1", ("application/json", None)),
        ("text/json", ("text/json", None)),
        ('application/json; charset=utf-16; a="; charset=utf-8"', ("application/json", "utf-16")),
        (r'application/json;; a="\";" ;charset=utf-8; ', ("application/json", "utf-8")),
        ("application/json;" + " " * 239, ("application/json", None)),
    ],
)
def test_media_types_are_read_with_their_parameters(sent: str, expected: tuple[str, str | None]) -> None:
    assert read_request(EVENT | {"headers": {"content-type": sent}}).content_type() == expected


@pytest.mark.parametrize(
    "sent",
    [
        *("", ";", "json", "é/é", "application/json application/json", "application/j\u017fon"),
        *("application/json; charset", "application/json; charset=", 'application/json; a="', "application/json\n"),
        "application/json;" + " " * 240,
    ],
)
def test_what_is_no_media_type_is_not_json(sent: str) -> None:
    assert read_request(EVENT | {"headers": {"content-type": sent}}).content_type() == ("", None)


@pytest.mark.parametrize(
    "sent",
    [
        "application/json; charset*0*=%00''x",
        "application/json; charset*" + "9" * 5_000 + "=x",
        'application/json; a="' + '\\";' * 10_000,
    ],
    ids=["null", "digits", "quotes"],
)
def test_a_hostile_media_type_is_refused_as_a_wrong_one(world: World, sent: str) -> None:
    headers = {"X-Api-Key": world.api_key, "Content-Type": sent}
    answer = _event(world, {"body": json.dumps(envelope()), "headers": headers})
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (415, "UNSUPPORTED_MEDIA_TYPE")


@example("application/json; charset*0*=%00''x")
@given(st.text() | st.text("application/json;charset*019%'=\"\\ \t\0", max_size=60).map("application/json;".__add__))
def test_whatever_stands_in_a_content_type_is_a_media_type_or_none(sent: str) -> None:
    media_type, charset = read_request(EVENT | {"headers": {"content-type": sent}}).content_type()
    assert media_type.count("/") == (1 if media_type else 0)
    assert (media_type, charset) == (media_type.lower(), charset and charset.lower())


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"detail": {}}', '{"detail": {"ingestId": 1}}'])
def test_a_message_that_is_none_of_ours_fails_alone(world: World, body: str) -> None:
    world.post(envelope())
    records = [{"messageId": "strange", "body": body}, *world.messages()]
    assert normalize.answer({"Records": records}, world.app) == {"batchItemFailures": [{"itemIdentifier": "strange"}]}
    assert len(world.feed()) == 1
