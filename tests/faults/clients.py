"""Vendors of flesh and thread: many clients that send the same events at the same time."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.faults.kinds import NONE
from tests.faults.vendors import inventory

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.kinds import FaultMap
    from tests.faults.systems import System


def at_once(actions: list[Callable[[], object]]) -> None:
    """Do each in a thread of its own, all from one moment on. Raises what one of them raised."""
    start = threading.Barrier(len(actions))
    errors: list[BaseException] = []

    def client(action: Callable[[], object]) -> None:
        start.wait()
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - the thread's boundary
            errors.append(error)

    threads = [threading.Thread(target=client, args=(action,), daemon=True) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def converse(system: System, clients: int, names: list[str], faults: FaultMap = NONE) -> None:
    """Per name all clients send it at once, every other one with another payload; then each sends it once more."""

    def send(name: str, client: int) -> None:
        event = inventory(name, 1 + client % 2)
        for _ in range(2):
            system.vendors.send(system.world, event)

    def talk() -> None:
        for name in names:
            system.world.clock.advance(seconds=1)
            at_once([lambda name=name, client=client: send(name, client) for client in range(clients)])  # type: ignore[misc] # bound at once

    system.under(faults, talk)
