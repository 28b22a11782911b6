"""What the system says about its work: log lines and counters, and what they must never hold."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from handlers.values import TransientError
from tests.handlers.test_accept_edges import Around, put_in_place
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from tests.handlers.world import World

ALLOWED = frozenset(
    {"requestId", "ingestId", "vendorId", "externalEventId", "rawS3Key", "status", "code", "latencyMs", "error"}
)
_PLAIN = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
CANARY = "canary-7f3a"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG)
    return caplog


def fields(record: logging.LogRecord) -> dict[str, Any]:
    return {name: value for name, value in vars(record).items() if name not in _PLAIN}


def of(lines: pytest.LogCaptureFixture, logger: str) -> list[dict[str, Any]]:
    return [fields(record) for record in lines.records if record.name == logger]


def test_a_request_is_one_line(world: World, lines: pytest.LogCaptureFixture) -> None:
    answer = world.post(envelope())
    world.post(envelope())
    world.post(envelope(payload={"qty": 1}))
    world.post(b"{")
    name = answer.body["ingestId"]
    event = {
        "requestId": "request-1",
        "ingestId": name,
        "vendorId": "vendorA",
        "externalEventId": "inv-1",
        "rawS3Key": f"raw/vendorA/2026/02/01/{name}.json",
        "latencyMs": 0.0,
    }
    assert of(lines, "dvss.ingest") == [
        event | {"status": "ACCEPTED"},
        event | {"status": "DUPLICATE"},
        event | {"status": "CONFLICT", "code": "CONFLICT"},
        {"requestId": "request-1", "vendorId": "vendorA", "status": 400, "code": "NOT_JSON", "latencyMs": 0.0},
    ]


def test_each_event_of_a_batch_has_its_line(world: World, lines: pytest.LogCaptureFixture) -> None:
    world.post_batch(envelope("a"), envelope("b"), {})
    *events, request = of(lines, "dvss.ingest")
    assert [(line["externalEventId"], line["status"]) for line in events] == [("a", "ACCEPTED"), ("b", "ACCEPTED")]
    assert (request["status"], request["vendorId"]) == (200, "vendorA")


def test_normalizing_is_one_line_an_event(world: World, lines: pytest.LogCaptureFixture) -> None:
    world.post(envelope())
    world.post(envelope("bad", payload={"qty": "many"}))
    world.clock.advance(seconds=2)
    world.drain()
    found = {line["externalEventId"]: line for line in of(lines, "dvss.normalize")}
    assert found["inv-1"]["status"] == "NORMALIZED"
    assert found["bad"]["status"] == "PAYLOAD_INVALID"
    assert {line["latencyMs"] for line in found.values()} == {2000.0}
    assert found["inv-1"].keys() == {"ingestId", "vendorId", "externalEventId", "rawS3Key", "status", "latencyMs"}


def test_what_the_bus_does_not_take_is_told_by_name(world: World, lines: pytest.LogCaptureFixture) -> None:
    bus = world.app.bus

    def failing(_: object) -> None:
        message = "the bus is throttled"
        raise TransientError(message)

    put_in_place(world, bus=Around(bus, publish=failing))
    failed = world.post(envelope("a"))
    put_in_place(world, bus=Around(bus, publish=lambda messages: messages))
    refused = world.post(envelope("b"))
    assert (failed.status, refused.status) == (202, 202)
    assert [(one.getMessage(), fields(one)) for one in lines.records if one.name == "dvss.outbox"] == [
        ("ingest.accepted was not sent", {"ingestId": failed.body["ingestId"], "error": "the bus is throttled"}),
        ("ingest.accepted was refused", {"ingestId": refused.body["ingestId"]}),
    ]


def test_no_line_holds_a_payload_a_key_or_a_secret(world: World, lines: pytest.LogCaptureFixture) -> None:
    world.post(envelope("good", payload={"sku": CANARY, "note": CANARY}))
    world.post(envelope("good", payload={"sku": CANARY + "2"}))
    world.post(envelope("bad", payload={"qty": CANARY, CANARY: CANARY, "sku": f"{CANARY} !"}))
    world.post(json.dumps(envelope("invalid", occurredAt=CANARY)).encode())
    world.post(f'{{"{CANARY}": "{CANARY}'.encode())
    world.post_square(json.dumps({"type": CANARY, "event_id": {CANARY: 1}, "created_at": CANARY}).encode())
    world.post_square(b"{}", signature=CANARY)
    world.post(envelope(), headers={"x-api-key": f"dvss_{CANARY}", "content-type": "application/json"})
    world.settle()
    assert len(lines.records) > 10
    for record in lines.records:
        text = record.getMessage() + json.dumps(fields(record), default=repr) + str(record.exc_text)
        for secret in (CANARY, world.api_key, world.secret):
            assert secret not in text, record.name


def test_lines_hold_allowed_fields_alone(world: World, lines: pytest.LogCaptureFixture) -> None:
    world.post(envelope())
    world.post_batch(envelope("a"), {})
    world.post(b"")
    world.status_of("inv-1")
    world.settle()
    ours = [record for record in lines.records if record.name in {"dvss.ingest", "dvss.normalize", "dvss.outbox"}]
    assert {name for record in ours for name in fields(record)} <= ALLOWED


def test_what_is_counted(world: World) -> None:
    world.post(envelope())
    world.post(envelope())
    world.post(envelope(payload={"qty": 1}))
    world.post_batch(envelope("a"), envelope("a"), envelope("bad", payload={"qty": "x"}), {}, envelope(vendorId="b"))
    world.post(b"{")
    world.post(envelope(), headers={})
    world.call("GET", "/v1/nothing")
    world.status_of("nobody")
    world.drain()
    counted = {(name, *dict(dimensions).items()): count for (name, dimensions), count in world.metrics.counts.items()}
    assert counted == {
        ("dvss.ingest.accepted", ("vendorId", "vendorA")): 3,
        ("dvss.ingest.duplicate", ("vendorId", "vendorA")): 2,
        ("dvss.ingest.failed_validation", ("reason", "CONFLICT")): 1,
        ("dvss.ingest.failed_validation", ("reason", "ENVELOPE_INVALID")): 1,
        ("dvss.ingest.failed_validation", ("reason", "VENDOR_MISMATCH")): 1,
        ("dvss.ingest.failed_validation", ("reason", "NOT_JSON")): 1,
        ("dvss.normalize.success", ("eventType", "InventoryUpdated")): 2,
        ("dvss.normalize.failed", ("reason", "PAYLOAD_INVALID")): 1,
        ("dvss.pipeline.latency_ms", ("stage", "normalize")): 3,
    }
