"""Whatever is lost of what was not synced, the database's own writes and names of files included: no promise is."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from tests.power.disk_states import LOSSES, nothing_more

if TYPE_CHECKING:
    import random

    from tests.power.disk_states import Loss
    from tests.power.runs import Ground

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the recorder of system calls knows Linux")

SOAK = bool(os.environ.get("DVSS_SOAK"))
RUNS = 5 if SOAK else 1
LOSSES_A_RUN = 21 if SOAK else 12
SERVERS_A_RUN = 3 if SOAK else 1
GROUPS = 60


@pytest.mark.parametrize("number", range(RUNS))
def test_nothing_acknowledged_is_lost_or_doubled_by_a_power_loss(
    number: int, ground: Ground, rng: random.Random
) -> None:
    for _ in range(SERVERS_A_RUN):
        with ground.server() as server:
            ground.run.load(server, ground.recording, GROUPS, rng)
            if rng.random() < 0.5:
                server.process.kill()
    losses = list(LOSSES) * (LOSSES_A_RUN // len(LOSSES))
    rng.shuffle(losses)
    found = ground.violations(losses)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("loss", LOSSES, ids=lambda loss: loss.__name__)
def test_a_folder_that_was_being_made_is_made_again(loss: Loss, ground: Ground) -> None:
    with ground.server():
        pass
    found = ground.violations_while_made(loss, 1.0 if SOAK else 0.1)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("how", "lost"),
    [("synchronous-off", "after the power loss"), ("no-directory-sync", "RAW_"), ("no-segment-sync", "RAW_")],
)
def test_a_server_that_does_not_sync_is_found_out(how: str, lost: str, ground: Ground, rng: random.Random) -> None:
    with ground.server(how) as server:
        ground.run.load(server, ground.recording, 30, rng)
    assert any(lost in one for one in ground.violations([nothing_more] * 3))
