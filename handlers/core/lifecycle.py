"""Which step may be taken from which status, and where it leads."""

from __future__ import annotations

from enum import StrEnum

from handlers.values import Status


class Step(StrEnum):
    """What can happen to an accepted event."""

    NORMALIZE = "NORMALIZE"
    QUARANTINE = "QUARANTINE"
    RELEASE = "RELEASE"
    REPLAY = "REPLAY"
    CORRECT = "CORRECT"
    """A conflicting delivery takes the event's place."""


TRANSITIONS: dict[tuple[Status, Step], Status] = {
    (Status.RECEIVED, Step.NORMALIZE): Status.NORMALIZED,
    (Status.RECEIVED, Step.QUARANTINE): Status.FAILED_NORMALIZE,
    # Only of an event whose marker is parked: any other is on its way already.
    (Status.RECEIVED, Step.REPLAY): Status.RECEIVED,
    (Status.RECEIVED, Step.CORRECT): Status.RECEIVED,
    # The canonical events of a replayed event hold until another result takes their place.
    (Status.NORMALIZED, Step.REPLAY): Status.NORMALIZED,
    (Status.NORMALIZED, Step.NORMALIZE): Status.NORMALIZED,
    (Status.NORMALIZED, Step.QUARANTINE): Status.FAILED_NORMALIZE,
    (Status.NORMALIZED, Step.CORRECT): Status.RECEIVED,
    (Status.FAILED_NORMALIZE, Step.RELEASE): Status.RECEIVED,
    (Status.FAILED_NORMALIZE, Step.REPLAY): Status.RECEIVED,
    (Status.FAILED_NORMALIZE, Step.CORRECT): Status.RECEIVED,
}
"""The status that each step leads to; a step that is missing here cannot be taken."""


def after(status: Status, step: Step) -> Status | None:
    """The status that the step leads to; None where it cannot be taken."""
    return TRANSITIONS.get((status, step))
