"""Which status may follow which."""

from __future__ import annotations

from handlers.values import Status

TRANSITIONS: dict[Status, frozenset[Status]] = {
    # Normalize ends an event's way; a release sends a refused one through again, a replay a normalized one.
    Status.RECEIVED: frozenset({Status.NORMALIZED, Status.FAILED_NORMALIZE}),
    Status.NORMALIZED: frozenset({Status.NORMALIZED, Status.FAILED_NORMALIZE, Status.RECEIVED}),
    Status.FAILED_NORMALIZE: frozenset({Status.RECEIVED}),
}
"""Statuses that may follow each status; NORMALIZED becomes RECEIVED only by a correction, whose event is another."""


def may_follow(before: Status, after: Status) -> bool:
    """Whether ``after`` may follow ``before``."""
    return after in TRANSITIONS[before]
