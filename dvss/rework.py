"""Normalizing again what a release or a replay put into the lanes of this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvss.pipeline import MOST_RECEIVES, RECORDS_PER_CALL, Received, normalize_once
from handlers.values import Lane

if TYPE_CHECKING:
    from dvss.embedded.lanes import LaneQueues
    from handlers.application import Application


def normalize_lanes(application: Application, lanes: LaneQueues) -> None:
    """Empty the lanes. What fails stays marked, and the server's sweeper takes it."""
    for lane in Lane:
        while taken := lanes.take(lane, RECORDS_PER_CALL, 0):
            left = [Received(entry.message, lane) for entry in taken]
            for _ in range(MOST_RECEIVES):
                left = normalize_once(left, application)
                if not left:
                    break
