"""Accepting at its limits: taken keys, a bus that is down, sizes, lanes, what a batch leaves in its object."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from generated.registry import REGISTRY
from handlers.core.envelopes import MAX_BATCH_BYTES
from handlers.values import Lane, Role, TransientError
from tests.handlers.deployments import inventory_by, profile_of, stock
from tests.handlers.world import OtherRegistry, envelope

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from handlers.values import IngestRecord
    from tests.handlers.world import World


class Around:
    """A port with some of its methods put in place of its own."""

    def __init__(self, port: Any, **methods: Any) -> None:
        self._port = port
        for name, method in methods.items():
            setattr(self, name, method)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._port, name)


def put_in_place(world: World, **ports: Any) -> None:
    world.app = replace(world.app, **ports)


def test_a_row_that_is_in_our_own_way_is_ours(world: World) -> None:
    index = world.app.index

    def accept(records: Sequence[IngestRecord]) -> list[IngestRecord | None]:
        # A client below us has written, lost the answer, and found its own row when it tried again.
        index.accept(records)
        return list(index.accept(records))

    put_in_place(world, index=Around(index, accept=accept))
    answer = world.post(envelope())
    assert (answer.status, answer.body["status"]) == (202, "ACCEPTED")
    assert world.post(envelope()).body == {"ingestId": answer.body["ingestId"], "status": "DUPLICATE"}


def test_a_taken_raw_key_is_left_alone_and_a_new_id_taken(world: World) -> None:
    first = world.post(envelope("first")).body["ingestId"]
    bytes_before = world.app.raw.get(world.record("first").raw)
    ids = world.app.ids
    repeated = [first]

    def new_id(at: datetime) -> str:
        return repeated.pop() if repeated else ids.new_id(at)

    put_in_place(world, ids=Around(ids, new_id=new_id))
    second = world.post(envelope("second"))
    assert second.status == 202
    assert second.body["ingestId"] != first
    assert world.record("second").raw.key.endswith(f"{second.body['ingestId']}.json")
    assert world.app.raw.get(world.record("first").raw) == bytes_before
    put_in_place(world, ids=Around(ids, new_id=lambda _: first))
    assert world.post(envelope("third")).status == 503
    assert world.post_batch(envelope("fourth")).status == 503
    assert world.traces() == (2, 2, 0)


@pytest.mark.parametrize("answer", ["refuses", "fails"])
def test_a_bus_that_is_down_stops_no_delivery(world: World, answer: str) -> None:
    bus = world.app.bus

    def publish(messages: Any) -> Any:
        if answer == "refuses":
            return messages
        message = "the bus is down"
        raise TransientError(message)

    put_in_place(world, bus=Around(bus, publish=publish))
    assert world.post(envelope()).status == 202
    assert world.post(envelope(payload={"qty": 13})).status == 409
    assert world.post_batch(envelope("a"), envelope("b")).status == 200
    put_in_place(world, bus=bus)
    assert world.messages() == []
    world.settle()
    assert len(world.feed()) == 3


def padded(size: int) -> bytes:
    body = json.dumps(envelope(payload={"note": ""})).encode()
    return body.replace(b'"note": ""', b'"note": "' + b"x" * (size - len(body)) + b'"')


def test_an_event_may_have_just_as_many_bytes_as_is_allowed(world: World) -> None:
    limit = profile_of("vendorA").max_payload_bytes
    assert [world.post(padded(limit + more)).status for more in (1, 0)] == [413, 202]
    world.use(OtherRegistry(replace(profile_of("vendorA"), max_payload_bytes=1_000)))
    assert [world.post(padded(size)).status for size in (1_001, 1_000)] == [413, 409]


def test_an_item_of_a_batch_has_the_limits_of_an_event(world: World) -> None:
    deep = envelope("deep", payload={"x": json.loads("[" * 31 + "]" * 31)})
    many = envelope("many", payload={"x": [0] * 20_000})
    large = envelope("large", payload={"x": "x" * 262_144})
    answer = world.post_batch(envelope("a"), deep, many, large, envelope("z"))
    results = answer.body["results"]
    assert [(one["status"], one.get("code")) for one in results] == [
        ("ACCEPTED", None),
        ("REJECTED", "JSON_TOO_DEEP"),
        ("REJECTED", "JSON_TOO_MANY_VALUES"),
        ("REJECTED", "PAYLOAD_TOO_LARGE"),
        ("ACCEPTED", None),
    ]
    assert list(REGISTRY.validator("batch-result").iter_errors(answer.body)) == []
    assert world.traces() == (1, 2, 0)


def test_a_batch_may_have_more_fractions_than_an_event(world: World) -> None:
    weights = {"x": [0.5] * 4_000}
    answer = world.post_batch(*(envelope(name, payload=weights) for name in "ab"))
    assert [one["status"] for one in answer.body["results"]] == ["ACCEPTED", "ACCEPTED"]


def test_a_batch_may_have_just_as_many_bytes_as_is_allowed(world: World) -> None:
    body = json.dumps({"events": [envelope()]}).encode()
    whole = body + b" " * (MAX_BATCH_BYTES - len(body))
    assert world.call("POST", "/v1/events/batch", whole + b" ").status == 413
    assert world.call("POST", "/v1/events/batch", whole).status == 200


def test_a_rejected_item_is_named_where_its_id_can_be_read(world: World) -> None:
    answer = world.post_batch(
        envelope("named", vendorId="other"), envelope("b", occurredAt="?"), envelope(" bad"), {"externalEventId": 1}, {}
    )
    results = answer.body["results"]
    assert [one.get("externalEventId") for one in results] == ["named", "b", None, None, None]
    assert [list(REGISTRY.validator("batch-result").iter_errors(answer.body))] == [[]]
    assert world.traces() == (0, 0, 0)


def test_a_batchs_object_says_all_that_is_known_of_its_items(world: World) -> None:
    world.post(envelope("known"))
    changed = envelope("known", payload={"qty": 13})
    world.post_batch(envelope("a"), envelope("known"), changed, {}, envelope("b"))
    key = world.record("a").raw.key
    assert key == world.record("b").raw.key
    whole = world.app.raw.get(replace(world.record("a").raw, offset=None, length=None))
    lines, _, rest = whole.partition(b"\n\n")
    items = []
    for line in lines.splitlines():
        manifest = json.loads(line)
        offset, length = manifest.pop("offset"), manifest.pop("length")
        items.append((manifest, rest[offset : offset + length]))
        assert rest[offset + length : offset + length + 1] == b"\n"
    assert [json.loads(body) for _, body in items] == [envelope("a"), changed, envelope("b")]
    manifest, body = items[0]
    assert manifest == {
        "ingestId": world.record("a").ingest_id,
        "vendorId": "vendorA",
        "externalEventId": "a",
        "eventType": "inventory_update",
        "source": "ENVELOPE",
        "topic": None,
        "headers": {},
        "occurredAt": "2026-01-30T20:15:12Z",
        "receivedAt": "2026-02-01T12:00:00+00:00",
        "sha256": hashlib.sha256(body).hexdigest(),
    }
    (conflict,) = world.app.quarantine.records(vendor_id=None, include_released=False, after=None, limit=9)
    assert (conflict.ingest_id, conflict.raw.key) == (items[1][0]["ingestId"], key)
    assert world.app.raw.get(conflict.raw) == items[1][1]


def test_a_batch_of_duplicates_stores_nothing(world: World) -> None:
    world.post_batch(envelope("a"), envelope("b"))
    again = world.post_batch(envelope("b"), envelope("a"), envelope("b"))
    assert [one["status"] for one in again.body["results"]] == ["DUPLICATE"] * 3
    assert world.traces() == (1, 2, 0)


def test_a_key_whose_first_item_loses_a_race_is_judged_by_the_winner(world: World) -> None:
    index = world.app.index

    def read(*_: Any, **__: Any) -> dict[str, Any]:
        # An inconsistent read that misses the winner's recent write.
        return {}

    winner = world.post(envelope("a", payload={"qty": 2}))
    put_in_place(world, index=Around(index, read=read))
    answer = world.post_batch(envelope("a", payload={"qty": 1}), envelope("a", payload={"qty": 2}), envelope("a"))
    assert [one["status"] for one in answer.body["results"]] == ["CONFLICT", "DUPLICATE", "CONFLICT"]
    assert {one["ingestId"] for one in answer.body["results"]} == {winner.body["ingestId"]}
    assert world.traces()[1:] == (1, 2)


def test_a_batch_pays_for_each_of_its_items(world: World) -> None:
    world.use(OtherRegistry(replace(profile_of("vendorA"), requests_per_second=10, burst=5)))
    assert world.post_batch(*(envelope(str(number)) for number in range(25))).status == 200
    refused = world.post(envelope("later"))
    assert (refused.status, refused.headers["retry-after"]) == (429, "3")
    assert world.status_of("0").status == 429
    world.clock.advance(seconds=3)
    assert world.post(envelope("later")).status == 202


@pytest.mark.parametrize("lane", Lane)
def test_an_event_waits_in_the_lane_of_its_mapping(world: World, lane: Lane) -> None:
    world.use(inventory_by(lambda payload, _: [stock(payload)], lane=lane.value))
    world.post(envelope())
    depths = {one: len(world.taken(one)) for one in Lane}
    assert depths == {one: int(one is lane) for one in Lane}
    assert world.record().lane is lane


def test_one_vendor_sees_nothing_of_another(world: World) -> None:
    world.post(envelope())
    other = world.issue_key(Role.VENDOR, "square")
    operator = world.issue_key(Role.OPERATOR)
    content_type = {"content-type": "application/json"}
    parameters = {"externalEventId": "inv-1"}
    for key, reads, posts in ((other, 404, 403), (operator, 403, 403)):
        headers = {"x-api-key": key} | content_type
        read = world.call("GET", "/v1/events/{externalEventId}", pathParameters=parameters, headers=headers)
        assert (read.status, world.post(envelope("new"), headers=headers).status) == (reads, posts)
    assert world.traces() == (1, 1, 0)
    # The same id of another vendor is another event.
    answer = world.post(envelope(vendorId="square"), headers={"x-api-key": other} | content_type)
    assert answer.status == 202
    assert world.traces() == (2, 2, 0)


def test_a_vendor_without_a_mapping_is_unknown(world: World) -> None:
    headers = {
        "x-api-key": world.issue_key(Role.VENDOR, "nobody"),
        "content-type": "application/json",
    }
    answer = world.post(envelope(vendorId="nobody"), headers=headers)
    assert (answer.status, answer.body["code"]) == (404, "UNKNOWN_VENDOR")
    assert world.traces() == (0, 0, 0)
