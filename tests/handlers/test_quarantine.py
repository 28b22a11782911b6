"""What a quarantine record says, and to whom."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from handlers.core.quarantine import fingerprint
from handlers.core.sweeping import MAX_ATTEMPTS, sweep
from handlers.core.validation import violations_of
from handlers.values import ReasonCode, Violation
from tests.handlers.deployments import inventory_by, stock
from tests.handlers.test_accept_edges import Around, put_in_place
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from handlers.values import BusMessage
    from tests.handlers.world import World

INVALID = ReasonCode.PAYLOAD_INVALID


def found(pointer: str, code: str = "TYPE", rule: str | None = None, message: str = "whatever it says") -> Violation:
    return Violation(pointer, code, message, rule)


def test_one_cause_has_one_fingerprint() -> None:
    def made(*violations: Violation, reason: ReasonCode = INVALID, vendor: str = "a", event: str = "e") -> str:
        return fingerprint(reason, vendor, event, violations)

    one = made(found("/lines/3/qty"), found("/lines/7/qty"))
    assert one == made(found("/lines/0/qty", message="whatever else it says"))
    assert made(found("/a"), found("/b")) == made(found("/b"), found("/a"), found("/b"))
    others = [
        made(found("/lines/3/price")),
        made(found("/lines/3/qty", "MINIMUM")),
        made(found("/lines/3/qty", rule="mappings/a.yaml:3")),
        made(found("/lines/3/qty"), reason=ReasonCode.MAPPING_REJECTED),
        made(found("/lines/3/qty"), vendor="b"),
        made(found("/lines/3/qty"), event="f"),
        made(found("/lines/3", "REQUIRED", message="'qty' is a required property")),
        made(found("/lines/3", "REQUIRED", message="'price' is a required property")),
    ]
    assert len({one, *others}) == 9


def listening(world: World) -> list[BusMessage]:
    """Every message that leaves from now on."""
    sent: list[BusMessage] = []
    bus = world.app.bus

    def publish(messages: Any) -> Any:
        sent.extend(messages)
        return bus.publish(messages)

    put_in_place(world, bus=Around(bus, publish=publish))
    return sent


def test_each_quarantine_is_told_once_with_nothing_of_the_payload(world: World) -> None:
    sent = listening(world)
    world.post(envelope("bad", payload={"qty": "a-secret"}))
    world.post(envelope())
    for _ in range(3):
        world.post(envelope(payload={"qty": 13}))
    world.drain()
    failures = [message for message in sent if message.detail_type == "normalize.failed"]
    assert len({message.message_id for message in failures}) == len(failures) == 2
    details = {detail["reason"]: detail for detail in (json.loads(message.detail) for message in failures)}
    bad = world.record("bad")
    kept = world.kept("bad")
    assert kept is not None
    assert details["PAYLOAD_INVALID"] == {
        "vendorId": "vendorA",
        "itemId": bad.ingest_id,
        "ingestId": bad.ingest_id,
        "externalEventId": "bad",
        "eventType": "inventory_update",
        "stage": "normalize",
        "reason": "PAYLOAD_INVALID",
        "fingerprint": kept.fingerprint,
        "rawRef": {"bucket": bad.raw.bucket, "key": bad.raw.key},
    }
    assert details["EVENT_ID_REUSE_DIFFERENT_PAYLOAD"]["stage"] == "accept"
    assert world.left_in_outbox() == 0


def test_a_claim_check_leads_to_a_batchs_item(world: World) -> None:
    sent = listening(world)
    world.post_batch(envelope("a"), envelope("b"))
    world.drain()
    for message in sent:
        detail = json.loads(message.detail)
        record = world.record(detail["externalEventId"])
        raw = {"bucket": "raw", "key": record.raw.key, "offset": record.raw.offset, "length": record.raw.length}
        assert detail["rawRef"] == raw


def test_every_violation_is_listed_up_to_twenty(world: World) -> None:
    payload = {f"/{number}": number for number in range(30)}
    world.use(inventory_by(lambda *_: [stock({"qty": "x"}, sku=1)] * 30))
    world.post(envelope(payload=payload))
    world.drain()
    kept = world.kept()
    assert kept is not None
    assert kept.reason is ReasonCode.CANONICAL_INVALID
    assert len(kept.violations) == 20
    assert {violation.pointer for violation in kept.violations[:4]} == {
        "/0/quantityOnHand", "/0/sku", "/1/quantityOnHand", "/1/sku",
    }  # fmt: skip


def test_what_a_violation_quotes_is_bounded() -> None:
    long = "x" * 5_000
    validator = jsonschema_rs.Draft202012Validator(
        {"properties": {"a": {"additionalProperties": False}, long: {"type": "string"}}}
    )
    violations = violations_of(validator, {"a": {long: 1}, long: 2})
    assert sorted(len(one.pointer) for one in violations) == [0, 2]
    assert max(len(one.message) for one in violations) < 600


def test_an_event_is_sent_again_ever_more_seldom(world: World) -> None:
    world.post(envelope())
    world.messages()
    waits = []
    for attempt in range(MAX_ATTEMPTS):
        due = world.record().dispatch_at
        assert due is not None
        world.clock.moment = due
        assert sweep(world.app).sent == 0
        world.clock.advance(microseconds=1)
        assert sweep(world.app).sent == 1
        world.messages()
        after = world.record()
        assert after.attempts == attempt + 1
        assert after.dispatch_at is not None
        waits.append((after.dispatch_at - world.clock.moment).total_seconds())
    assert waits == [120, 240, 480, 960, 1920, 3840, 7680, 15360, 21600, 21600, 21600, 21600]
    world.clock.advance(hours=7)
    report = sweep(world.app)
    assert (report.sent, report.parked, world.record().parked) == (0, 1, True)
    assert replace(report, parked=0) == type(report)()
