"""Nothing that was acknowledged is lost, and nothing is counted twice, wherever the process dies."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.kill.harness import Ground
from tests.kill.launcher import KillPoint

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SOAK = bool(os.environ.get("DVSS_SOAK"))
KILLS_A_STAGE = 15 if SOAK else 3
RANDOM_KILLS = 15
SEED = 20260130

STAGES = {
    "accept": [
        KillPoint("index", "accept", "after"),
        KillPoint("raw", "put_once", "after"),
        KillPoint("bus", "publish", "before", accepted=True),
        KillPoint("index", "accept", "before"),
        KillPoint("raw", "put_once", "before"),
        KillPoint("bus", "publish", "after", accepted=True),
    ],
    "normalize": [
        KillPoint("index", "complete", "after"),
        KillPoint("normalized", "put", "after"),
        KillPoint("index", "complete", "before"),
        KillPoint("normalized", "put", "before"),
    ],
    "publish": [
        KillPoint("bus", "publish", "after", accepted=False),
        KillPoint("outbox", "delete", "before"),
        KillPoint("outbox", "delete", "after"),
        KillPoint("bus", "publish", "before", accepted=False),
    ],
}
# A call of publish or delete stands for several events, so fewer of them come in a round.
MOST_CALLS = {"accept": 100, "normalize": 80, "publish": 12}

type Tell = Callable[[str, int, int, list[str]], None]


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


@pytest.mark.parametrize("stage", STAGES)
def test_no_acknowledged_event_is_lost_or_doubled_by_a_kill(stage: str, ground: Ground, tell: Tell) -> None:
    calls = random.Random(f"{SEED} {stage}")
    points = STAGES[stage]
    kills = 0
    violations: list[str] = []
    acknowledged = 0
    for number in range(KILLS_A_STAGE):
        point, call = points[number % len(points)], calls.randint(2, MOST_CALLS[stage])
        done = ground.kill_at(str(point), call)
        kills += done.killed
        acknowledged = done.acknowledged
        violations += [f"seed {SEED}, kill {number} {point} at call {call}: {one}" for one in done.violations]
    tell(stage, kills, acknowledged, violations)
    assert not violations, "\n".join(violations)
    assert kills == KILLS_A_STAGE


@pytest.mark.soak
def test_no_acknowledged_event_is_lost_or_doubled_by_a_kill_at_any_time(ground: Ground, tell: Tell) -> None:
    moments = random.Random(SEED)
    violations: list[str] = []
    acknowledged = 0
    for number in range(RANDOM_KILLS):
        seconds = moments.uniform(0.01, 0.6)
        done = ground.kill_after(seconds)
        acknowledged = done.acknowledged
        violations += [f"seed {SEED}, kill {number} after {seconds:.3f} s: {one}" for one in done.violations]
    tell("any time", RANDOM_KILLS, acknowledged, violations)
    assert not violations, "\n".join(violations)


def test_a_server_that_forgets_events_is_found_out(ground: Ground) -> None:
    violations = ground.run_forgetful()
    assert {one.split(":")[0].split()[-1] for one in violations if "ACK_" in one} == {"ACK_UNKNOWN"}
