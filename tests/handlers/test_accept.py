"""One event, however often and however it is sent."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from handlers.values import IdempotencyKey, TransientError
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from tests.handlers.world import World


def test_an_event_becomes_its_canonical_event(world: World) -> None:
    answer = world.post(envelope())
    assert (answer.status, answer.body["status"]) == (202, "ACCEPTED")
    assert world.drain() == []
    (event,) = world.feed()
    assert event["data"] == {"warehouseId": "ROA", "sku": "ABC-001", "quantityOnHand": 12}
    assert event["ingestId"] == event["eventId"] == answer.body["ingestId"]
    assert (event["revision"], event["occurredAt"]) == (1, "2026-01-30T20:15:12Z")
    assert event["receivedAt"] == "2026-02-01T12:00:00.000Z"


def test_the_raw_object_is_the_request_byte_for_byte(world: World) -> None:
    body = json.dumps(envelope(), indent=3).encode() + b"\n "
    world.post(body)
    key = IdempotencyKey("vendorA", "inv-1")
    record = world.app.index.read([key], consistent=True)[key]
    assert world.app.raw.get(record.raw) == body
    assert record.raw.key == f"raw/vendorA/2026/02/01/{record.ingest_id}.json"


def test_a_duplicate_returns_the_original_ingest_id_and_stores_nothing(world: World) -> None:
    first = world.post(envelope())
    again = world.post(envelope())
    spaced = world.post(json.dumps(envelope(), indent=2, sort_keys=True).encode())
    exact = world.post(json.dumps(envelope()).replace("12}", "1.2e1}").encode())
    for answer in (again, spaced, exact):
        assert (answer.status, answer.body) == (200, {"ingestId": first.body["ingestId"], "status": "DUPLICATE"})
    assert world.traces() == (1, 1, 0)


def test_a_conflict_keeps_both_payloads_once(world: World) -> None:
    first = world.post(envelope())
    for _ in range(3):
        answer = world.post(envelope(payload={"qty": 13}))
        assert (answer.status, answer.body["code"]) == (409, "CONFLICT")
        assert answer.body["ingestId"] == first.body["ingestId"]
    assert world.traces() == (2, 1, 1)
    world.post(envelope(payload={"qty": 14}))
    assert world.traces() == (3, 1, 2)


def test_other_time_or_type_under_the_same_id_is_a_conflict(world: World) -> None:
    world.post(envelope())
    assert world.post(envelope(occurredAt="2026-01-30T20:15:13Z")).status == 409
    assert world.post(envelope(eventType="order_status")).status == 409


def test_40_concurrent_deliveries_are_accepted_once(world: World) -> None:
    with ThreadPoolExecutor(40) as pool:
        answers = list(pool.map(world.post, [envelope()] * 40))
    assert sorted(answer.status for answer in answers) == [200] * 39 + [202]
    assert len({answer.body["ingestId"] for answer in answers}) == 1
    world.drain()
    assert len(world.feed()) == 1


def test_concurrent_deliveries_of_two_payloads_have_one_winner(world: World) -> None:
    payloads = [envelope(), envelope(payload={"qty": 99})] * 15
    with ThreadPoolExecutor(30) as pool:
        answers = list(pool.map(world.post, payloads))
    statuses = [answer.status for answer in answers]
    winner = statuses.index(202) % 2
    assert statuses.count(202) == 1
    assert {status for number, status in enumerate(statuses) if number % 2 == winner} == {200, 202}
    assert {status for number, status in enumerate(statuses) if number % 2 != winner} == {409}
    assert world.traces()[1:] == (1, 1)


def test_a_batch_gives_one_result_an_item_and_one_raw_object(world: World) -> None:
    world.post(envelope("old"))
    answer = world.post_batch(
        envelope("a"),
        envelope("b"),
        envelope("a"),
        envelope("b", payload={"qty": 1}),
        envelope("c", vendorId="square"),
        envelope("old"),
        {"vendorId": "vendorA"},
    )
    assert answer.status == 200
    results = answer.body["results"]
    assert [one["status"] for one in results] == [
        "ACCEPTED", "ACCEPTED", "DUPLICATE", "CONFLICT", "REJECTED", "DUPLICATE", "REJECTED",
    ]  # fmt: skip
    assert results[2]["ingestId"] == results[0]["ingestId"]
    assert (results[4]["code"], results[6]["code"]) == ("VENDOR_MISMATCH", "ENVELOPE_INVALID")
    assert world.drain() == []
    # The first event's object, and the batch's, which holds the conflicting payload too.
    assert world.traces() == (2, 3, 1)
    assert {event["externalEventId"] for event in world.feed()} == {"a", "b", "old"}


def test_an_item_of_a_batch_is_stored_byte_for_byte(world: World) -> None:
    first = (
        b'{ "payload" : {"warehouse":"ROA","sku":"x\\u00e9\\"]}","qty":1e0}, "vendorId":"vendorA",'
        b'"externalEventId":"a","eventType":"inventory_update","occurredAt":"2026-01-30T20:15:12Z"}'
    )
    items = [first, json.dumps(envelope("b"), ensure_ascii=False).encode()]
    body = b' \n{"events" : [ ' + b" ,\t".join(items) + b" ] } "
    assert world.call("POST", "/v1/events/batch", body).status == 200
    for name, raw in zip("ab", items, strict=True):
        key = IdempotencyKey("vendorA", name)
        record = world.app.index.read([key], consistent=True)[key]
        assert world.app.raw.get(record.raw) == raw


def test_a_failing_store_is_answered_503_and_the_retry_is_accepted(world: World) -> None:
    class FullDisk:
        bucket = world.app.raw.bucket

        def put_once(self, *_: object) -> None:
            message = "disk full"
            raise TransientError(message, retry_after_seconds=7)

    healthy = world.app
    world.put_in(raw=FullDisk())
    answer = world.post(envelope())
    assert (answer.status, answer.body["code"], answer.headers["retry-after"]) == (503, "UNAVAILABLE", "7")
    assert world.post_batch(envelope("a"), envelope("b")).status == 503
    world.app = healthy
    assert world.traces() == (0, 0, 0)
    assert world.post(envelope()).status == 202


def test_the_status_of_an_event_is_its_vendors_own(world: World) -> None:
    assert world.status_of("inv-1").status == 404
    accepted = world.post(envelope())
    status = world.status_of("inv-1")
    assert (status.status, status.body["status"], status.body["revision"]) == (200, "RECEIVED", 0)
    world.drain()
    status = world.status_of("inv-1")
    assert (status.body["status"], status.body["eventCount"]) == ("NORMALIZED", 1)
    assert status.body["ingestId"] == accepted.body["ingestId"]
    assert world.app.registry.validator("event-status").is_valid(status.body)
