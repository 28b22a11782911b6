"""One deployment on which much happens at once: deliveries of one event, normalizers, sweepers and an operator."""

from __future__ import annotations

from contextlib import suppress
from random import Random
from typing import TYPE_CHECKING

from handlers import normalize
from handlers.core.quarantine import NotReleasedError, release_correction
from handlers.core.replaying import replay
from handlers.values import TransientError
from tests.faults.checker import findings, remember_raw
from tests.faults.kinds import FaultMap, Kind
from tests.faults.schedule import Schedule
from tests.faults.vendors import BAD, inventory
from tests.handlers.deployments import inventory_by, stock

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.systems import System
    from tests.faults.vendors import Sent

A1, A2, B1 = inventory("a", 1), inventory("a", 2), inventory("b", 1)
C1, C2 = inventory("corrected", 1), inventory("corrected", 2)
LOST, WAITING, REPLAYED = inventory("lost", 1), inventory("waiting", 1), inventory("replayed", 1)
REFUSED = inventory("refused", BAD)
DELIVERIES: list[list[Sent]] = [[A1], [A1], [A2], [A1, B1, A2]]
CRASH_CHANCE = 0.01


class Interleaving:
    """What happens under one seed. ``turns`` tells the order once it has happened."""

    def __init__(self, system: System, seed: int) -> None:
        self.system = system
        self.inbox: list[str] = []
        """What the queue hands out, to every normalizer that asks."""
        random = Random(seed)
        self.faults = FaultMap({random.randint(1, 60): random.choice(list(Kind)) for _ in range(random.randint(0, 3))})
        self.schedule = Schedule(random, CRASH_CHANCE)
        tasks: dict[str, Callable[[], object]] = {
            f"vendor {number}": self._delivery(random.choice(DELIVERIES)) for number in range(random.randint(2, 4))
        }
        tasks |= {"normalizer 1": self._normalize, "normalizer 2": self._normalize}
        tasks |= {"sweeper 1": self._sweep, "sweeper 2": self._sweep_later, "operator": self._operate}
        self.tasks = tasks

    def run(self) -> list[str]:
        """What is wrong in the end."""
        system = self.system
        self._prepare()
        remember_raw(system)
        system.under(self.faults, lambda: self.schedule.run(self.tasks), self.schedule.pause)
        if system.rows()[C1.key].payload_digest == C2.digest:
            system.vendors.corrected(C2)
        system.settle()
        return findings(system)

    def _prepare(self) -> None:
        """A message that was lost, events that wait, one to be replayed and one to be corrected."""
        system, world = self.system, self.system.world
        system.vendors.send(world, REPLAYED)
        world.drain()
        system.deploy(inventory_by(lambda payload, _: [stock(payload, sku="NEW")]))
        system.vendors.send(world, LOST)
        world.messages()
        world.clock.advance(minutes=10)
        for sent in (WAITING, REFUSED, C1, C2):
            system.vendors.send(world, sent)

    def _delivery(self, events: list[Sent]) -> Callable[[], object]:
        if len(events) == 1:
            return lambda: self.system.vendors.send(self.system.world, events[0])
        return lambda: self.system.vendors.send_batch(self.system.world, events)

    def _normalize(self) -> None:
        world = self.system.world
        for _ in range(2):
            self.inbox += [record["body"] for record in world.messages()]
            records = [{"messageId": str(place), "body": body} for place, body in enumerate(self.inbox)]
            normalize.answer({"Records": records}, world.app)

    def _sweep(self) -> None:
        with suppress(TransientError):
            self.system.sweep()

    def _sweep_later(self) -> None:
        """When what was accepted meanwhile is due."""
        self.system.world.clock.advance(minutes=3)
        self._sweep()

    def _operate(self) -> None:
        app, reworks = self.system.world.app, self.system.vendors.reworks
        with suppress(TransientError, NotReleasedError):
            for record in app.queries.events(
                vendor_id="vendorA", received_from=None, received_before=None, after=None, limit=1
            ):
                reworks[record.key] += 1
                replay(app, record)
            kept = app.quarantine.get("vendorA", f"C#{C2.key.external_event_id}#{C2.digest}")
            if kept is not None:
                reworks[C2.key] += 1
                release_correction(app, kept)
