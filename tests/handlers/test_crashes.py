"""Every call of every port fails or is the last thing the process does; what was acknowledged must survive.

The invariants are I1 to I6 and I9 of the reliability page in docs/architecture. Designs that are broken on purpose show
that the harness can fail.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from handlers.core import sweeping
from handlers.values import CompletionResult, IdempotencyKey, RawMissingError, Status, TransientError
from tests.handlers.world import World, envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PORTS = ("index", "raw", "normalized", "outbox", "bus", "quarantine")


class SimulatedCrash(BaseException):
    """The process is gone."""


class Faults:
    """Raises at the ``at``-th call of any port, before or after the call's effect."""

    def __init__(self, at: int, error: Callable[[], BaseException], *, after_effect: bool) -> None:
        self.at = at
        self.error = error
        self.after_effect = after_effect
        self.calls = 0

    def wrap(self, port: Any) -> Any:
        return FaultyPort(port, self)


class FaultyPort:
    """A port whose calls are counted."""

    def __init__(self, port: Any, faults: Faults) -> None:
        self._port = port
        self._faults = faults

    def __getattr__(self, name: str) -> Any:
        inner = getattr(self._port, name)
        if not callable(inner):
            return inner

        def call(*arguments: Any, **named: Any) -> Any:
            faults = self._faults
            faults.calls += 1
            if faults.calls != faults.at:
                return inner(*arguments, **named)
            if faults.after_effect:
                inner(*arguments, **named)
            raise faults.error()

        return call


class Vendor:
    """Sends its events until each is acknowledged, as a vendor's retry does, and remembers the answers."""

    def __init__(self, events: list[dict[str, Any]]) -> None:
        self.events = events
        self.acknowledged: dict[str, set[str]] = {}

    def send(self, world: World) -> None:
        """One round: what is not acknowledged yet, then everything in one batch."""
        for event in self.events:
            if event["externalEventId"] not in self.acknowledged:
                answer = world.post(event)
                if answer.status in (200, 202):
                    self._note(event["externalEventId"], answer.body["ingestId"])
        answer = world.post_batch(*self.events)
        if answer.status == 200:
            for result in answer.body["results"]:
                self._note(result["externalEventId"], result["ingestId"])

    def _note(self, external_event_id: str, ingest_id: str) -> None:
        self.acknowledged.setdefault(external_event_id, set()).add(ingest_id)


def run(world: World, vendor: Vendor, faults: Faults | None, mutate: Callable[[World], None] | None = None) -> None:
    """The vendor's events through a system that fails once, then through one that does not."""
    if mutate:
        mutate(world)
    healthy = world.app
    if faults:
        world.app = replace(world.app, **{name: faults.wrap(getattr(world.app, name)) for name in PORTS})
    try:
        vendor.send(world)
        world.drain()
        vendor.send(world)
    except SimulatedCrash:
        world.restart()
        if mutate:
            mutate(world)
    else:
        world.app = healthy
    vendor.send(world)
    world.settle()


def violations(world: World, vendor: Vendor) -> Iterator[str]:  # noqa: C901 - one question after another
    """What is not as it must be, in words."""
    feed = [event["eventId"] for event in world.feed()]
    for event in vendor.events:
        name = event["externalEventId"]
        named = vendor.acknowledged.get(name, set())
        if len(named) != 1:
            yield f"{name}: acknowledged as {named}"
        key = IdempotencyKey("vendorA", name)
        record = world.app.index.read([key], consistent=True).get(key)
        if record is None:
            yield f"{name}: acknowledged and gone"
            continue
        if record.ingest_id not in named:
            yield f"{name}: acknowledged as {named}, stored as {record.ingest_id}"
        if record.dispatch_at is not None:
            yield f"{name}: still pending"
        expected = Status.FAILED_NORMALIZE if name == "bad" else Status.NORMALIZED
        if record.status is not expected:
            yield f"{name}: {record.status}"
        try:
            raw = world.app.raw.get(record.raw)
        except RawMissingError:
            raw = b""
        if hashlib.sha256(raw).hexdigest() != record.raw.sha256:
            yield f"{name}: raw bytes lost or changed"
        if feed.count(record.ingest_id) != (0 if name == "bad" else 1):
            yield f"{name}: {feed.count(record.ingest_id)} times in the feed"
        if name == "bad" and world.app.quarantine.get("vendorA", record.ingest_id) is None:
            yield f"{name}: no quarantine record"
    if world.left_in_outbox():
        yield "messages left in the outbox"


def events() -> list[dict[str, Any]]:
    return [envelope("a"), envelope("b"), envelope("bad", payload={"qty": "many"})]


def calls_of_a_run(folder: Path) -> int:
    faults = Faults(-1, SimulatedCrash, after_effect=False)
    world = World(folder)
    run(world, Vendor(events()), faults)
    world.close()
    return faults.calls


ERRORS: dict[str, Callable[[], BaseException]] = {
    "crash": SimulatedCrash,
    "failure": lambda: TransientError("the store does not answer"),
}


@pytest.mark.parametrize("after_effect", [False, True], ids=["before its effect", "after its effect"])
@pytest.mark.parametrize("error", ERRORS)
def test_a_fault_at_any_call_loses_and_doubles_nothing(tmp_path: Path, error: str, after_effect: bool) -> None:
    total = calls_of_a_run(tmp_path / "count")
    assert total > 25
    for at in range(1, total + 1):
        world = World(tmp_path / str(at))
        vendor = Vendor(events())
        run(world, vendor, Faults(at, ERRORS[error], after_effect=after_effect))
        found = list(violations(world, vendor))
        world.close()
        assert found == [], f"fault at call {at} of {total}"


def skipped_raw(world: World) -> None:
    """Acknowledges before, and without, the bytes being stored."""

    class Nowhere(FaultyPort):
        def put_once(self, *_: object) -> None: ...

    world.app = replace(world.app, raw=Nowhere(world.app.raw, Faults(-1, SimulatedCrash, after_effect=False)))


def unconditional_row(world: World) -> None:
    """Writes the index row whatever is there."""
    index = world.app.index

    class Overwriting(FaultyPort):
        def accept(self, records: Any) -> Any:
            present = index.accept(records)
            for record, other in zip(records, present, strict=True):
                if other is not None:
                    index.supersede(other, record, "none", record.received_at)
            return [None] * len(records)

        def read(self, keys: Any, *, consistent: bool) -> Any:
            return index.read(keys, consistent=True) if consistent else {}

    world.app = replace(world.app, index=Overwriting(index, Faults(-1, SimulatedCrash, after_effect=False)))


@pytest.mark.parametrize(
    ("mutant", "finding"), [(skipped_raw, "raw bytes lost or changed"), (unconditional_row, "acknowledged as")]
)
def test_a_broken_design_is_found_without_any_fault(
    tmp_path: Path, mutant: Callable[[World], None], finding: str
) -> None:
    world = World(tmp_path / "data")
    vendor = Vendor(events())
    run(world, vendor, None, mutant)
    found = list(violations(world, vendor))
    world.close()
    assert any(finding in one for one in found), found


def test_without_a_sweeper_a_lost_message_is_never_repaired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.handlers.world.sweep", lambda _: sweeping.SweepReport())
    found: set[str] = set()
    for at in range(1, calls_of_a_run(tmp_path / "count") + 1):
        world = World(tmp_path / str(at))
        vendor = Vendor(events())
        run(world, vendor, Faults(at, SimulatedCrash, after_effect=False))
        found.update(violations(world, vendor))
        world.close()
    assert any("still pending" in one for one in found)


def test_without_a_fence_a_repeated_message_is_published_again(tmp_path: Path) -> None:
    published: list[str] = []
    for fenced in (True, False):
        world = World(tmp_path / str(fenced))
        bus = world.app.bus

        class Counting(FaultyPort):
            def publish(self, messages: Any, inner: Any = bus) -> Any:
                published.extend(one.message_id for one in messages if one.detail_type == "InventoryUpdated")
                return inner.publish(messages)

        idle = Faults(-1, SimulatedCrash, after_effect=False)
        world.app = replace(world.app, bus=Counting(bus, idle))
        world.post(envelope())
        if not fenced:
            index = world.app.index
            seen = index.read([IdempotencyKey("vendorA", "inv-1")], consistent=True)

            class Unfenced(FaultyPort):
                def read(self, *_: Any, known: Any = seen, **__: Any) -> Any:
                    return known

                def complete(self, _: object) -> CompletionResult:
                    return CompletionResult.COMPLETED

            world.app = replace(world.app, index=Unfenced(index, idle))
        from handlers import normalize

        records = world.messages()
        published.clear()
        for _ in range(3):
            normalize.answer({"Records": records}, world.app)
        assert len(published) == (1 if fenced else 3)
        world.close()


def test_the_sweeper_parks_what_sending_again_does_not_mend(tmp_path: Path) -> None:
    world = World(tmp_path / "data")
    world.post(envelope())
    for _ in range(sweeping.MAX_ATTEMPTS + 2):
        world.messages()
        world.clock.advance(hours=7)
        sweeping.sweep(world.app)
    key = IdempotencyKey("vendorA", "inv-1")
    record = world.app.index.read([key], consistent=True)[key]
    assert (record.parked, world.messages()) == (True, [])
    world.close()


def test_a_backlog_is_not_taken_for_a_loss(tmp_path: Path) -> None:
    world = World(tmp_path / "data")
    world.post(envelope())
    world.clock.advance(minutes=30)
    report = sweeping.sweep(world.app)
    assert (report.sent, len(report.lanes_with_backlog)) == (0, 1)
    assert len(world.messages()) == 1
    world.close()


def test_two_sweepers_send_an_event_once(tmp_path: Path) -> None:
    world = World(tmp_path / "data")
    world.post(envelope())
    world.messages()
    world.clock.advance(minutes=3)
    reports = [sweeping.sweep(world.app), sweeping.sweep(world.app)]
    assert sorted(report.sent for report in reports) == [0, 1]
    world.close()
