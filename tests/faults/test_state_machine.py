"""Whatever happens in whatever order: what was answered becomes one canonical event, or lies in quarantine."""

from __future__ import annotations

import os

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.faults.enumeration import IS_SOAK
from tests.faults.state_machine import CloudHistories, EmbeddedHistories, Histories

SEED = int(os.environ.get("DVSS_SEED", "1"))


@pytest.mark.parametrize(
    ("machine", "wanted", "examples"),
    [(EmbeddedHistories, 9_000 if IS_SOAK else 900, 10), (CloudHistories, 1_000 if IS_SOAK else 100, 2)],
)
def test_no_history_loses_or_doubles_anything(machine: type[Histories], wanted: int, examples: int) -> None:
    number = SEED
    machine.steps = 0
    while machine.steps < wanted:
        try:
            run_state_machine_as_test(
                seed(number)(machine),
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=25,
                    deadline=None,
                    database=None,
                    suppress_health_check=list(HealthCheck),
                    print_blob=True,
                    # A history on moto takes too long to be made shorter.
                    phases=list(Phase) if machine is EmbeddedHistories else [Phase.generate],
                ),
            )
        except BaseException as error:
            error.add_note(f"{machine.__name__}: DVSS_SEED={number}")
            raise
        number += 1
    print(f"{machine.__name__}: {machine.steps} steps, seeds {SEED} to {number - 1}")
    assert machine.steps >= wanted
