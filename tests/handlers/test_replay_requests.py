"""The replay entry point: what it takes, what it refuses, and how it stops in time."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from handlers import normalize, replay, steward
from handlers.core import sweeping
from handlers.remaining import MARGIN
from handlers.values import Status
from tests.handlers.deployments import inventory_by, stock
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.handlers.world import World

WINDOW = {"vendorId": "vendorA", "receivedFrom": "2026-02-01T00:00:00Z", "receivedBefore": "2026-02-02T00:00:00Z"}
UNKNOWN = "7" + "Z" * 25
FORMS = '{"ingestIds": [...]} or {"vendorId", "receivedFrom", "receivedBefore"}'


def running_out(after: int) -> Callable[[], timedelta]:
    """A time that is short when it is asked for the ``after``-th time."""
    asked = Counter[str]()

    def remaining() -> timedelta:
        asked["times"] += 1
        return MARGIN if asked["times"] < after else MARGIN - timedelta(microseconds=1)

    return remaining


def accepted(world: World, *names: str) -> list[str]:
    for name in names:
        world.post(envelope(name))
    world.drain()
    return [world.record(name).ingest_id for name in names]


def deploy_another(world: World) -> None:
    world.use(inventory_by(lambda payload, _: [stock(payload, sku="NEW")]))


@pytest.mark.parametrize("by", ["ids", "window"])
def test_events_are_replayed(world: World, by: str) -> None:
    ids = accepted(world, "a", "b")
    event: dict[str, Any] = {"ingestIds": [*ids, ids[0]]} if by == "ids" else WINDOW
    assert replay.answer(event, world.app) == {"outcomes": {"SAME_MAPPING": 2}, "notFound": [], "after": None}
    deploy_another(world)
    assert replay.answer(event, world.app) == {"outcomes": {"STARTED": 2}, "notFound": [], "after": None}
    world.drain()
    assert {world.record(name).revision for name in ("a", "b")} == {2}


def test_an_id_that_is_nobodys_is_told(world: World) -> None:
    (ingest_id,) = accepted(world, "a")
    answer = replay.answer({"ingestIds": [UNKNOWN, ingest_id]}, world.app)
    assert answer == {"outcomes": {"SAME_MAPPING": 1}, "notFound": [UNKNOWN], "after": None}


def test_a_window_is_of_one_vendor_and_half_open(world: World) -> None:
    accepted(world, "a")
    moment = world.record("a").received_at.isoformat()
    later = (world.record("a").received_at + timedelta(seconds=1)).isoformat()
    for window, count in (
        ({"receivedFrom": moment, "receivedBefore": later}, 1),
        ({"receivedBefore": moment}, 0),
        ({"vendorId": "square"}, 0),
    ):
        assert sum(replay.answer(WINDOW | window, world.app)["outcomes"].values()) == count


@pytest.mark.parametrize("by", ["ids", "window"])
def test_what_the_time_does_not_suffice_for_is_gone_on_with(
    world: World, monkeypatch: pytest.MonkeyPatch, by: str
) -> None:
    monkeypatch.setattr(replay, "PAGE", 2)
    ids = accepted(world, *"abcde")
    deploy_another(world)
    event: dict[str, Any] = {"ingestIds": ids} if by == "ids" else dict(WINDOW)
    answer = replay.answer(event, world.app, running_out(2))
    done = 2 if by == "ids" else 4
    assert answer == {"outcomes": {"STARTED": done}, "notFound": [], "after": sorted(ids)[done - 1]}
    rest = replay.answer(event | {"after": answer["after"]}, world.app)
    assert rest == {"outcomes": {"STARTED": 5 - done}, "notFound": [], "after": None}


def test_an_answer_that_is_complete_names_nothing_to_go_on_with(world: World) -> None:
    ids = accepted(world, "a")
    assert replay.answer({"ingestIds": ids}, world.app, running_out(1))["after"] == ids[0]
    assert replay.answer({"ingestIds": ids, "after": ids[0]}, world.app, running_out(1))["after"] is None


@pytest.mark.parametrize(
    ("event", "message"),
    [
        ([], "a replay is asked for with an object"),
        ({}, "'vendorId' is missing"),
        ({"vendorId": "vendorA", "receivedFrom": "2026-01-01T00:00:00Z"}, "'receivedBefore' is missing"),
        (WINDOW | {"vendor": "x"}, "there is no member 'vendor'"),
        (WINDOW | {"ingestIds": [UNKNOWN]}, "ingestIds and a window exclude each other"),
        (WINDOW | {"vendorId": "nobody"}, "vendorId names no vendor of this deployment"),
        (WINDOW | {"vendorId": 7}, "vendorId names no vendor of this deployment"),
        (WINDOW | {"vendorId": ["vendorA"]}, "vendorId names no vendor of this deployment"),
        (WINDOW | {"receivedFrom": "2026-02-01"}, "receivedFrom is a time with its offset, e.g."),
        (WINDOW | {"receivedFrom": "2026-02-01T00:00:00"}, "receivedFrom is a time with its offset, e.g."),
        (WINDOW | {"receivedFrom": None}, "receivedFrom is a time with its offset, e.g."),
        (WINDOW | {"receivedBefore": 1769947200}, "receivedBefore is a time with its offset, e.g."),
        (WINDOW | {"receivedBefore": "2026-12-31T23:59:60Z"}, "receivedBefore is a time with its offset, e.g."),
        (WINDOW | {"receivedBefore": WINDOW["receivedFrom"]}, "receivedFrom lies before receivedBefore"),
        (WINDOW | {"after": "x"}, "after is an ingest id"),
        ({"ingestIds": []}, "ingestIds is a list of 1 to 1,000 ingest ids"),
        ({"ingestIds": UNKNOWN}, "ingestIds is a list of 1 to 1,000 ingest ids"),
        ({"ingestIds": [UNKNOWN] * 1_001}, "ingestIds is a list of 1 to 1,000 ingest ids"),
        ({"ingestIds": [UNKNOWN, UNKNOWN.lower()]}, r"ingestIds\[1\] is an ingest id: 26 characters"),
        ({"ingestIds": [UNKNOWN, None]}, r"ingestIds\[1\] is an ingest id: 26 characters"),
    ],
)
def test_what_asks_for_no_replay_is_refused(world: World, event: Any, message: str) -> None:
    with pytest.raises(replay.ReplayRequestError, match=f"^The replay is not started: {message}") as raised:
        replay.answer(event, world.app)
    assert FORMS in str(raised.value)


def test_normalize_hands_back_what_it_has_no_time_for(world: World) -> None:
    for name in "abc":
        world.post(envelope(name))
    records = world.messages()
    asked_before_the_second = running_out(1)
    answer = normalize.answer({"Records": records}, world.app, asked_before_the_second)
    assert answer == {"batchItemFailures": [{"itemIdentifier": one["messageId"]} for one in records[1:]]}
    assert [world.record(name).status for name in "abc"] == [Status.NORMALIZED, Status.RECEIVED, Status.RECEIVED]
    assert len(world.feed()) == 1
    assert normalize.answer({"Records": records}, world.app, running_out(3)) == {"batchItemFailures": []}


def test_a_sweep_begins_no_page_that_it_has_no_time_for(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweeping, "PAGE", 2)
    for name in "abcde":
        world.post(envelope(name))
    world.messages()
    world.clock.advance(minutes=5)
    report = steward.sweep(world.app, remaining=running_out(2))
    assert (report.sent, report.is_cut) == (2, True)
    assert world.metrics.total("dvss.steward.resent") == 2
    rest = steward.sweep(world.app)
    assert (rest.sent, rest.is_cut) == (3, False)
    assert len(world.messages()) == 5


def test_a_sweep_that_found_nothing_says_so(world: World) -> None:
    steward.sweep(world.app)
    counted = {name for name, _ in world.metrics.counts}
    assert counted == {"dvss.steward.resent", "dvss.steward.parked", "dvss.steward.republished"}
