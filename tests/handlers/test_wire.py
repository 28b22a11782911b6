"""The shapes of API Gateway and SQS, in all the ways in which they come."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

import pytest

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
    ("given", "expected"),
    [
        ("application/json", ("application/json", None)),
        ("Application/JSON ; Charset=UTF-8", ("application/json", "utf-8")),
        ('application/json;charset="utf-8"', ("application/json", "utf-8")),
        ("application/json; charset=utf-16", ("application/json", "utf-16")),
        ("application/json; version=1", ("application/json", None)),
        ("text/json", ("text/json", None)),
    ],
)
def test_media_types_are_read_with_their_parameters(given: str, expected: tuple[str, str | None]) -> None:
    assert read_request(EVENT | {"headers": {"content-type": given}}).content_type() == expected


@pytest.mark.parametrize("given", ["", ";", "json", "é/é", "application/json application/json"])
def test_what_is_no_media_type_is_not_json(given: str) -> None:
    assert read_request(EVENT | {"headers": {"content-type": given}}).content_type()[0] != "application/json"


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"detail": {}}', '{"detail": {"ingestId": 1}}'])
def test_a_message_that_is_none_of_ours_fails_alone(world: World, body: str) -> None:
    world.post(envelope())
    records = [{"messageId": "strange", "body": body}, *world.messages()]
    assert normalize.answer({"Records": records}, world.app) == {"batchItemFailures": [{"itemIdentifier": "strange"}]}
    assert len(world.feed()) == 1
