"""Each broken design is caught by at least two of the methods; a method looks until it has found something."""

from __future__ import annotations

from itertools import zip_longest
from random import Random
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.broken_designs import (
    BROKEN,
    Design,
    MarkBeforePersist,
    MarkerClearedEarly,
    NoFence,
    NonAtomicState,
    NoOwnRowRule,
    NoSweeper,
    UnconditionalPut,
)
from tests.faults.clients import converse
from tests.faults.enumeration import run, single_faults
from tests.faults.flows import FLOWS
from tests.faults.history import contradictions
from tests.faults.interleavings import Interleaving
from tests.faults.kinds import NONE, FaultMap, Kind
from tests.faults.state_machine import EmbeddedHistories
from tests.faults.systems import embedded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.faults.flows import Flow

    type Method = Callable[[type[Design], Path], Iterator[str]]


def enumeration(design: type[Design], folder: Path) -> Iterator[str]:
    """A fault at each call of each flow, the kinds in turn."""
    by_kind: dict[Kind, list[tuple[Flow, FaultMap]]] = {kind: [] for kind in Kind}
    for flow in FLOWS:
        system = embedded(folder / flow.name, design())
        yield from run(system, flow, NONE)
        for faults in single_faults(system):
            by_kind[next(iter(faults.values()))].append((flow, faults))
        system.world.close()
    for of_kind in by_kind.values():
        Random(1).shuffle(of_kind)
    in_turn = (one for turn in zip_longest(*by_kind.values()) for one in turn if one is not None)
    for number, (flow, faults) in enumerate(in_turn):
        system = embedded(folder / str(number), design())
        yield from run(system, flow, faults)
        system.world.close()


def state_machine(design: type[Design], folder: Path) -> Iterator[str]:
    """Random histories."""
    del folder
    machine = type(f"{design.__name__}Histories", (EmbeddedHistories,), {"design": design})
    for number in range(20):
        try:
            run_state_machine_as_test(
                seed(number)(machine),
                settings=settings(
                    max_examples=10,
                    stateful_step_count=25,
                    deadline=None,
                    database=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                    report_multiple_bugs=False,
                ),
            )
        except AssertionError as error:
            yield str(error)


def interleavings(design: type[Design], folder: Path) -> Iterator[str]:
    """Drawn orders of concurrent calls."""
    for number in range(200):
        system = embedded(folder / str(number), design(), number)
        yield from Interleaving(system, number).run()
        system.world.close()


def history(design: type[Design], folder: Path) -> Iterator[str]:
    """What concurrent clients were told, and nothing else."""
    random = Random(7)
    system = embedded(folder / "data", design())
    for number in range(60):
        faults = FaultMap({random.randint(1, 40): Kind.LOST_ANSWER for _ in range(4)})
        converse(system, 4, [f"{number}-{name}" for name in range(2)], faults)
        yield from contradictions(system.vendors.history.operations())
    system.world.close()


CATCHES: dict[type[Design], list[Method]] = {
    MarkBeforePersist: [enumeration, state_machine, interleavings],
    NoSweeper: [enumeration, state_machine, interleavings],
    UnconditionalPut: [enumeration, interleavings, history],
    NoFence: [enumeration, state_machine, interleavings],
    NonAtomicState: [enumeration, interleavings],
    NoOwnRowRule: [enumeration, history],
    MarkerClearedEarly: [enumeration, state_machine, interleavings],
}
"""Which method finds which design wanting."""


@pytest.mark.parametrize(
    ("design", "method"),
    [(design, method) for design, methods in CATCHES.items() for method in methods],
    ids=lambda one: one.__name__,
)
def test_a_broken_design_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, design: type[Design], method: Method
) -> None:
    for path, replacement in design.replaces.items():
        monkeypatch.setattr(path, replacement)
    found = next(method(design, tmp_path), None)
    print(f"{design.__name__} by {method.__name__}: {found}")
    assert found is not None


def test_each_broken_design_has_two_methods_that_catch_it() -> None:
    assert {design: len(methods) >= 2 for design, methods in CATCHES.items()} == dict.fromkeys(BROKEN, True)
