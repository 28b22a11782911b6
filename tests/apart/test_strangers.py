"""A vendor can neither write, read nor learn of what is another's: by no route, by no answer, by no amount of work."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from handlers.ingest import ROUTES
from handlers.values import IdempotencyKey, Role
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.handlers.world import Answer, World

OWNER, STRANGER = "vendorA", "amazon"
NAME, ABSENT = "inv-1", "inv-2"
SECRET = "only-the-owner-knows-this"
PORTS = ("raw", "normalized", "index", "queries", "quarantine", "outbox", "bus", "lanes", "mappings")


class Counted:
    """A port that notes its calls."""

    def __init__(self, port: Any, name: str, calls: list[str]) -> None:
        self._port, self._name, self._calls = port, name, calls

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if not callable(method):
            return method

        def call(*arguments: Any, **options: Any) -> Any:
            self._calls.append(f"{self._name}.{name}")
            return method(*arguments, **options)

        return call


def as_vendor(world: World, vendor_id: str) -> None:
    world.api_key = world.issue_key(Role.VENDOR, vendor_id)


def counted(world: World) -> list[str]:
    """The calls of the world's ports from now on."""
    calls: list[str] = []
    ports = {name: Counted(getattr(world.app, name), name, calls) for name in PORTS}
    world.put_in(**ports)
    return calls


def shape(answer: Answer) -> tuple[int, dict[str, str], str]:
    """All that an answer tells, but for the id that was asked for."""
    return answer.status, answer.headers, answer.text.replace(NAME, "?").replace(ABSENT, "?")


@pytest.fixture(autouse=True)
def _owners_event(world: World) -> None:
    assert world.post(envelope(NAME, payload={"note": SECRET})).status == 202
    assert world.post(envelope("broken", payload={"qty": "none"})).status == 202
    assert world.drain() == []
    assert world.post(envelope(NAME, payload={"note": "another"})).status == 409


def test_anothers_event_is_as_one_that_there_is_not(world: World) -> None:
    assert world.status_of(NAME).status == 200
    as_vendor(world, STRANGER)
    calls = counted(world)
    answers, work = [], []
    for name in (NAME, ABSENT, "broken"):
        answers.append(shape(world.status_of(name)))
        work.append([*calls])
        calls.clear()
    assert [status for status, *_ in answers] == [404] * 3
    assert answers[0] == answers[1] == answers[2]
    assert work[0] == work[1] == work[2] == ["index.read"]


@pytest.mark.parametrize("send", ["post", "post_batch"])
def test_the_same_id_of_two_vendors_is_two_events(world: World, send: str, caplog: pytest.LogCaptureFixture) -> None:
    ours = world.record(NAME)
    before = [world.app.index.read([IdempotencyKey(OWNER, NAME)], consistent=True), world.raw_keys()]
    as_vendor(world, STRANGER)
    caplog.set_level(logging.INFO)
    calls = counted(world)
    answers, work = [], []
    for name in (NAME, ABSENT):
        answers.append(getattr(world, send)(envelope(name, vendorId=STRANGER)))
        work.append([*calls])
        calls.clear()
    # The same work and the same answer, whether the id is another's or nobody's.
    assert work[0] == work[1]
    assert answers[0].status == answers[1].status
    told = json.dumps([answer.text for answer in answers]) + caplog.text
    assert ours.ingest_id not in told
    assert SECRET not in told
    theirs = world.record(NAME, STRANGER)
    assert theirs.ingest_id != ours.ingest_id
    assert world.status_of(NAME).body["ingestId"] == theirs.ingest_id
    assert world.app.index.read([IdempotencyKey(OWNER, NAME)], consistent=True) == before[0]
    assert set(before[1]) < set(world.raw_keys())
    assert {key.split("/")[1] for key in set(world.raw_keys()) - set(before[1])} == {STRANGER}


def test_a_conflict_names_the_senders_own_event_only(world: World) -> None:
    ours = world.record(NAME)
    as_vendor(world, STRANGER)
    assert world.post(envelope(NAME, vendorId=STRANGER)).status == 202
    conflict = world.post(envelope(NAME, vendorId=STRANGER, payload={"qty": 13}))
    assert conflict.status == 409
    assert conflict.body["ingestId"] == world.record(NAME, STRANGER).ingest_id
    assert ours.ingest_id not in conflict.text
    kept = world.app.quarantine.records(vendor_id=OWNER, include_released=True, after=None, limit=100)
    assert all(one.vendor_id == OWNER for one in kept)


SENDINGS: dict[str, Callable[[World], Answer]] = {
    "an event": lambda world: world.post(envelope(ABSENT)),
    "an event again": lambda world: world.post(envelope(NAME, payload={"note": SECRET})),
    "another payload": lambda world: world.post(envelope(NAME, payload={"qty": 1})),
}


@pytest.mark.parametrize("name", SENDINGS)
def test_nothing_is_sent_as_another_vendor(world: World, name: str) -> None:
    before = (world.traces(), world.record(NAME))
    as_vendor(world, STRANGER)
    calls = counted(world)
    answer = SENDINGS[name](world)
    assert (answer.status, answer.body["code"], calls) == (403, "VENDOR_MISMATCH", [])
    # Nothing tells whether the owner has such an event.
    assert shape(answer) == shape(world.post(envelope("never-seen")))
    assert (world.traces(), world.record(NAME)) == before


def test_items_of_a_batch_are_each_judged_by_the_senders_key(world: World) -> None:
    before = world.record(NAME)
    as_vendor(world, STRANGER)
    answer = world.post_batch(
        envelope("mine", vendorId=STRANGER), envelope(NAME, payload={"note": SECRET}), envelope(ABSENT)
    )
    assert [one["status"] for one in answer.body["results"]] == ["ACCEPTED", "REJECTED", "REJECTED"]
    assert answer.body["results"][1] == answer.body["results"][2] | {"externalEventId": NAME}
    assert before.ingest_id not in answer.text
    assert world.record(NAME) == before


def test_an_api_key_signs_no_webhook_of_its_own_vendor_or_of_another(world: World) -> None:
    before = world.traces()
    answers = [
        world.call(
            "POST",
            "/v1/webhooks/{vendorId}/{topic}",
            b'{"event_id": "inv-1"}',
            pathParameters={"vendorId": vendor_id, "topic": "events"},
        )
        for vendor_id in ("square", "vendorA", "nobody")
    ]
    assert shape(answers[0]) == shape(answers[1]) == shape(answers[2])
    assert (answers[0].status, answers[0].body["code"]) == (401, "UNAUTHENTICATED")
    assert world.traces() == before


def test_a_webhook_of_one_vendor_is_none_of_another(world: World) -> None:
    """What is signed with one vendor's secret under its path is refused under another's."""
    signed = world.post_square(b'{"event_id": "a"}')
    assert signed.status in {200, 202, 422}
    before = world.traces()
    world.put_secret("shopify", "another-key")
    answer = world.call(
        "POST",
        "/v1/webhooks/{vendorId}/{topic}",
        b'{"event_id": "a"}',
        path="/v1/webhooks/shopify/events",
        pathParameters={"vendorId": "shopify", "topic": "events"},
        headers={"x-square-hmacsha256-signature": "AAAA", "content-type": "application/json"},
    )
    assert (answer.status, answer.body["code"]) == (401, "UNAUTHENTICATED")
    assert world.traces() == before


def test_an_operators_key_is_no_vendors(world: World) -> None:
    before = world.traces()
    world.api_key = world.issue_key(Role.OPERATOR)
    body = json.dumps(envelope()).encode()
    for resource, methods in ROUTES.items():
        for method in methods if resource.startswith("/v1/events") else ():
            answer = world.call(method, resource, body, pathParameters={"externalEventId": NAME})
            assert (answer.status, answer.body["code"]) == (403, "FORBIDDEN")
    assert world.traces() == before


def test_a_storm_of_duplicates_stores_nothing(world: World) -> None:
    """Each costs one read of the index and no more."""
    before = world.traces()
    calls = counted(world)
    for _ in range(50):
        assert world.post(envelope(NAME, payload={"note": SECRET})).status == 200
    assert calls == ["index.read"] * 50
    assert world.traces() == before


def test_a_refused_vendor_keeps_no_other_from_being_served(world: World) -> None:
    world.app.rates.charge(OWNER, 10**6)
    assert world.post(envelope("later")).status == 429
    as_vendor(world, STRANGER)
    assert world.post(envelope("x", vendorId=STRANGER)).status == 202


def test_a_token_that_the_gateway_took_counts_for_that_vendor_alone(world: World) -> None:
    world.app.rates.charge(OWNER, 10**6)
    for admitted, status in ((OWNER, 202), (STRANGER, 429), (None, 429)):
        context = {"requestId": "r", "authorizer": {"admitted": admitted}}
        assert world.post(envelope("later"), requestContext=context).status == status


def test_a_refused_vendor_that_waits_as_told_loses_nothing(world: World) -> None:
    world.app.rates.charge(OWNER, 3_000)
    waiting = [f"late-{number}" for number in range(5)]
    for name in waiting:
        refused = world.post(envelope(name))
        if refused.status == 429:
            world.clock.advance(seconds=int(refused.headers["retry-after"]))
            assert world.post(envelope(name)).status == 202
    world.settle()
    assert all(world.status_of(name).body["status"] == "NORMALIZED" for name in waiting)
