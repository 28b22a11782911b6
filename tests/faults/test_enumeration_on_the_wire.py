"""Every request to AWS meets with a fault, on each way of an event; in a soak with every kind of fault."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.faults.enumeration import GIVEN, IS_SOAK, double_faults, rotated, run, single_faults
from tests.faults.flows import FLOWS
from tests.faults.kinds import NONE, FaultMap
from tests.faults.systems import on_aws
from tests.ports.aws import moto_as_needed

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.flows import Flow

SEED = 5
DOUBLE_FAULTS = 60 if IS_SOAK else 1


@pytest.mark.parametrize("flow", FLOWS, ids=lambda flow: flow.name)
def test_no_fault_at_any_request_loses_or_doubles_anything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flow: Flow
) -> None:
    with moto_as_needed(monkeypatch):
        system = on_aws(tmp_path)
        assert run(system, flow, NONE) == []
        calls = system.last.calls
        every = list(single_faults(system))
        singles = every if IS_SOAK else list(rotated(system))
    maps = [*singles, *double_faults(every, DOUBLE_FAULTS, random.Random(SEED))]
    for faults in [FaultMap.of(GIVEN)] if GIVEN else maps:
        with moto_as_needed(monkeypatch):
            assert run(on_aws(tmp_path), flow, faults) == [], f"{flow.name}, DVSS_FAULTS='{faults}' of {calls}"
