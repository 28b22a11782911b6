"""The same for what operators do: conflict, correction, release, replay and sweep, each call of each port failing."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from handlers.core import sweeping
from handlers.core.canonical_events import Decided
from handlers.core.normalization import outcome_of
from handlers.core.quarantine import NotReleasedError, release, release_correction
from handlers.core.replaying import ReplayOutcome, replay
from handlers.values import Status, TransientError
from tests.handlers.deployments import inventory_by, stock
from tests.handlers.test_crashes import ERRORS, PORTS, Faults, SimulatedCrash
from tests.handlers.world import World, envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


class Operator:
    """Does what is to be done until it is done, as one does who looks again after each failure."""

    def __init__(self, world: World) -> None:
        self.world = world

    def send(self, name: str, qty: Any, status: int) -> None:
        answer = self.world.post(envelope(name, payload={"qty": qty}))
        assert answer.status in {status, 200, 503}
        if answer.status == 503:
            raise TransientError(answer.body["detail"])

    def accept(self) -> None:
        self.send("fine", 1, 202)
        self.send("corrected", 2, 202)
        self.send("failed", "many", 202)

    def normalize(self) -> None:
        self.world.drain()
        self.world.clock.advance(minutes=10)
        sweeping.sweep(self.world.app)
        self.world.drain()

    def conflict(self) -> None:
        self.send("corrected", 3, 409)

    def correct(self) -> None:
        for record in self.world.app.quarantine.records(
            vendor_id="vendorA", include_released=False, after=None, limit=10
        ):
            if record.item_id.startswith("C#"):
                release_correction(self.world.app, record)

    def deploy(self) -> None:
        def mapper(payload: Any, _: object) -> list[dict[str, Any]]:
            return [stock(payload, sku="NEW"), stock(payload, sku="SECOND")]

        self.world.use(inventory_by(mapper))

    def release(self) -> None:
        record = self.world.kept("failed")
        if record is not None and record.released_at is None:
            try:
                release(self.world.app, record)
            except NotReleasedError:
                assert self.world.record("failed").status is Status.RECEIVED

    def replay(self) -> None:
        for name in ("fine", "corrected"):
            outcome = replay(self.world.app, self.world.record(name))
            assert outcome in {ReplayOutcome.STARTED, ReplayOutcome.PENDING, ReplayOutcome.SAME_MAPPING}

    @property
    def steps(self) -> list[Callable[[], None]]:
        return [
            self.accept, self.normalize, self.conflict, self.correct, self.normalize,
            self.deploy, self.release, self.replay, self.normalize,
        ]  # fmt: skip


def run(world: World, faults: Faults) -> None:
    def faulty() -> None:
        world.app = replace(world.app, **{name: faults.wrap(getattr(world.app, name)) for name in PORTS})

    operator = Operator(world)
    faulty()
    for step in operator.steps:
        try:
            step()
        except TransientError:
            step()
        except SimulatedCrash:
            world.restart()
            step()
    world.restart()
    world.settle()


def violations(world: World) -> Iterator[str]:
    """What is not as it must be, in words."""
    feed = world.feed()
    twice = [name for name, n in Counter((one["eventId"], one["revision"]) for one in feed).items() if n > 1]
    if twice:
        yield f"published twice: {twice}"
    last = {one["eventId"]: one for one in sorted(feed, key=lambda one: one["revision"])}
    standing = sorted((one["data"]["sku"], one["data"]["quantityOnHand"]) for one in last.values() if "data" in one)
    if standing != [("NEW", 1), ("NEW", 3), ("SECOND", 1), ("SECOND", 3)]:
        yield f"consumers know {standing}"
    for name, status in (("fine", "NORMALIZED"), ("corrected", "NORMALIZED"), ("failed", "FAILED_NORMALIZE")):
        record = world.record(name)
        if (record.status, record.dispatch_at) != (status, None):
            yield f"{name}: {record.status}, marker {record.dispatch_at}"
        raw = world.app.raw.get(record.raw)
        if hashlib.sha256(raw).hexdigest() != record.raw.sha256:
            yield f"{name}: raw bytes changed"
        if status == "NORMALIZED":
            yield from differences(world, name)
    kept = world.kept("failed")
    if kept is None or kept.released_at is not None:
        yield "the failed event has no open quarantine record"
    if world.left_in_outbox():
        yield "messages left in the outbox"


def differences(world: World, name: str) -> Iterator[str]:
    """Normalizing the raw bytes again gives what is stored, byte for byte."""
    record = world.record(name)
    stored = [world.app.normalized.get(version.key, version.version_id) for version in record.normalized]
    again = outcome_of(world.app, replace(record, revision=record.revision - 1, normalized=()))
    assert isinstance(again, Decided)
    if [event.body for event in again.emitted] != stored:
        yield f"{name}: another result from the same bytes"


def calls_of_a_run(folder: Path) -> int:
    world = World(folder)
    faults = Faults(-1, SimulatedCrash, after_effect=False)
    run(world, faults)
    assert list(violations(world)) == []
    world.close()
    return faults.calls


# A crash after a call's effect is a crash before the next call.
@pytest.mark.parametrize(("error", "after_effect"), [("crash", False), ("failure", False), ("failure", True)])
def test_a_fault_at_any_call_of_an_operation_is_repaired(tmp_path: Path, error: str, after_effect: bool) -> None:
    total = calls_of_a_run(tmp_path / "count")
    assert total > 70
    for at in range(1, total + 1):
        world = World(tmp_path / str(at))
        run(world, Faults(at, ERRORS[error], after_effect=after_effect))
        found = list(violations(world))
        world.close()
        assert found == [], f"fault at call {at} of {total}"
