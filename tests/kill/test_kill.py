"""Nothing that was acknowledged is lost, and nothing is counted twice, wherever the process dies."""

from __future__ import annotations

import os
import random
from typing import TYPE_CHECKING

import pytest

from tests.kill.harness import Ground
from tests.kill.launcher import KillPoint

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOAK = bool(os.environ.get("DVSS_SOAK"))
KILLS_A_STAGE = 45 if SOAK else 3
RANDOM_KILLS = 45
# What was acknowledged is audited after each kill: a folder is left before that takes longer than the kill.
KILLS_A_FOLDER = 15
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
# Where a server is killed, and then the next one that takes up what it left.
SWEEP = [
    ("before index.complete", "after index.due"),
    ("before index.complete", "before bus.publish:accepted"),
    ("before index.complete", "after bus.publish:accepted"),
    ("before bus.publish:canonical", "after outbox.pending"),
    ("before bus.publish:canonical", "after bus.publish:canonical"),
    ("after bus.publish:canonical", "before outbox.delete"),
]
ROUNDS_OF_THE_SWEEP = 4
# A call of publish or delete stands for several events, so fewer of them come in a round.
MOST_CALLS = {"accept": 100, "normalize": 80, "publish": 12}

type Tell = Callable[[str, int, int, list[str]], None]


class Grounds:
    """A ground for each kill, a new one now and then."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._kills = 0
        self._ground: Ground | None = None
        self._acknowledged = 0

    def next(self) -> Ground:
        if self._ground is None or self._kills % KILLS_A_FOLDER == 0:
            self.close()
            self._ground = Ground(self._folder / str(self._kills))
        self._kills += 1
        return self._ground

    def acknowledged(self) -> int:
        """Events, in all of them."""
        return self._acknowledged + (len(self._ground.sender.acknowledged) if self._ground else 0)

    def close(self) -> None:
        if self._ground is not None:
            self._acknowledged = self.acknowledged()
            self._ground.close()
            self._ground = None


@pytest.fixture
def grounds(tmp_path: Path) -> Iterator[Grounds]:
    grounds = Grounds(tmp_path)
    yield grounds
    grounds.close()


@pytest.mark.parametrize("stage", STAGES)
def test_no_acknowledged_event_is_lost_or_doubled_by_a_kill(stage: str, grounds: Grounds, tell: Tell) -> None:
    calls = random.Random(f"{SEED} {stage}")
    points = STAGES[stage]
    kills = 0
    violations: list[str] = []
    for number in range(KILLS_A_STAGE):
        point, call = points[number % len(points)], calls.randint(2, MOST_CALLS[stage])
        done = grounds.next().kill_at(str(point), call)
        kills += done.killed
        violations += [f"seed {SEED}, kill {number} {point} at call {call}: {one}" for one in done.violations]
    tell(stage, kills, grounds.acknowledged(), violations)
    assert not violations, "\n".join(violations)
    assert kills == KILLS_A_STAGE


@pytest.mark.soak
def test_no_acknowledged_event_is_lost_or_doubled_by_a_kill_in_the_sweep_after_a_kill(
    grounds: Grounds, tell: Tell
) -> None:
    calls = random.Random(SEED)
    kills = 0
    violations: list[str] = []
    for number, (first, second) in enumerate(SWEEP * ROUNDS_OF_THE_SWEEP):
        call = calls.randint(2, MOST_CALLS["publish"])
        done = grounds.next().kill_twice(first, call, second)
        kills += 2 * done.killed
        where = f"seed {SEED}, kills {number} {first} at call {call}, {second}"
        violations += [f"{where}: {one}" for one in done.violations]
    tell("sweep", kills, grounds.acknowledged(), violations)
    assert not violations, "\n".join(violations)
    assert kills == 2 * len(SWEEP) * ROUNDS_OF_THE_SWEEP


@pytest.mark.soak
def test_no_acknowledged_event_is_lost_or_doubled_by_a_kill_at_any_time(grounds: Grounds, tell: Tell) -> None:
    moments = random.Random(SEED)
    violations: list[str] = []
    for number in range(RANDOM_KILLS):
        seconds = moments.uniform(0.01, 0.6)
        done = grounds.next().kill_after(seconds)
        violations += [f"seed {SEED}, kill {number} after {seconds:.3f} s: {one}" for one in done.violations]
    tell("any time", RANDOM_KILLS, grounds.acknowledged(), violations)
    assert not violations, "\n".join(violations)


def test_a_server_that_forgets_events_is_found_out(grounds: Grounds) -> None:
    violations = grounds.next().run_forgetful()
    assert {one.split(":")[0].split()[-1] for one in violations if "ACK_" in one} == {"ACK_UNKNOWN"}
