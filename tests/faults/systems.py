"""A world under a design, whose calls may meet with faults."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from handlers.core.quarantine import NotReleasedError
from handlers.core.replaying import replay
from handlers.system import UlidFactory
from handlers.values import TransientError
from tests.aws.world import CloudWorld
from tests.faults.broken_designs import Design
from tests.faults.kinds import NONE, SimulatedCrash
from tests.faults.ports import FaultyPorts
from tests.faults.vendors import Vendors
from tests.faults.wire import FaultyWire
from tests.handlers.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from generated.runtime.binding import Registry
    from handlers.application import Application
    from handlers.values import IdempotencyKey, IngestRecord
    from tests.faults.kinds import FaultMap, Kind
    from tests.handlers.world import OtherRegistry

_ROUNDS = 8


class Hook(Protocol):
    """Where faults are: ``FaultyPorts`` or ``FaultyWire``."""

    calls: list[str]

    def __init__(self, faults: FaultMap, pause: Callable[[], object] | None = None) -> None: ...

    def attach(self, world: World) -> Application: ...

    def detach(self, world: World) -> None: ...

    def kinds_at(self, number: int) -> list[Kind]: ...


class System:
    """One deployment, its vendors and its operator."""

    def __init__(self, world: World, hook: type[Hook], design: Design) -> None:
        self.world = world
        self.hook = hook
        self.design = design
        self.vendors = Vendors()
        self.last: Hook = hook(NONE)
        """What was called under the last faults."""
        self.raw_digests: dict[str, str] = {}
        """Of every raw object that was seen."""
        self.sound = world.app
        """The application under the design, with ports that do not fail: what judges look through."""
        self._put_together(self.sound)

    def _put_together(self, app: Application) -> None:
        self.world.app = self.design.over(app)

    def under[T](
        self, faults: FaultMap, action: Callable[[], T], pause: Callable[[], object] | None = None
    ) -> T | None:
        """The action's result; None where it was cut short by a crash, after which a new process stands ready."""
        hook = self.hook(faults, pause)
        self.world.app = self.sound
        self._put_together(hook.attach(self.world))
        has_crashed = False
        try:
            return action()
        except SimulatedCrash:
            has_crashed = True
            return None
        except (TransientError, NotReleasedError):
            return None
        finally:
            hook.detach(self.world)
            self.last = hook
            self._put_together(self.sound)
            if has_crashed:
                self.restart()

    def restart(self) -> None:
        """Another process: what was only in memory is gone, the lanes with it."""
        self.world.restart()
        self.sound = self.world.app
        self._put_together(self.sound)

    def sound_with(self, **ports: Any) -> None:
        """Put other ports in the place of this process's, below any fault."""
        self.sound = replace(self.sound, **ports)
        self._put_together(self.sound)

    def deploy(self, registry: Registry | OtherRegistry) -> None:
        """Put other contracts in force."""
        self.world.app = self.sound
        self.world.use(registry)
        self.sound = self.world.app
        self._put_together(self.sound)

    def sweep(self) -> None:
        self.design.sweep(self.world.app)

    def settle(self) -> None:
        """No more faults: vendors are answered, lanes drained, the steward does its rounds and the operator his."""
        self.vendors.insist(self.world)
        for _ in range(_ROUNDS):
            self.world.drain()
            pending = [record for record in self.rows().values() if record.dispatch_at is not None]
            if not pending and not self.world.left_in_outbox():
                return
            for record in pending:
                if record.parked:
                    self.vendors.reworks[record.key] += 1
                    replay(self.world.app, record)
            self.world.clock.advance(hours=7)
            self.sweep()

    def rows(self) -> Mapping[IdempotencyKey, IngestRecord]:
        """The row of each event that was sent."""
        keys = sorted({key for key, _ in self.vendors.sent})
        return self.sound.index.read(keys, consistent=True) if keys else {}


def embedded(folder: Path, design: Design | None = None, seed: int = 0) -> System:
    """On one machine, with faults at the ports."""
    return System(World(folder, ids=_ids(seed)), FaultyPorts, design or Design())


def on_aws(folder: Path, design: Design | None = None, seed: int = 0) -> System:
    """On moto, with faults on the wire. ``folder`` stays empty."""
    return System(CloudWorld(folder, ids=_ids(seed)), FaultyWire, design or Design())


def _ids(seed: int) -> UlidFactory:
    """The same ids in each run: they decide on partitions, and so on the order of calls."""
    return UlidFactory(random.Random(seed).randbytes)
