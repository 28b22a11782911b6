"""Native webhooks: read by the mapping, named by what is signed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from generated.registry import REGISTRY
from generated.runtime.binding import WebhookBinding, WebhookEnvelope
from generated.runtime.mapping import OMIT, Rejected
from handlers.core.digests import payload_digest
from handlers.core.quarantine import conflict_id, release
from handlers.values import ReasonCode, Status, Violation
from tests.handlers.deployments import OTHER_VERSION, profile_of
from tests.handlers.world import OtherRegistry

if TYPE_CHECKING:
    from tests.handlers.world import World

COUNTS = Path(__file__).parents[1] / "golden/square/inventory.count.updated/several-counts/raw.json"


def counts(**changes: Any) -> bytes:
    return json.dumps(json.loads(COUNTS.read_bytes()) | changes).encode()


def reading(envelope: WebhookEnvelope, **changes: Any) -> OtherRegistry:
    """The registry after a deployment whose mapping reads every body as ``envelope``."""
    webhook = WebhookBinding(read=lambda *_: envelope, ignore=frozenset())
    return OtherRegistry(replace(profile_of("square"), webhook=webhook, mapping_version=OTHER_VERSION, **changes))


READABLE = WebhookEnvelope("inventory.count.updated", "e-1", "2026-01-30T20:15:12Z")


def test_a_body_that_could_not_be_read_is_read_anew_when_released(world: World) -> None:
    def failing(*_: object) -> WebhookEnvelope:
        raise Rejected(rule="webhook/external_event_id", code="ABSENT", pointer="/id", expected="a text", found=OMIT)

    webhook = WebhookBinding(read=failing, ignore=frozenset())
    world.use(OtherRegistry(replace(profile_of("square"), webhook=webhook)))
    answer = world.post_square(COUNTS.read_bytes())
    world.drain()
    kept = world.app.quarantine.get("square", answer.body["ingestId"])
    assert kept is not None
    (violation,) = kept.violations
    assert (kept.reason, violation.pointer) == (ReasonCode.ENVELOPE_UNREADABLE, "/id")
    assert violation.rule is not None
    assert violation.rule.startswith("mappings/square.yaml:")
    assert (kept.external_event_id[:7], kept.event_type, kept.occurred_at) == ("sha256:", "events", None)
    world.use(REGISTRY)
    release(world.app, kept)
    world.drain()
    events = world.feed()
    # Its id stays the one that it was accepted under: an identity does not change.
    assert {event["externalEventId"] for event in events} == {kept.external_event_id}
    assert {event["occurredAt"] for event in events} == {json.loads(COUNTS.read_bytes())["created_at"]}
    assert len(events) == 3


NO_ID = "the event id that the mapping reads is not 1 to 256 printable characters"
NO_TYPE = "the event type that the mapping reads is none: letters, digits, '.', '_', '/' and '-'"
NO_TIME = "the time that the mapping reads is no RFC 3339 time"


@pytest.mark.parametrize(
    ("envelope", "code", "message"),
    [
        (replace(READABLE, external_event_id="x" * 257), "EVENT_ID_INVALID", NO_ID),
        (replace(READABLE, external_event_id="a\nb"), "EVENT_ID_INVALID", NO_ID),
        (replace(READABLE, external_event_id=" a"), "EVENT_ID_INVALID", NO_ID),
        (replace(READABLE, external_event_id=""), "EVENT_ID_INVALID", NO_ID),
        (replace(READABLE, event_type="a b"), "EVENT_TYPE_INVALID", NO_TYPE),
        (replace(READABLE, event_type="x" * 129), "EVENT_TYPE_INVALID", NO_TYPE),
        (replace(READABLE, occurred_at="yesterday"), "OCCURRED_AT_INVALID", NO_TIME),
        (replace(READABLE, occurred_at="2026-01-30T20:15:12"), "OCCURRED_AT_INVALID", NO_TIME),
    ],
)
def test_what_a_mapping_reads_must_be_an_id_a_type_and_a_time(
    world: World, envelope: WebhookEnvelope, code: str, message: str
) -> None:
    world.use(reading(envelope))
    answer = world.post_square(COUNTS.read_bytes())
    assert answer.status == 202
    world.drain()
    kept = world.app.quarantine.get("square", answer.body["ingestId"])
    assert kept is not None
    assert kept.reason is ReasonCode.ENVELOPE_UNREADABLE
    assert kept.violations == (Violation("", code, message, profile_of("square").source),)


def test_a_time_with_an_offset_is_told_in_utc(world: World) -> None:
    world.use(reading(replace(READABLE, occurred_at="2026-01-30T15:15:12.123456789-05:00")))
    world.post_square(COUNTS.read_bytes())
    world.drain()
    assert {event["occurredAt"] for event in world.feed()} == {"2026-01-30T20:15:12.123456789Z"}
    assert world.record("e-1", "square").occurred_at == "2026-01-30T15:15:12.123456789-05:00"


def test_what_a_sender_changes_on_each_retry_makes_no_conflict(world: World) -> None:
    world.use(OtherRegistry(replace(profile_of("square"), digest_without=(("attempt",), ("meta", "sent at")))))
    first = world.post_square(counts(attempt=1, meta={"sent at": 1, "kept": 1}))
    again = world.post_square(counts(attempt=2, meta={"sent at": 2, "kept": 1}))
    assert (again.status, again.body["status"], again.body["ingestId"]) == (200, "DUPLICATE", first.body["ingestId"])
    assert world.post_square(counts(attempt=1, meta={"sent at": 1, "kept": 2})).body["status"] == "CONFLICT"
    # A later mapping compares all of it, but a retry of this event is compared as the event was.
    world.use(REGISTRY)
    assert world.post_square(counts(attempt=3, meta={"kept": 1})).body["status"] == "DUPLICATE"
    unreadable = [world.post_square(json.dumps({"attempt": number}).encode()) for number in (1, 1, 2)]
    assert [answer.status for answer in unreadable] == [202, 200, 202]


def test_a_conflict_is_kept_under_the_rule_that_its_event_was_accepted_under(world: World) -> None:
    world.use(OtherRegistry(replace(profile_of("square"), digest_without=(("attempt",),))))
    world.post_square(counts(attempt=1))
    world.use(REGISTRY)
    assert world.post_square(counts(attempt=2, other=1)).body["status"] == "CONFLICT"
    row = world.record(json.loads(COUNTS.read_bytes())["event_id"], "square")
    of_another = payload_digest(row.digest_rule, row.event_type, row.occurred_at, json.loads(counts(other=1)))
    kept = world.app.quarantine.get("square", conflict_id(row.key, of_another))
    assert kept is not None
    assert (kept.digest_rule, kept.payload_digest) == (row.digest_rule, of_another)
    assert kept.violations[0].message == f"The event id was first used by {row.ingest_id} for another payload."


def test_an_unreadable_body_is_named_without_what_a_retry_changes(world: World) -> None:
    world.use(OtherRegistry(replace(profile_of("square"), digest_without=(("attempt",),))))
    answers = [world.post_square(json.dumps({"hello": 1, "attempt": number}).encode()) for number in (1, 2)]
    assert [answer.status for answer in answers] == [202, 200]


def test_a_vendor_that_has_no_webhooks_any_more_keeps_what_it_sent(world: World) -> None:
    answer = world.post_square(COUNTS.read_bytes())
    world.use(OtherRegistry(replace(profile_of("square"), webhook=None)))
    world.drain()
    kept = world.app.quarantine.get("square", answer.body["ingestId"])
    assert kept is not None
    assert [one.code for one in kept.violations] == ["NO_WEBHOOK"]
    (record,) = world.app.queries.events(
        vendor_id="square", received_from=None, received_before=None, after=None, limit=9
    )
    assert record.status is Status.FAILED_NORMALIZE


def test_a_body_that_is_no_json_leaves_no_trace(world: World) -> None:
    for body in (b"", b"{", b"\xff", b'{"a": 1, "a": 2}'):
        answer = world.post_square(body)
        assert answer.status == 400
    assert world.traces() == (0, 0, 0)


@pytest.mark.parametrize("topic", ["", "a/b", "../x", "a b", "é", "x" * 129])
def test_a_topic_that_nobody_can_subscribe_is_not_found(world: World, topic: str) -> None:
    parameters = {"vendorId": "square", "topic": topic}
    answer = world.call("POST", "/v1/webhooks/{vendorId}/{topic}", b"{}", pathParameters=parameters)
    assert answer.status == 404
