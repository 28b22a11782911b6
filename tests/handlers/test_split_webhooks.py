"""Webhooks whose body holds several events: each stands for itself, the body is kept whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from dvss.audit import audit
from dvss.bootstrap import opened
from generated.registry import REGISTRY
from generated.runtime.binding import EventBinding, WebhookBinding, WebhookEnvelope
from generated.runtime.mapping import OMIT, Rejected
from handlers.core.quarantine import release, release_correction
from handlers.core.replaying import ReplayOutcome, replay
from handlers.core.webhooks import read_webhook
from handlers.values import ReasonCode, Source, Status, TransientError
from tests.faults.kinds import FaultMap, Kind, SimulatedCrash
from tests.faults.ports import FaultyPorts
from tests.handlers.deployments import OTHER_VERSION, profile_of, stock
from tests.handlers.test_accept_edges import Around, put_in_place
from tests.handlers.world import OtherRegistry, World, envelope
from tests.signatures.signers import SIGNERS, adyen_body, adyen_item

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from handlers.values import ClaimCheck

WEBHOOKS = "/v1/webhooks/{vendorId}/{topic}"


def read(body: Any, topic: str, headers: Mapping[str, str], item: Any) -> WebhookEnvelope:
    """As a mapping reads it that takes the type from the body, the id from the element, the time from a header."""
    if not isinstance(item, dict) or "id" not in item:
        raise Rejected(
            rule="webhook/external_event_id", code="ENVELOPE_UNREADABLE", pointer="/id", expected="an id", found=OMIT
        )
    assert topic == "events"
    return WebhookEnvelope(body["kind"], item["id"], headers.get("x-sent-at", "2026-01-30T20:15:12Z"))


def contracts(
    map_stock: Callable[[Any], dict[str, Any]] = stock, version: str = OTHER_VERSION, **changes: Any
) -> OtherRegistry:
    """Contracts in which square posts stock levels, several in a body."""
    binding = EventBinding(
        event_type="stock",
        emits="InventoryUpdated",
        schema_version="1.0",
        payload_schema="vendors/vendorA/inventory_update.v1",
        canonical_schema="canonical/inventory-updated.v1",
        lane="live",
        mapper=lambda payload, _: [map_stock(payload)],
    )
    webhook = WebhookBinding(read=read, ignore=frozenset(), headers=("x-sent-at",), split=("data", "levels"))
    webhook = replace(webhook, **changes)
    return OtherRegistry(
        replace(profile_of("square"), webhook=webhook, events={"stock": (binding,)}, mapping_version=version)
    )


def level(name: str, **changes: Any) -> dict[str, Any]:
    return {"id": name, "warehouse": "ROA", "sku": "abc-001", "qty": 12} | changes


def body(*levels: Any) -> bytes:
    return json.dumps({"kind": "stock", "data": {"levels": levels}}, indent=1).encode()


def statuses(world: World, *levels: Any) -> tuple[int, list[str]]:
    answer = world.post_square(body(*levels))
    return answer.status, [result["status"] for result in answer.body["results"]]


@pytest.fixture
def splitting(world: World) -> World:
    world.use(contracts())
    return world


def test_each_element_is_an_event_of_its_own(splitting: World) -> None:
    answer = splitting.post_square(body(level("a"), level("b", qty=7)))
    a, b = splitting.record("a", "square"), splitting.record("b", "square")
    assert answer.status == 202
    assert answer.body == {
        "results": [
            {"status": "ACCEPTED", "externalEventId": "a", "ingestId": a.ingest_id},
            {"status": "ACCEPTED", "externalEventId": "b", "ingestId": b.ingest_id},
        ]
    }
    assert (a.source, a.topic, a.event_type) == (Source.WEBHOOK, "events", "stock")
    splitting.drain()
    told = [(event["externalEventId"], event["data"]["quantityOnHand"]) for event in splitting.feed()]
    assert sorted(told) == [("a", 12), ("b", 7)]
    assert splitting.metrics.counts["dvss.ingest.accepted", (("vendorId", "square"),)] == 2


def test_one_raw_object_holds_the_manifest_and_the_whole_body(splitting: World) -> None:
    sent = body(level("a"), level("b"))
    splitting.post_square(sent, **{"X-Sent-At": "2026-01-30T20:15:13Z"})
    record = splitting.record("b", "square")
    assert splitting.raw_keys() == [record.raw.key]
    whole = splitting.app.raw.get(replace(record.raw, offset=None, length=None))
    manifest, _, kept = whole.partition(b"\n\n")
    assert kept == sent
    lines = [json.loads(line) for line in manifest.splitlines()]
    found = kept[lines[1]["offset"] :][: lines[1]["length"]]
    assert json.loads(found) == level("b")
    assert splitting.app.raw.get(record.raw) == found
    assert lines[1] == {
        "ingestId": record.ingest_id,
        "vendorId": "square",
        "externalEventId": "b",
        "eventType": "stock",
        "source": "WEBHOOK",
        "topic": "events",
        "headers": {"x-sent-at": "2026-01-30T20:15:13Z"},
        "occurredAt": "2026-01-30T20:15:13Z",
        "receivedAt": "2026-02-01T12:00:00+00:00",
        "sha256": hashlib.sha256(found).hexdigest(),
        "offset": kept.index(found),
        "length": len(found),
    }


def test_what_is_new_is_stored_and_what_is_known_is_a_duplicate(splitting: World) -> None:
    assert statuses(splitting, level("a"), level("b")) == (202, ["ACCEPTED", "ACCEPTED"])
    assert statuses(splitting, level("b"), level("a")) == (200, ["DUPLICATE", "DUPLICATE"])
    assert splitting.traces() == (1, 2, 0)
    assert statuses(splitting, level("b"), level("c"), level("c")) == (202, ["DUPLICATE", "ACCEPTED", "DUPLICATE"])
    assert splitting.traces() == (2, 3, 0)
    splitting.drain()
    assert sorted(event["externalEventId"] for event in splitting.feed()) == ["a", "b", "c"]


def test_a_conflict_is_kept_and_can_be_made_the_event(splitting: World) -> None:
    splitting.post_square(body(level("a")))
    assert statuses(splitting, level("a", qty=13), level("b")) == (202, ["CONFLICT", "ACCEPTED"])
    splitting.drain()
    (kept,) = splitting.app.quarantine.records(vendor_id=None, include_released=False, after=None, limit=9)
    assert kept.reason is ReasonCode.EVENT_ID_REUSE_DIFFERENT_PAYLOAD
    release_correction(splitting.app, kept)
    splitting.drain()
    told = [one["data"] for one in splitting.feed() if one["externalEventId"] == "a" and "data" in one]
    assert [data["quantityOnHand"] for data in told] == [12, 13]


def test_an_element_that_does_not_say_what_it_is_stops_no_other(splitting: World) -> None:
    nameless = {name: value for name, value in level("x").items() if name != "id"}
    answer = splitting.post_square(body(nameless, level("a"), 5))
    first, _, third = answer.body["results"]
    assert (answer.status, first["externalEventId"][:7], third["externalEventId"][:7]) == (202, "sha256:", "sha256:")
    assert splitting.post_square(body(nameless, level("a"), 5)).status == 200
    splitting.drain()
    kept = splitting.app.quarantine.get("square", first["ingestId"])
    assert kept is not None
    assert (kept.reason, [one.pointer for one in kept.violations]) == (ReasonCode.ENVELOPE_UNREADABLE, ["/id"])
    assert [event["externalEventId"] for event in splitting.feed()] == ["a"]
    # A later mapping reads it.
    splitting.use(contracts(read=lambda body, *_: WebhookEnvelope(body["kind"], "y", "2026-01-30T20:15:12Z")))
    release(splitting.app, kept)
    splitting.drain()
    assert splitting.record(first["externalEventId"], "square").status is Status.NORMALIZED


@pytest.mark.parametrize(
    "content", [{}, [], None, {"data": []}, {"data": {"levels": {}}}, {"data": {"levels": None}}], ids=str
)
def test_a_body_without_the_array_is_kept_as_one_event(splitting: World, content: Any) -> None:
    sent = json.dumps(content).encode()
    answer = splitting.post_square(sent)
    (result,) = answer.body["results"]
    assert (answer.status, result["status"]) == (202, "ACCEPTED")
    assert splitting.post_square(sent).status == 200
    record = splitting.record(result["externalEventId"], "square")
    assert (record.raw.offset, splitting.app.raw.get(record.raw)) == (None, sent)
    splitting.drain()
    kept = splitting.app.quarantine.get("square", record.ingest_id)
    assert kept is not None
    (violation,) = kept.violations
    assert violation.message == (
        "each element of the array here is an event, and the body had no such array when it came"
    )
    assert (kept.reason, violation.code, violation.pointer, violation.rule) == (
        ReasonCode.ENVELOPE_UNREADABLE,
        "NOT_SPLIT",
        "/data/levels",
        "mappings/square.yaml",
    )


def test_a_body_with_an_empty_array_holds_no_event(splitting: World) -> None:
    assert statuses(splitting) == (200, [])
    assert splitting.traces() == (0, 0, 0)


def test_a_failure_of_any_element_is_one_of_all(splitting: World) -> None:
    class Refusing:
        """A raw store whose disk is full."""

        bucket = splitting.app.raw.bucket

        def put_once(self, *_: object) -> None:
            message = "The disk is full."
            raise TransientError(message)

    store = splitting.app.raw
    splitting.put_in(raw=Refusing())
    assert splitting.post_square(body(level("a"), level("b"))).status == 503
    splitting.put_in(raw=store)
    assert splitting.traces() == (0, 0, 0)
    assert statuses(splitting, level("a"), level("b")) == (202, ["ACCEPTED", "ACCEPTED"])


@pytest.mark.parametrize("kind", [Kind.CRASH_BEFORE, Kind.CRASH_AFTER, Kind.LOST_REQUEST, Kind.UNANSWERED])
def test_a_fault_at_any_call_loses_and_doubles_no_element(tmp_path: Path, kind: Kind) -> None:
    at = 0
    is_past_the_last = False
    while not is_past_the_last:
        at += 1
        world = World(tmp_path / str(at), registry=contracts())
        healthy = world.app
        faulty = FaultyPorts(FaultMap({at: kind}))
        world.app = faulty.attach(world)
        sent = body(level("a"), level("b"), 5)
        try:
            world.post_square(sent)
            world.drain()
        except SimulatedCrash:
            world.restart()
        else:
            world.app = healthy
        is_past_the_last = len(faulty.calls) < at
        first, second = (world.post_square(sent).body["results"] for _ in range(2))
        world.settle()
        assert {result["status"] for result in second} == {"DUPLICATE"}
        assert [result["ingestId"] for result in first] == [result["ingestId"] for result in second]
        assert sorted(event["externalEventId"] for event in world.feed()) == ["a", "b"], f"fault at call {at}"
        assert world.traces()[1:] == (3, 1)
        world.close()
    assert at > 10


def test_a_replay_reads_the_request_around_the_element(splitting: World) -> None:
    splitting.post_square(body(level("a"), level("b")), **{"x-sent-at": "2026-01-30T20:15:13Z"})
    splitting.drain()
    splitting.use(contracts(lambda payload: stock(payload, sku="OTHER"), "sha256:" + "e" * 64))
    assert replay(splitting.app, splitting.record("b", "square")) is ReplayOutcome.STARTED
    splitting.drain()
    *_, again = splitting.feed()
    assert (again["externalEventId"], again["revision"], again["data"]["sku"]) == ("b", 2, "OTHER")
    assert again["occurredAt"] == "2026-01-30T20:15:13Z"


def test_the_audit_finds_every_element_and_no_orphan(splitting: World) -> None:
    splitting.post_square(body(level("a"), level("b")))
    splitting.post_square(body(level("a", qty=13), 5))
    splitting.post_square(b"{}")
    splitting.drain()
    splitting.close()
    with opened(splitting.root, registry=splitting.registry) as deployment:
        report = audit(deployment)
    assert (report.events, report.normalized, report.quarantined, report.conflicts) == (4, 2, 2, 1)
    assert (report.orphans, report.findings) == ([], [])


@pytest.mark.parametrize("damage", ["", "manifest gone", "another event's"])
def test_a_manifest_that_does_not_name_the_event_is_corrupt(splitting: World, damage: str) -> None:
    splitting.post_square(body(level("a")))
    store = splitting.app.raw

    class Damaged:
        """Gives the element, and around it something else."""

        bucket = store.bucket

        def get(self, claim_check: Any) -> bytes:
            if claim_check.offset is not None:
                return store.get(claim_check)
            if damage != "another event's":
                return damage.encode()
            return store.get(claim_check).replace(splitting.record("a", "square").ingest_id.encode(), b"other")

    splitting.put_in(raw=Damaged())
    splitting.drain()
    kept = splitting.kept("a", "square")
    assert kept is not None
    (violation,) = kept.violations
    said = f"The manifest of {kept.raw.key} does not name the event."
    assert (kept.reason, violation.message) == (ReasonCode.RAW_CORRUPT, said)


def test_a_request_is_read_once_for_all_its_elements(splitting: World) -> None:
    splitting.post_square(body(*(level(str(number)) for number in range(40))))
    store, whole = splitting.app.raw, 0

    def get(claim_check: ClaimCheck) -> bytes:
        nonlocal whole
        whole += claim_check.offset is None
        return store.get(claim_check)

    put_in_place(splitting, raw=Around(store, get=get))
    splitting.drain()
    assert len(splitting.feed()) == 40
    assert whole == 1


def test_elements_count_against_the_vendors_rate(splitting: World) -> None:
    splitting.post_square(body(*(level(str(number)) for number in range(400))))
    assert splitting.post_square(body(level("next"))).status == 429


def test_a_vendor_may_ask_for_a_plain_answer(world: World) -> None:
    world.use(contracts(answer="[accepted]"))
    for status in (202, 200):
        answer = world.post_square(body(level("a"), level("b")))
        assert (answer.status, answer.text) == (status, "[accepted]")
        assert answer.headers == {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
    world.use(contracts(answer="OK", split=None, read=lambda *_: WebhookEnvelope("stock", "c", "2026-01-30T20:15:12Z")))
    answer = world.post_square(body())
    assert (answer.status, answer.text) == (202, "OK")
    refused = world.post_square(b"{")
    assert (refused.status, refused.headers["content-type"]) == (400, "application/problem+json")


def test_one_bad_signature_among_the_items_refuses_them_all(world: World) -> None:
    registry = contracts(
        split=("notificationItems",),
        answer="[accepted]",
        read=lambda body, topic, headers, item: WebhookEnvelope(
            item["NotificationRequestItem"]["eventCode"],
            item["NotificationRequestItem"]["pspReference"],
            item["NotificationRequestItem"]["eventDate"],
        ),
    )
    profile = registry.vendor("square")
    assert profile is not None
    world.use(OtherRegistry(replace(profile, scheme="adyen")))
    world.put_secret("square", SIGNERS["adyen"].secret)
    items = [adyen_item(SIGNERS["adyen"].secret, pspReference=f"PSP{number}") for number in range(3)]
    bad = adyen_body(*items[:2], items[2] | {"success": "false"})
    assert world.post_square(bad).status == 401
    assert world.traces() == (0, 0, 0)
    answer = world.post_square(adyen_body(*items))
    assert (answer.status, answer.text) == (202, "[accepted]")
    assert world.traces() == (1, 3, 0)
    assert world.record("PSP2", "square").event_type == "AUTHORISATION"


def test_headers_are_stored_beside_a_body_that_is_one_event(world: World) -> None:
    def read_one(body: Any, topic: str, headers: Mapping[str, str], item: Any) -> WebhookEnvelope:
        assert body is item
        return WebhookEnvelope("stock", item["id"], headers["x-sent-at"])

    seen: list[Any] = []
    registry = contracts(read=read_one, split=None)
    profile = registry.vendor("square")
    assert profile is not None

    def mapper(payload: Any, told: Mapping[str, Any]) -> list[dict[str, Any]]:
        seen.append(dict(told))
        return [stock(payload)]

    binding = replace(profile.events["stock"][0], mapper=mapper)
    world.use(OtherRegistry(replace(profile, events={"stock": (binding,)})))
    world.post_square(json.dumps(level("a")).encode(), **{"X-Sent-At": "2026-01-30T20:15:13Z", "X-Other": "no"})
    world.restart()
    world.use(OtherRegistry(replace(profile, events={"stock": (binding,)})))
    world.settle()
    assert seen == [
        {
            "vendorId": "square",
            "externalEventId": "a",
            "eventType": "stock",
            "occurredAt": "2026-01-30T20:15:13Z",
            "receivedAt": "2026-02-01T12:00:00.000Z",
            "headers": {"x-sent-at": "2026-01-30T20:15:13Z"},
            "tokenKey": world.backend.token_key.hex(),
        }
    ]
    metadata = world.app.raw.metadata(world.record("a", "square").raw)
    assert metadata is not None
    assert metadata.headers == {"x-sent-at": "2026-01-30T20:15:13Z"}


def test_the_token_key_is_in_its_file_and_nowhere_else(splitting: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    splitting.post_square(body(level("a"), level("b", qty="many"), 5))
    splitting.post(envelope())
    splitting.drain()
    key = splitting.backend.token_key
    told = repr(splitting.app) + caplog.text
    splitting.close()
    files = [path for path in splitting.root.rglob("*") if path.is_file()]
    holding = [path.name for path in files if key in path.read_bytes() or key.hex().encode() in path.read_bytes()]
    assert (holding, key.hex() in told, str(key) in told) == (["token.key"], False, False)


def test_a_header_that_comes_twice_is_not_read() -> None:
    profile = contracts().vendor("square")
    assert profile is not None
    sent = {"x-sent-at": ["2026-01-30T20:15:13Z", "2026-01-30T20:15:14Z"], "x-other": ["1"]}
    (delivery,) = read_webhook(REGISTRY, profile, "events", sent, body(level("a")))
    assert (delivery.headers, delivery.occurred_at) == ({}, "2026-01-30T20:15:12Z")


def test_an_envelope_tells_its_schema_version_and_no_headers(world: World) -> None:
    seen: list[Any] = []
    profile = profile_of("vendorA")

    def mapper(payload: Any, told: Mapping[str, Any]) -> list[dict[str, Any]]:
        seen.append((told.get("schemaVersion"), told["headers"]))
        return [stock(payload)]

    binding = replace(profile.events["inventory_update"][0], mapper=mapper)
    world.use(OtherRegistry(replace(profile, events={"inventory_update": (binding,)}, mapping_version=OTHER_VERSION)))
    world.post(envelope("a", schemaVersion="2024-10"))
    world.post_batch(envelope("b", schemaVersion="2"), envelope("c"))
    world.drain()
    assert sorted(seen, key=str) == [("2", {}), ("2024-10", {}), (None, {})]
