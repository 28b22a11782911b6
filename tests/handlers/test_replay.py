"""What a replay, a release or a correction gives where the result is another one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest

from generated.registry import REGISTRY
from handlers import normalize
from handlers.core import sweeping
from handlers.core.quarantine import NotReleasedError, release, release_correction
from handlers.core.replaying import ReplayOutcome, replay, replay_all
from handlers.values import ReasonCode, Status
from tests.handlers.deployments import OTHER_VERSION, inventory_by, profile_of, stock
from tests.handlers.test_accept_edges import Around, put_in_place
from tests.handlers.world import OtherRegistry, envelope

if TYPE_CHECKING:
    from tests.handlers.world import World

ANYTHING = jsonschema_rs.Draft202012Validator({})


def conflict(world: World) -> Any:
    records = world.app.quarantine.records(vendor_id=None, include_released=False, after=None, limit=10)
    return next(record for record in records if record.item_id.startswith("C#"))


def told(world: World, since: int = 0) -> list[tuple[Any, ...]]:
    """What consumers were told: id, type, revision, what it supersedes, whether it is withdrawn."""
    events = world.feed()[since:]
    assert [list(REGISTRY.validator("normalized-event").iter_errors(event)) for event in events] == [[]] * len(events)
    return [
        (event["eventId"], event["eventType"], event["revision"], event.get("supersedes"), "retracted" in event)
        for event in events
    ]


def test_each_event_of_a_list_has_its_outcome(world: World) -> None:
    for name in ("done", "bad", "pending"):
        world.post(envelope(name, payload={"qty": "many"} if name == "bad" else {}))
        if name != "pending":
            world.drain()
    records = [world.record(name) for name in ("done", "bad", "pending")]
    same, pending = ReplayOutcome.SAME_MAPPING, ReplayOutcome.PENDING
    assert replay_all(world.app, records) == [same, same, pending]
    world.use(inventory_by(lambda payload, _: [stock(payload, sku="NEW")]))
    started = ReplayOutcome.STARTED
    assert replay_all(world.app, [*records, records[0]]) == [started, started, pending, ReplayOutcome.CHANGED_MEANWHILE]
    assert len(world.messages()) == 3


def test_a_vendor_without_a_mapping_is_not_replayed(world: World) -> None:
    world.post(envelope())
    world.drain()

    class WithoutVendors(OtherRegistry):
        def vendor(self, vendor_id: str) -> None:
            del vendor_id

    world.use(WithoutVendors(profile_of("vendorA")))
    assert replay(world.app, world.record()) is ReplayOutcome.NO_VENDOR


def test_a_replay_releases_what_another_mapping_takes(world: World) -> None:
    world.post(envelope(eventType="stock_take"))
    world.drain()
    profile = profile_of("vendorA")
    binding = replace(profile.events["inventory_update"][0], event_type="stock_take")
    events = {**profile.events, "stock_take": (binding,)}
    world.use(OtherRegistry(replace(profile, events=events, mapping_version=OTHER_VERSION)))
    assert replay(world.app, world.record()) is ReplayOutcome.STARTED
    world.drain()
    kept = world.kept()
    assert kept is not None
    assert kept.released_at is not None
    assert (world.record().status, len(world.feed())) == (Status.NORMALIZED, 1)


def test_a_parked_event_goes_on_under_the_same_mapping(world: World) -> None:
    world.post(envelope())
    world.messages()
    assert world.app.index.claim(world.record(), next_at=None)
    assert replay(world.app, world.record()) is ReplayOutcome.STARTED
    world.drain()
    assert (world.record().status, world.record().parked) == (Status.NORMALIZED, False)


def test_a_replay_that_is_refused_leaves_what_was_told(world: World) -> None:
    world.post(envelope())
    world.drain()
    before = world.record()
    world.use(inventory_by(lambda *_: [{}]))
    replay(world.app, before)
    world.drain()
    failed = world.record()
    kept = world.kept()
    assert kept is not None
    assert (failed.status, kept.reason) == (Status.FAILED_NORMALIZE, ReasonCode.CANONICAL_INVALID)
    assert {violation.pointer for violation in kept.violations} == {"/0"}
    assert (failed.revision, failed.normalized) == (1, before.normalized)
    world.use(REGISTRY)
    release(world.app, kept)
    world.drain()
    # The result is what it was before the replay: there is nothing to tell.
    assert (world.record().status, world.record().revision) == (Status.NORMALIZED, 1)
    assert len(world.feed()) == 1


def test_more_events_than_before_come_beside_the_first(world: World) -> None:
    world.post(envelope())
    world.drain()
    world.use(inventory_by(lambda payload, _: [stock(payload), stock(payload, sku="SECOND")]))
    replay(world.app, world.record())
    world.drain()
    name = world.record().ingest_id
    assert told(world)[1:] == [
        (name, "InventoryUpdated", 2, 1, False),
        (f"{name}-1", "InventoryUpdated", 2, 1, False),
    ]


def test_another_type_withdraws_the_old_one_first(world: World) -> None:
    world.post(envelope())
    world.drain()
    status = {"orderId": "PO-1", "status": "SHIPPED", "changedAt": "2026-01-30T20:15:12Z"}
    other = profile_of("vendorA").events["order_status"][0]
    world.use(
        inventory_by(
            lambda *_: [status],
            emits=other.emits,
            schema_version=other.schema_version,
            canonical_schema=other.canonical_schema,
        )
    )
    replay(world.app, world.record())
    world.drain()
    name = world.record().ingest_id
    assert sorted(told(world)) == [
        (name, "InventoryUpdated", 1, None, False),
        (name, "InventoryUpdated", 2, 1, True),
        (name, "OrderStatusChanged", 3, 2, False),
    ]
    assert world.record().revision == 3
    assert [version.key.split("/")[1] for version in world.record().normalized] == ["OrderStatusChanged"]


def test_no_event_any_more_withdraws_all(world: World) -> None:
    world.post(envelope())
    world.drain()
    world.use(inventory_by(lambda *_: []))
    replay(world.app, world.record())
    world.drain()
    assert told(world)[1:] == [(world.record().ingest_id, "InventoryUpdated", 2, 1, True)]
    assert (world.record().status, world.record().normalized) == (Status.NORMALIZED, ())
    assert world.status_of("inv-1").body["eventCount"] == 0


def test_true_in_the_place_of_one_is_another_result(world: World) -> None:
    class AnyData(OtherRegistry):
        def validator(self, name: str) -> Any:
            return ANYTHING if name == "anything" else REGISTRY.validator(name)

    def deploy(value: Any, version: str) -> None:
        profile = inventory_by(lambda *_: [{"flag": value}], canonical_schema="anything").vendor("vendorA")
        assert profile is not None
        world.use(AnyData(replace(profile, mapping_version=version)))

    deploy(1, "sha256:1")
    world.post(envelope())
    world.drain()
    deploy(True, "sha256:2")
    replay(world.app, world.record())
    world.drain()
    assert [event["data"]["flag"] for event in world.feed()] == [1, True]
    assert world.record().revision == 2


def test_a_replay_is_not_counted_again(world: World) -> None:
    world.post(envelope())
    world.drain()
    before = dict(world.metrics.counts)
    world.use(inventory_by(lambda payload, _: [stock(payload, sku="NEW")]))
    replay(world.app, world.record())
    world.drain()
    assert world.record().revision == 2
    assert world.metrics.counts == before


def test_a_correction_of_another_day_withdraws_the_first_where_it_lies(world: World) -> None:
    first = world.post(envelope())
    world.drain()
    old_key = world.record().normalized[0].key
    world.clock.advance(days=3)
    world.post(envelope(payload={"qty": 13}))
    found = conflict(world)
    assert found.raw.key == f"raw/vendorA/2026/02/04/{found.ingest_id}.json"
    release_correction(world.app, found)
    world.drain()
    corrected = world.record()
    assert corrected.normalized[0].key == f"normalized/InventoryUpdated/2026/02/04/{found.ingest_id}.json"
    assert old_key.startswith("normalized/InventoryUpdated/2026/02/01/")
    assert sorted(told(world)) == [
        (first.body["ingestId"], "InventoryUpdated", 1, None, False),
        (first.body["ingestId"], "InventoryUpdated", 2, 1, True),
        (found.ingest_id, "InventoryUpdated", 2, 1, False),
    ]


def test_a_message_of_a_corrected_event_is_no_loss(world: World) -> None:
    world.post(envelope())
    late = world.messages()
    world.post(envelope(payload={"qty": 13}))
    release_correction(world.app, conflict(world))
    assert normalize.answer({"Records": late}, world.app) == {"batchItemFailures": []}
    assert world.app.quarantine.get("vendorA", json.loads(late[0]["body"])["detail"]["ingestId"]) is None
    world.drain()
    assert [event["data"]["quantityOnHand"] for event in world.feed()] == [13]


def test_a_correction_while_the_first_is_normalized_wins(world: World) -> None:
    world.post(envelope())
    messages = world.messages()
    world.post(envelope(payload={"qty": 13}))
    found = conflict(world)
    index = world.app.index
    healthy = world.app

    class CorrectedMeanwhile:
        def complete(self, completion: Any) -> Any:
            release_correction(healthy, found)
            return index.complete(completion)

        def __getattr__(self, name: str) -> Any:
            return getattr(index, name)

    racing: Any = CorrectedMeanwhile()
    assert normalize.answer({"Records": messages}, replace(healthy, index=racing)) == {"batchItemFailures": []}
    assert world.feed() == []
    world.drain()
    assert [event["data"]["quantityOnHand"] for event in world.feed()] == [13]
    assert world.traces() == (2, 1, 1)


def test_what_a_correction_replaced_is_not_released(world: World) -> None:
    world.post(envelope(payload={"qty": "many"}))
    world.drain()
    kept = world.kept()
    assert kept is not None
    world.post(envelope())
    release_correction(world.app, conflict(world))
    with pytest.raises(NotReleasedError, match="no longer the event"):
        release(world.app, kept)
    world.drain()
    closed = world.app.quarantine.get("vendorA", kept.item_id)
    assert closed is not None
    assert closed.released_at is not None


def test_restarts_park_nothing(world: World) -> None:
    world.post(envelope())
    for _ in range(sweeping.MAX_ATTEMPTS * 2):
        world.restart()
        assert sweeping.sweep(world.app, everything=True).sent == 1
        assert len(world.messages()) == 1
    assert (world.record().attempts, world.record().parked) == (0, False)


def test_a_start_sends_every_page_of_every_lane_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PAGE", 3)
    for number in range(10):
        world.post(envelope(str(number)))
    world.drain()
    for number in range(10, 20):
        world.post(envelope(str(number)))
    world.use(inventory_by(lambda payload, _: [stock(payload, sku="NEW")]))
    outcomes = replay_all(world.app, [world.record(str(number)) for number in range(10)])
    assert set(outcomes) == {ReplayOutcome.STARTED}
    world.restart()
    assert sweeping.sweep(world.app, everything=True).sent == 20
    assert len(world.messages()) == 20


def test_an_unpublished_event_is_published_after_a_minute(world: World) -> None:
    world.post(envelope())
    outbox = world.app.outbox

    class Refusing:
        def publish(self, messages: Any) -> Any:
            return messages

    healthy = world.app
    refusing: Any = Refusing()
    world.app = replace(healthy, bus=refusing)
    world.drain()
    world.app = healthy
    assert (world.record().status, world.feed()) == (Status.NORMALIZED, [])
    for seconds, published in ((60, 0), (1, 1)):
        world.clock.advance(seconds=seconds)
        assert sweeping.sweep(world.app).published == published
    assert len(world.feed()) == 1
    assert outbox.pending(world.clock.now(), 10) == []


def test_what_the_bus_refuses_is_not_counted_as_sent(world: World) -> None:
    for name in ("one", "two", "three"):
        world.post(envelope(name))
    world.messages()
    world.clock.advance(minutes=3)
    put_in_place(world, bus=Around(world.app.bus, publish=lambda messages: messages[:1]))
    assert sweeping.sweep(world.app).sent == 2


def test_every_page_of_the_outbox_is_published(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PAGE", 1)
    for name in ("one", "two", "three"):
        world.post(envelope(name))
    bus = world.app.bus
    put_in_place(world, bus=Around(bus, publish=lambda messages: messages))
    world.drain()
    put_in_place(world, bus=bus)
    world.clock.advance(seconds=61)
    assert sweeping.sweep(world.app).published == 3


def test_a_lost_normalized_object_holds_up_no_other(world: World) -> None:
    for name in ("a", "b"):
        world.post(envelope(name))
    healthy = world.app

    class Refusing:
        def publish(self, messages: Any) -> Any:
            return messages

    refusing: Any = Refusing()
    world.app = replace(healthy, bus=refusing)
    world.drain()
    lost = world.record("a").normalized[0].key

    class Lossy:
        def get(self, key: str, version_id: str) -> bytes:
            if key == lost:
                raise KeyError(key)
            return healthy.normalized.get(key, version_id)

    lossy: Any = Lossy()
    world.clock.advance(minutes=2)
    assert sweeping.sweep(replace(healthy, normalized=lossy)).published == 1
    assert [event["externalEventId"] for event in world.feed()] == ["b"]
    assert sweeping.sweep(healthy).published == 1


def two_lost_and_two_kept(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of four events is published, a page is of one, and the oldest two have lost their objects."""
    monkeypatch.setattr(sweeping, "PAGE", 1)
    bus, normalized = world.app.bus, world.app.normalized
    for name in ("a", "b", "c", "d"):
        world.post(envelope(name))
    put_in_place(world, bus=Around(bus, publish=lambda messages: messages))
    world.drain()
    lost = [world.record(name).normalized[0].key for name in ("a", "b")]

    def get(key: str, version_id: str) -> bytes:
        if key in lost:
            raise KeyError(key)
        return normalized.get(key, version_id)

    put_in_place(world, bus=bus, normalized=Around(normalized, get=get))
    world.clock.advance(minutes=2)


def test_pages_of_lost_normalized_objects_hold_up_no_other(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    two_lost_and_two_kept(world, monkeypatch)
    assert sweeping.sweep(world.app).published == 2
    assert [event["externalEventId"] for event in world.feed()] == ["c", "d"]
    assert (sweeping.sweep(world.app).published, world.left_in_outbox()) == (0, 2)


def test_a_bus_that_refuses_is_not_asked_again_behind_what_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    two_lost_and_two_kept(world, monkeypatch)
    asked: list[Any] = []

    def refuse(messages: Any) -> Any:
        asked.append(messages)
        return messages

    put_in_place(world, bus=Around(world.app.bus, publish=refuse))
    assert sweeping.sweep(world.app).published == 0
    assert (len(asked), world.left_in_outbox()) == (1, 4)
