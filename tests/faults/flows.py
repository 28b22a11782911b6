"""The ways of an event through the system, one at a time: what is there before, and what happens under faults."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from generated.registry import REGISTRY
from handlers import replay as replay_entry
from handlers.core.messages import INGEST_ACCEPTED
from handlers.core.quarantine import release, release_correction
from handlers.values import Status, TransientError
from tests.faults.vendors import BAD, counts, inventory
from tests.handlers.deployments import inventory_by, stock

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handlers.values import BusMessage, QuarantineRecord
    from tests.faults.systems import System


@dataclass(frozen=True, slots=True)
class Flow:
    """``act`` is done under faults, and then once more without: by a vendor, a queue or an operator that insists."""

    name: str
    prepare: Callable[[System], None]
    act: Callable[[System], None]
    expect: dict[str, tuple[Status, int]]
    """Per event of vendorA its status in the end, and the revision of its canonical events."""


NORMALIZED, FAILED = Status.NORMALIZED, Status.FAILED_NORMALIZE
A1, A2, B1 = inventory("a", 1), inventory("a", 2), inventory("b", 1)
REFUSED = inventory("refused", BAD)


def _send(system: System, *events: Any) -> None:
    for event in events:
        system.vendors.send(system.world, event)


def _nothing(_: System) -> None: ...


def _accept_single(system: System) -> None:
    _send(system, A1, A1, A2)


def _accept_batch(system: System) -> None:
    system.vendors.send_batch(system.world, [A1, B1, A1, A2])


def _accept_webhook(system: System) -> None:
    _send(system, counts("w", "one"), counts("w", "one"), counts("w", "two"))


def _accepted(system: System) -> None:
    _send(system, A1, REFUSED)


def _normalize(system: System) -> None:
    system.world.drain()


def _lost_on_their_way(system: System) -> None:
    _accepted(system)
    system.world.messages()
    system.world.clock.advance(minutes=10)


def _sweep(system: System) -> None:
    system.sweep()
    system.world.drain()


class _Down:
    """A bus that takes no canonical event."""

    def __init__(self, bus: Any) -> None:
        self._bus = bus

    def publish(self, messages: Sequence[BusMessage]) -> Sequence[BusMessage]:
        if any(message.detail_type != INGEST_ACCEPTED for message in messages):
            message = "The bus is down."
            raise TransientError(message)
        refused: Sequence[BusMessage] = self._bus.publish(messages)
        return refused


def _unpublished(system: System) -> None:
    _accepted(system)
    bus: Any = _Down(system.world.app.bus)
    system.world.put_in(bus=bus)
    system.world.drain()
    system.world.clock.advance(minutes=10)


def _normalized(system: System) -> None:
    _send(system, A1, B1)
    system.world.drain()


def _quarantined(system: System) -> None:
    system.deploy(inventory_by(lambda payload, _: [stock(payload, sku=1)]))
    _send(system, A1)
    system.world.drain()
    system.deploy(REGISTRY)


def _kept(system: System) -> list[QuarantineRecord]:
    return list(system.world.app.quarantine.records(vendor_id="vendorA", include_released=False, after=None, limit=10))


def _release(system: System) -> None:
    for record in _kept(system):
        system.vendors.reworks[A1.key] += 1
        release(system.world.app, record)
    system.world.drain()


def _conflicting(system: System) -> None:
    _send(system, A1, A2)
    system.world.drain()


def _correct(system: System) -> None:
    for record in _kept(system):
        system.vendors.reworks[A2.key] += 1
        release_correction(system.world.app, record)
    system.world.drain()


def _deployed_anew(system: System) -> None:
    _normalized(system)
    system.deploy(inventory_by(lambda payload, _: [stock(payload, sku="NEW")]))


def _replay(system: System) -> None:
    system.vendors.reworks.update([A1.key, B1.key])
    now = system.world.clock.now()
    window = {
        "vendorId": "vendorA",
        "receivedFrom": (now - timedelta(hours=1)).isoformat(),
        "receivedBefore": (now + timedelta(hours=1)).isoformat(),
    }
    replay_entry.answer(window, system.world.app)
    system.world.drain()


FLOWS = [
    Flow("accept a single event", _nothing, _accept_single, {"a": (NORMALIZED, 1)}),
    Flow("accept a batch", _nothing, _accept_batch, {"a": (NORMALIZED, 1), "b": (NORMALIZED, 1)}),
    Flow("accept a webhook", _nothing, _accept_webhook, {}),
    Flow("normalize", _accepted, _normalize, {"a": (NORMALIZED, 1), "refused": (FAILED, 0)}),
    Flow("sweep", _lost_on_their_way, _sweep, {"a": (NORMALIZED, 1), "refused": (FAILED, 0)}),
    Flow("publish", _unpublished, _sweep, {"a": (NORMALIZED, 1), "refused": (FAILED, 0)}),
    Flow("release", _quarantined, _release, {"a": (NORMALIZED, 1)}),
    Flow("correct", _conflicting, _correct, {"a": (NORMALIZED, 2)}),
    Flow("replay", _deployed_anew, _replay, {"a": (NORMALIZED, 2), "b": (NORMALIZED, 2)}),
]
