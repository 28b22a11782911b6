"""Every call of every port meets with every kind of fault, on each way of an event through the system."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.enumeration import GIVEN, IS_SOAK, double_faults, run, single_faults
from tests.faults.flows import FLOWS
from tests.faults.kinds import NONE, FaultMap
from tests.faults.systems import embedded

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.flows import Flow

SEED = 5
DOUBLE_FAULTS = 400 if IS_SOAK else 12


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_no_fault_at_any_call_loses_or_doubles_anything(tmp_path: Path, flow: Flow) -> None:
    system = embedded(tmp_path / "none")
    assert run(system, flow, NONE) == []
    calls = system.last.calls
    singles = list(single_faults(system))
    maps = [*singles, *double_faults(singles, DOUBLE_FAULTS, random.Random(SEED))]
    system.world.close()
    for number, faults in enumerate([FaultMap.of(GIVEN)] if GIVEN else maps):
        system = embedded(tmp_path / str(number))
        found = run(system, flow, faults)
        system.world.close()
        assert found == [], f"{flow.name}, DVSS_FAULTS='{faults}' of {calls}"
