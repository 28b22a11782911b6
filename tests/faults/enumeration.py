"""One run of one flow under one fault map, and what is wrong after it."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING

from handlers.values import IdempotencyKey, Status
from tests.faults.checker import findings, remember_raw
from tests.faults.flows import A2
from tests.faults.kinds import NONE, FaultMap

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

    from tests.faults.flows import Flow
    from tests.faults.systems import System

IS_SOAK = bool(os.environ.get("DVSS_SOAK"))
GIVEN = os.environ.get("DVSS_FAULTS")
"""A fault map as a failure prints it: then that one is run and no other."""


def run(system: System, flow: Flow, faults: FaultMap) -> list[str]:
    """What is wrong in the end."""
    flow.prepare(system)
    remember_raw(system)
    system.under(faults, lambda: flow.act(system))
    hook = system.last
    system.under(NONE, lambda: flow.act(system))
    system.settle()
    system.last = hook
    return [*_note_correction(system), *findings(system), *_unexpected(system, flow)]


def _note_correction(system: System) -> Iterator[str]:
    """A correction has made the second payload the first."""
    row = system.sound.index.read([A2.key], consistent=True).get(A2.key)
    if (A2.key, A2.digest) in system.vendors.refused and row is not None and row.payload_digest == A2.digest:
        if not system.vendors.reworks[A2.key]:
            yield "a payload that was refused is the event, and nobody asked for it"
        system.vendors.corrected(A2)
        system.vendors.send(system.world, A2)


def _unexpected(system: System, flow: Flow) -> Iterator[str]:
    told = Counter((event["externalEventId"], event["revision"]) for event in system.world.feed() if "data" in event)
    for name, (status, revision) in flow.expect.items():
        key = IdempotencyKey("vendorA", name)
        row = system.sound.index.read([key], consistent=True).get(key)
        if row is None or (row.status, row.revision) != (status, revision):
            yield f"{name}: {row}, expected {status} in revision {revision}"
        if status is Status.NORMALIZED and told[name, revision] != 1:
            yield f"{name}: revision {revision} was told {told[name, revision]} times"


def single_faults(system: System) -> Iterator[FaultMap]:
    """Every kind at every call of the run that the system has made last."""
    for number in range(1, len(system.last.calls) + 1):
        for kind in system.last.kinds_at(number):
            yield FaultMap({number: kind})


def rotated(system: System) -> Iterator[FaultMap]:
    """One kind at each call, each kind in its turn; of a row of equal calls at the first and the last."""
    calls = system.last.calls
    for number, call in enumerate(calls, 1):
        if calls[number - 2 : number - 1] == calls[number : number + 1] == [call]:
            continue
        kinds = system.last.kinds_at(number)
        yield FaultMap({number: kinds[number % len(kinds)]})


def double_faults(singles: list[FaultMap], count: int, rng: Random) -> Iterator[FaultMap]:
    """Two at once, drawn from all pairs. The second is counted on behind the first, retries included."""
    for _ in range(count):
        first, second = rng.sample(singles, 2)
        yield FaultMap({**first, **second})
