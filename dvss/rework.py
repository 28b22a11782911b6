"""Normalizing again: what a release or a replay of an event came to, in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dvss.pipeline import MOST_RECEIVES, RECORDS_PER_CALL, Received, normalize_once
from handlers.values import Lane

if TYPE_CHECKING:
    from dvss.bootstrap import Deployment
    from handlers.values import IngestRecord


def finish(deployment: Deployment) -> None:
    """Normalize what this process put into its lanes. What fails stays marked, and the server's sweeper takes it."""
    lanes = deployment.backend.lanes
    for lane in Lane:
        while taken := lanes.take(lane, RECORDS_PER_CALL, 0):
            left = [Received(entry.message, lane) for entry in taken]
            for _ in range(MOST_RECEIVES):
                left = normalize_once(left, deployment.application)
                if not left:
                    break


def present(deployment: Deployment, record: IngestRecord) -> IngestRecord:
    """The record as it stands now."""
    return deployment.application.index.read([record.key], consistent=True)[record.key]
