"""Every step from every status: the table, and the system that keeps to it."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import pytest

from handlers.core.lifecycle import TRANSITIONS, Step, after
from handlers.core.quarantine import NotReleasedError, release, release_correction
from handlers.core.replaying import ReplayOutcome, replay
from handlers.values import Status
from tests.handlers.deployments import inventory_by, stock
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.handlers.world import World

R, N, F = Status.RECEIVED, Status.NORMALIZED, Status.FAILED_NORMALIZE

EXPECTED = {
    (R, Step.NORMALIZE): N, (R, Step.QUARANTINE): F, (R, Step.RELEASE): None, (R, Step.REPLAY): R, (R, Step.CORRECT): R,
    (N, Step.NORMALIZE): N, (N, Step.QUARANTINE): F, (N, Step.RELEASE): None, (N, Step.REPLAY): N, (N, Step.CORRECT): R,
    (F, Step.NORMALIZE): None, (F, Step.QUARANTINE): None,
    (F, Step.RELEASE): R, (F, Step.REPLAY): R, (F, Step.CORRECT): R,
}  # fmt: skip


def test_each_step_leads_where_it_should_or_cannot_be_taken() -> None:
    assert EXPECTED.keys() == set(product(Status, Step))
    assert {pair: after(*pair) for pair in product(Status, Step)} == EXPECTED
    assert set(TRANSITIONS) <= EXPECTED.keys()


def reach(world: World, status: Status) -> None:
    """An event that stands at ``status``, with a conflicting delivery beside it."""
    world.post(envelope(payload={"qty": "many"} if status is F else {}))
    if status is not R:
        world.drain()
    assert world.post(envelope(payload={"qty": 99})).status == 409
    assert world.record().status is status


def normalized_as(payload_is_good: bool) -> Callable[[World], None]:
    """Normalize the event, again if need be, by a mapper that takes or refuses it."""

    def step(world: World) -> None:
        world.use(inventory_by(lambda payload, _: [stock(payload)] if payload_is_good else [{}]))
        if world.record().status is not R:
            assert replay(world.app, world.record()) is ReplayOutcome.STARTED
        world.drain()

    return step


def conflict(world: World) -> Any:
    records = world.app.quarantine.records(vendor_id="vendorA", include_released=False, after=None, limit=10)
    return next(record for record in records if record.item_id.startswith("C#"))


def released(world: World) -> None:
    kept = world.app.quarantine.get("vendorA", world.record().ingest_id)
    if kept is None:
        message = "nothing to release"
        raise NotReleasedError(message)
    release(world.app, kept)


def replayed(world: World) -> None:
    world.use(inventory_by(lambda payload, _: [stock(payload)]))
    if world.record().dispatch_at is not None:
        assert world.app.index.claim(world.record(), next_at=None)
    assert replay(world.app, world.record()) is ReplayOutcome.STARTED


STEPS: dict[Step, Callable[[World], Any]] = {
    Step.NORMALIZE: normalized_as(payload_is_good=True),
    Step.QUARANTINE: normalized_as(payload_is_good=False),
    Step.RELEASE: released,
    Step.REPLAY: replayed,
    Step.CORRECT: lambda world: release_correction(world.app, conflict(world)),
}
# A failed event is normalized through a release or a replay, which make it RECEIVED first.
TAKEN = [pair for pair in EXPECTED if pair not in {(F, Step.NORMALIZE), (F, Step.QUARANTINE)}]


@pytest.mark.parametrize(("status", "step"), TAKEN, ids=lambda value: value.lower())
def test_the_system_keeps_to_the_table(world: World, status: Status, step: Step) -> None:
    reach(world, status)
    if EXPECTED[status, step] is None:
        with pytest.raises(NotReleasedError):
            STEPS[step](world)
        assert world.record().status is status
    else:
        STEPS[step](world)
        assert world.record().status is EXPECTED[status, step]
