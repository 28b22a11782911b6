"""Whoever goes first: the order of all calls is drawn, and what was answered holds in each."""

from __future__ import annotations

import os
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.faults.enumeration import IS_SOAK
from tests.faults.interleavings import Interleaving
from tests.faults.schedule import Schedule
from tests.faults.systems import embedded, on_aws
from tests.ports.aws import moto_as_needed

if TYPE_CHECKING:
    from pathlib import Path

SEED = int(os.environ.get("DVSS_SEED", "1"))
EMBEDDED, ON_AWS = (400, 100) if IS_SOAK else (45, 5)


def test_no_order_of_calls_loses_or_doubles_anything(tmp_path: Path) -> None:
    for seed in range(SEED, SEED + EMBEDDED):
        system = embedded(tmp_path / str(seed), seed=seed)
        interleaving = Interleaving(system, seed)
        found = interleaving.run()
        system.world.close()
        assert found == [], f"DVSS_SEED={seed}, faults {interleaving.faults!r}, turns {interleaving.schedule.turns}"


def test_no_order_of_requests_loses_or_doubles_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(SEED, SEED + ON_AWS):
        with moto_as_needed(monkeypatch):
            interleaving = Interleaving(on_aws(tmp_path, seed=seed), seed)
            found = interleaving.run()
        assert found == [], f"DVSS_SEED={seed}, faults {interleaving.faults!r}, turns {interleaving.schedule.turns}"


def test_the_same_seed_is_the_same_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seed = 2
    seen = []
    for number in range(2):
        system = embedded(tmp_path / str(number), seed=seed)
        interleaving = Interleaving(system, seed)
        interleaving.run()
        seen.append((interleaving.schedule.turns, system.world.feed(), system.vendors.history.operations()))
        system.world.close()
    for _ in range(2):
        with moto_as_needed(monkeypatch):
            interleaving = Interleaving(on_aws(tmp_path, seed=seed), seed)
            interleaving.run()
            seen.append((interleaving.schedule.turns, [], []))
    assert seen[0] == seen[1]
    assert seen[2] == seen[3]
    assert len(seen[0][0]) > 50


def test_a_schedule_lets_one_task_go_on_at_a_time() -> None:
    schedule = Schedule(Random(3))
    seen: list[str] = []

    def task(name: str) -> None:
        for step in range(3):
            seen.append(f"{name}{step} begins")
            seen.append(f"{name}{step} ends")
            schedule.pause()

    schedule.run({"a": lambda: task("a"), "b": lambda: task("b")})
    assert [one.removesuffix(" begins") for one in seen[::2]] == [one.removesuffix(" ends") for one in seen[1::2]]
    assert {one[0] for one in seen[:6]} == {"a", "b"}


def test_an_error_of_a_task_is_raised_where_tasks_were_started() -> None:
    def task() -> None:
        message = "wrong"
        raise ValueError(message)

    with pytest.raises(ValueError, match="wrong"):
        Schedule(Random(1)).run({"a": task})
