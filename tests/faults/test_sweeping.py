"""The sweeper sends again what was lost, once for all sweepers together, and knows when to stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from handlers.core.sweeping import MAX_ATTEMPTS, sweep
from tests.faults.kinds import NONE, FaultMap, Kind
from tests.faults.systems import embedded
from tests.faults.vendors import inventory
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from handlers.values import BusMessage
    from tests.faults.systems import System
    from tests.handlers.world import World


class _Noting:
    """A bus that notes which canonical events it was given."""

    def __init__(self, bus: Any, published: list[str] | None = None) -> None:
        self._bus = bus
        self.published = [] if published is None else published

    def publish(self, messages: Sequence[BusMessage]) -> Any:
        self.published += [one.message_id for one in messages if one.detail_type == "InventoryUpdated"]
        return self._bus.publish(messages)


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    made = embedded(tmp_path / "data")
    yield made
    made.world.close()


@pytest.fixture
def world(system: System) -> World:
    """With one event whose message was lost."""
    system.world.post(envelope())
    system.world.messages()
    return system.world


def test_the_sweeper_parks_what_sending_again_does_not_mend(world: World) -> None:
    for _ in range(MAX_ATTEMPTS + 2):
        world.messages()
        world.clock.advance(hours=7)
        sweep(world.app)
    assert (world.record().parked, world.messages()) == (True, [])


def test_a_backlog_is_not_taken_for_a_loss(system: System) -> None:
    world = system.world
    world.post(envelope())
    world.clock.advance(minutes=30)
    report = sweep(world.app)
    assert (report.sent, len(report.lanes_with_backlog)) == (0, 1)
    assert len(world.messages()) == 1


def test_two_sweepers_send_an_event_once(world: World) -> None:
    world.clock.advance(minutes=3)
    reports = [sweep(world.app), sweep(world.app)]
    assert sorted(report.sent for report in reports) == [0, 1]


def test_what_a_sweeper_claimed_and_did_not_send_is_claimed_again_after_its_interval(
    system: System, world: World
) -> None:
    world.clock.advance(minutes=3)
    system.under(NONE, lambda: sweep(world.app))
    claims = [number for number, call in enumerate(system.last.calls, 1) if call == "index.claim"]
    assert len(claims) == 1
    world.messages()
    world.clock.advance(minutes=3)
    system.under(FaultMap({claims[0]: Kind.CRASH_AFTER}), lambda: sweep(world.app))
    assert (world.messages(), sweep(world.app).sent) == ([], 0)
    world.clock.advance(minutes=5)
    assert sweep(world.app).sent == 1


def test_a_publication_that_ended_between_sending_and_deleting_is_sent_again_under_the_same_id(
    system: System,
) -> None:
    world = system.world
    system.vendors.send(world, inventory("a", 1))
    noting = _Noting(world.app.bus)
    bus: Any = noting
    system.sound_with(bus=bus)
    system.under(NONE, world.drain)
    sendings = [number for number, call in enumerate(system.last.calls, 1) if call == "bus.publish"]
    assert (len(sendings), noting.published) == (1, [f"{world.record('a').ingest_id}#1"])
    world.clock.advance(minutes=3)
    assert sweep(world.app).published == 0

    system.vendors.send(world, inventory("b", 1))
    noting.published.clear()
    system.under(FaultMap({sendings[0]: Kind.CRASH_AFTER}), world.drain)
    system.sound_with(bus=_Noting(world.app.bus, noting.published))
    world.clock.advance(minutes=3)
    assert sweep(world.app).published == 1
    assert noting.published == [f"{world.record('b').ingest_id}#1"] * 2
    assert [event["externalEventId"] for event in world.feed()] == ["a", "b"]
