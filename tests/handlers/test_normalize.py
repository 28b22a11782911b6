"""What becomes of an accepted event: canonical events, quarantine, release, correction, replay."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from generated.registry import REGISTRY
from handlers import normalize
from handlers.core.normalization import Normalized, Result
from handlers.core.normalization import normalize as normalize_one
from handlers.core.quarantine import NotReleasedError, release, release_correction
from handlers.core.replaying import ReplayOutcome, replay
from handlers.values import CompletionResult, IdempotencyKey, RawMissingError, ReasonCode, Status
from handlers.wire import queued_messages
from tests.handlers.deployments import mapped_by, profile_of
from tests.handlers.test_accept_edges import Around, put_in_place
from tests.handlers.world import OtherRegistry, envelope

if TYPE_CHECKING:
    from generated.runtime.binding import EventBinding
    from handlers.values import Completion, QuarantineRecord
    from tests.handlers.world import World

COUNTS = Path(__file__).parents[1] / "golden/square/inventory.count.updated/several-counts/raw.json"


def record_of(world: World, external_event_id: str = "inv-1", vendor_id: str = "vendorA") -> Any:
    key = IdempotencyKey(vendor_id, external_event_id)
    return world.app.index.read([key], consistent=True)[key]


def kept(world: World, external_event_id: str = "inv-1") -> Any:
    return world.app.quarantine.get("vendorA", record_of(world, external_event_id).ingest_id)


def why(record: QuarantineRecord) -> tuple[ReasonCode, str]:
    """With the text of its only violation."""
    (violation,) = record.violations
    return record.reason, violation.message


def test_one_payload_becomes_several_events_in_order(world: World) -> None:
    answer = world.post_square(COUNTS.read_bytes())
    assert answer.status == 202
    world.drain()
    ingest_id = answer.body["ingestId"]
    events = world.feed()
    assert [event["eventId"] for event in events] == [ingest_id, f"{ingest_id}-1", f"{ingest_id}-2"]
    (version,) = {event["schemaVersion"] for event in events}
    assert record_of(world, events[0]["externalEventId"], "square").schema_version == version == "1.0"
    assert [event["data"]["quantityOnHand"] for event in events] == [11, -2, 40]
    validator = REGISTRY.validator("normalized-event")
    assert [list(validator.iter_errors(event)) for event in events] == [[], [], []]


def test_an_event_type_without_a_mapping_waits_for_one(world: World) -> None:
    assert world.post(envelope(eventType="stock_take")).status == 202
    world.drain()
    assert kept(world).reason is ReasonCode.NO_MAPPING
    assert world.feed() == []
    profile = REGISTRY.vendor("vendorA")
    assert profile is not None
    binding: EventBinding = replace(profile.events["inventory_update"][0], event_type="stock_take")
    events = {**profile.events, "stock_take": (binding,)}
    world.use(OtherRegistry(replace(profile, events=events, mapping_version="sha256:" + "e" * 64)))
    release(world.app, kept(world))
    world.drain()
    assert [event["data"]["sku"] for event in world.feed()] == ["ABC-001"]
    assert kept(world).released_at is not None


def test_a_version_without_a_mapping_is_told_with_those_that_there_are(world: World) -> None:
    binding = profile_of("vendorA").events["inventory_update"][0]
    versions = tuple(replace(binding, version=name) for name in ("1.0", "2.0"))
    world.use(OtherRegistry(replace(profile_of("vendorA"), events={"inventory_update": versions})))
    world.post(envelope("new", schemaVersion="2.0"))
    world.post(envelope("newer", schemaVersion="3.0"))
    world.drain()
    said = "mappings/vendorA.yaml maps no such version of 'inventory_update'; it maps 1.0, 2.0."
    assert record_of(world, "new").status is Status.NORMALIZED
    assert why(kept(world, "newer")) == (ReasonCode.NO_MAPPING, said)


def test_an_invalid_payload_is_quarantined_with_every_violation_and_no_value(world: World) -> None:
    world.post(envelope(payload={"sku": "secret sku!", "qty": "a-secret-quantity"}))
    assert world.drain() == []
    found = kept(world)
    assert found.reason is ReasonCode.PAYLOAD_INVALID
    assert {(one.pointer, one.code) for one in found.violations} == {("/qty", "TYPE"), ("/sku", "PATTERN")}
    assert "secret" not in repr(found.violations)
    status = world.status_of("inv-1").body
    assert (status["status"], status["quarantine"]["reason"]) == ("FAILED_NORMALIZE", "PAYLOAD_INVALID")
    assert REGISTRY.validator("event-status").is_valid(status)


def test_a_rejection_names_the_mapping_file_and_line(world: World) -> None:
    body = json.loads(COUNTS.read_bytes())
    body["data"]["object"]["inventory_counts"][0]["quantity"] = "1.5"
    answer = world.post_square(json.dumps(body).encode())
    world.drain()
    found = world.app.quarantine.get("square", answer.body["ingestId"])
    assert found is not None
    (violation,) = found.violations
    assert (found.reason, violation.code) == (ReasonCode.MAPPING_REJECTED, "NOT_CONVERTIBLE")
    assert violation.pointer == "/data/object/inventory_counts/0/quantity"
    lines = Path("mappings/square.yaml").read_text(encoding="utf-8").splitlines()
    file, _, line = (violation.rule or "").partition(":")
    assert (file, lines[int(line) - 1].strip()) == (
        "mappings/square.yaml",
        "quantityOnHand: quantity | integer or quarantine",
    )
    assert world.feed() == []


def test_an_ignored_event_is_stored_and_becomes_nothing(world: World) -> None:
    body = {"type": "catalog.version.updated", "event_id": "e-1", "created_at": "2026-01-30T20:15:12Z"}
    assert world.post_square(json.dumps(body).encode()).status == 202
    world.drain()
    record = record_of(world, "e-1", "square")
    assert (record.status, record.normalized, world.feed()) == (Status.NORMALIZED, (), [])


def test_a_signed_body_that_does_not_say_what_it_is_is_kept(world: World) -> None:
    for body in (b'{"hello": 1}', b"[1]", b'"text"', b'{"type": "payment.created", "event_id": {}, "created_at": 5}'):
        first = world.post_square(body)
        assert (first.status, world.post_square(body).status) == (202, 200)
        world.drain()
        found = world.app.quarantine.get("square", first.body["ingestId"])
        assert found is not None
        assert found.reason is ReasonCode.ENVELOPE_UNREADABLE


def test_a_webhooks_conflict_is_answered_2xx_and_kept(world: World) -> None:
    body = {"type": "payment.created", "event_id": "e-1", "created_at": "2026-01-30T20:15:12Z"}
    assert world.post_square(json.dumps(body).encode()).status == 202
    answer = world.post_square(json.dumps(body | {"more": 1}).encode())
    assert (answer.status, answer.body["status"]) == (200, "CONFLICT")
    assert world.traces() == (2, 1, 1)


def test_tampered_raw_bytes_are_quarantined(world: World) -> None:
    world.post(envelope())

    class Tampered:
        def get(self, *_: object) -> bytes:
            return json.dumps(envelope(payload={"qty": 1_000})).encode()

    world.put_in(raw=Tampered())
    world.drain()
    said = "The raw bytes do not have the digest that was recorded."
    assert why(kept(world)) == (ReasonCode.RAW_CORRUPT, said)


def test_a_missing_raw_object_is_waited_for_then_quarantined(world: World) -> None:
    world.post(envelope())

    class Missing:
        def get(self, *_: object) -> bytes:
            raise RawMissingError

    world.put_in(raw=Missing())
    assert world.drain() == ["0"]
    world.settle()
    raw = record_of(world).raw.key
    assert why(kept(world)) == (ReasonCode.RAW_MISSING, f"There is no raw object at {raw}.")


def test_one_bad_message_of_a_batch_fails_alone(world: World) -> None:
    for name in ("a", "b", "c"):
        world.post(envelope(name))
    records = world.messages()
    broken = world.app.raw.get

    class Failing:
        def get(self, claim_check: Any) -> bytes:
            if claim_check.key == record_of(world, "b").raw.key:
                message = "an adapter's own bug"
                raise RuntimeError(message)
            return broken(claim_check)

    world.put_in(raw=Failing())
    answer = normalize.answer({"Records": records}, world.app)
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert [event["externalEventId"] for event in world.feed()] == ["a", "c"]


def test_a_message_delivered_again_changes_nothing(world: World) -> None:
    world.post(envelope())
    records = world.messages()
    for _ in range(3):
        assert normalize.answer({"Records": records}, world.app) == {"batchItemFailures": []}
    assert len(world.feed()) == 1
    assert world.metrics.total("dvss.normalize.success") == 1


def test_a_message_without_a_row_is_kept_not_dropped(world: World) -> None:
    world.post(envelope())
    (record,) = world.messages()
    for change, told in (
        (
            {"externalEventId": "nobody-knows"},
            (
                ReasonCode.UNKNOWN_EVENT,
                "The ingest index has no such event; its row was removed or never written.",
            ),
        ),
        (
            {"ingestId": "01KC6S5R4M0V0Z0QH8T9XW2B7C"},
            (ReasonCode.KEY_TAKEN, "The event id belongs to another accepted event."),
        ),
    ):
        detail = json.loads(record["body"])["detail"] | change
        message = {"messageId": "m", "body": json.dumps({"detail": detail})}
        assert normalize.answer({"Records": [message]}, world.app) == {"batchItemFailures": []}
        found = world.app.quarantine.get("vendorA", detail["ingestId"])
        assert found is not None
        assert why(found) == told
        assert (found.payload_digest, found.digest_rule, found.mapping_version) == ("", "", None)


def test_an_event_that_another_delivery_completed_meanwhile_is_a_repeat(world: World) -> None:
    world.post(envelope())
    (message,) = queued_messages({"Records": world.messages()})
    row, index = record_of(world), world.app.index

    def complete(completion: Completion) -> CompletionResult:
        assert index.complete(completion) is CompletionResult.COMPLETED
        return index.complete(completion)

    put_in_place(world, index=Around(index, complete=complete))
    assert normalize_one(world.app, message.accepted()) == Normalized(Result.REPEATED, row)
    assert record_of(world).status is Status.NORMALIZED


def test_replay_under_the_same_mapping_is_refused(world: World) -> None:
    world.post(envelope())
    assert replay(world.app, record_of(world)) is ReplayOutcome.PENDING
    world.drain()
    assert replay(world.app, record_of(world)) is ReplayOutcome.SAME_MAPPING
    assert len(world.feed()) == 1


def test_replay_with_the_same_result_emits_nothing_and_keeps_every_byte(world: World) -> None:
    world.post(envelope())
    world.drain()
    before = record_of(world)
    body = world.app.normalized.get(before.normalized[0].key, before.normalized[0].version_id)
    profile = REGISTRY.vendor("vendorA")
    assert profile is not None
    world.use(mapped_by("vendorA", "inventory_update", profile.events["inventory_update"][0].mapper))
    assert replay(world.app, before) is ReplayOutcome.STARTED
    world.drain()
    after = record_of(world)
    assert (after.revision, after.normalized, after.mapping_version) == (1, before.normalized, "sha256:" + "f" * 64)
    assert world.app.normalized.get(after.normalized[0].key, after.normalized[0].version_id) == body
    assert len(world.feed()) == 1


def test_normalizing_the_same_raw_twice_gives_the_same_bytes(world: World) -> None:
    """A crash before the transaction leaves a normalized object behind; the next try writes the same bytes."""
    world.post_square(COUNTS.read_bytes())
    written: list[tuple[str, bytes]] = []
    store = world.app.normalized

    class Recording:
        def put(self, key: str, body: bytes) -> str:
            written.append((key, body))
            return store.put(key, body)

        def get(self, key: str, version_id: str) -> bytes:
            return store.get(key, version_id)

    index = world.app.index

    class Forgetful:
        def complete(self, _: object) -> Any:
            message = "lost before the transaction"
            raise RuntimeError(message)

        def __getattr__(self, name: str) -> Any:
            return getattr(index, name)

    records = world.messages()
    healthy = replace(world.app, normalized=Recording())
    normalize.answer({"Records": records}, replace(healthy, index=Forgetful()))
    world.clock.advance(minutes=5)
    normalize.answer({"Records": records}, healthy)
    assert len(written) == 6
    assert written[:3] == written[3:]
    assert len(world.feed()) == 3


def test_replay_with_another_result_supersedes(world: World) -> None:
    world.post(envelope())
    world.drain()
    world.use(
        mapped_by(
            "vendorA",
            "inventory_update",
            lambda payload, _: [{"warehouseId": payload["warehouse"], "sku": "NEW", "quantityOnHand": payload["qty"]}],
        )
    )
    assert replay(world.app, record_of(world)) is ReplayOutcome.STARTED
    world.drain()
    first, second = world.feed()
    assert (second["eventId"], second["revision"], second["supersedes"]) == (first["eventId"], 2, 1)
    assert second["data"]["sku"] == "NEW"
    assert REGISTRY.validator("normalized-event").is_valid(second)


def test_replay_with_fewer_events_retracts_the_rest(world: World) -> None:
    world.post_square(COUNTS.read_bytes())
    world.drain()
    profile = REGISTRY.vendor("square")
    assert profile is not None
    whole = profile.events["inventory.count.updated"][0].mapper
    world.use(mapped_by("square", "inventory.count.updated", lambda payload, known: whole(payload, known)[:1]))
    (record,) = world.app.queries.events(
        vendor_id="square", received_from=None, received_before=None, after=None, limit=10
    )
    assert replay(world.app, record) is ReplayOutcome.STARTED
    world.drain()
    again = world.feed()[3:]
    assert [(event["eventId"], event.get("retracted", False)) for event in again] == [
        (record.ingest_id, False),
        (f"{record.ingest_id}-1", True),
        (f"{record.ingest_id}-2", True),
    ]
    assert all("data" not in event for event in again[1:])
    assert all(REGISTRY.validator("normalized-event").is_valid(event) for event in again)


def test_a_release_before_the_fix_quarantines_again(world: World) -> None:
    world.post(envelope(payload={"qty": "many"}))
    world.drain()
    release(world.app, kept(world))
    world.drain()
    assert (kept(world).attempts, kept(world).released_at) == (2, None)
    assert record_of(world).status is Status.FAILED_NORMALIZE


def test_what_cannot_be_released_says_why(world: World) -> None:
    world.post(envelope(payload={"qty": "many"}))
    world.drain()
    first = kept(world)
    release(world.app, first)
    with pytest.raises(NotReleasedError, match="RECEIVED, not quarantined"):
        release(world.app, first)
    with pytest.raises(NotReleasedError, match="is no conflict"):
        release_correction(world.app, first)


def test_a_correction_makes_the_second_delivery_the_event(world: World) -> None:
    first = world.post(envelope())
    world.drain()
    world.post(envelope(payload={"qty": 13}))
    (conflict,) = world.app.quarantine.records(vendor_id=None, include_released=False, after=None, limit=10)
    with pytest.raises(NotReleasedError, match="--correction"):
        release(world.app, conflict)
    release_correction(world.app, conflict)
    world.drain()
    record = record_of(world)
    assert (record.ingest_id, record.revision, record.status) == (conflict.ingest_id, 2, Status.NORMALIZED)
    _, corrected, retracted = world.feed()
    assert (corrected["data"]["quantityOnHand"], corrected["supersedes"]) == (13, 1)
    assert (retracted["eventId"], retracted["retracted"]) == (first.body["ingestId"], True)
    # The second payload is the event now: sent again it is a duplicate, and the first one is the conflict.
    assert world.post(envelope(payload={"qty": 13})).status == 200
    assert world.post(envelope()).status == 409
    with pytest.raises(NotReleasedError, match="released already"):
        release_correction(world.app, replace(conflict, released_at=world.clock.now()))
