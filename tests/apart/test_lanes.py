"""However much one vendor has sent, another's event is normalized after a bounded number of others."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dvss.embedded.lanes import LaneQueues
from handlers.values import BusMessage, Lane
from tests.ports.examples import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator


def message(vendor_id: str, number: int) -> BusMessage:
    detail = json.dumps({"vendorId": vendor_id, "number": number}).encode()
    return BusMessage(f"{vendor_id}-{number}", "ingest.accepted", detail, Lane.LIVE)


def names(lanes: LaneQueues, limit: int = 10) -> list[str]:
    return [entry.message.message_id for entry in lanes.take(Lane.LIVE, limit, 0)]


def taken(lanes: LaneQueues) -> Iterator[str]:
    while found := names(lanes):
        yield from found


@pytest.fixture
def lanes() -> LaneQueues:
    return LaneQueues(ManualClock())


def test_one_event_overtakes_a_backlog_of_10_000(lanes: LaneQueues) -> None:
    for number in range(10_000):
        lanes.offer(Lane.LIVE, message("flooding", number))
    lanes.offer(Lane.LIVE, message("other", 1))
    assert names(lanes, 2) == ["flooding-0", "other-1"]
    assert lanes.depth(Lane.LIVE) == 9_999


def test_vendors_take_turns_and_each_ones_own_stay_in_order(lanes: LaneQueues) -> None:
    for vendor_id, count in (("a", 3), ("b", 1), ("c", 2)):
        for number in range(count):
            lanes.offer(Lane.LIVE, message(vendor_id, number))
    assert list(taken(lanes)) == ["a-0", "b-0", "c-0", "a-1", "c-1", "a-2"]


def test_a_lane_that_one_vendor_filled_has_room_for_another() -> None:
    lanes = LaneQueues(ManualClock(), most_messages=6)
    assert [lanes.offer(Lane.LIVE, message("flooding", number)) for number in range(8)] == [True] * 6 + [False] * 2
    # What gives way keeps its marker, and is sent again by the sweeper.
    assert [lanes.offer(Lane.LIVE, message("other", number)) for number in range(4)] == [True] * 3 + [False]
    assert not lanes.offer(Lane.LIVE, message("flooding", 9))
    assert sorted(taken(lanes)) == ["flooding-0", "flooding-1", "flooding-2", "other-0", "other-1", "other-2"]


@given(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=60), st.integers(1, 12))
def test_no_vendor_waits_for_more_than_one_event_of_each_other(steps: list[tuple[str, bool]], most: int) -> None:
    lanes = LaneQueues(ManualClock(), most_messages=most)
    overtaken: dict[str, list[str]] = {}
    for number, (vendor_id, takes) in enumerate(steps):
        if takes:
            for name in names(lanes, 1):
                served = name[0]
                overtaken.pop(served, None)
                for waiting in overtaken.values():
                    waiting.append(served)
        elif lanes.offer(Lane.LIVE, message(vendor_id, number)):
            overtaken.setdefault(vendor_id, [])
        assert all(len(others) == len(set(others)) for others in overtaken.values())
        assert lanes.depth(Lane.LIVE) <= most
