"""How much of its time a call of an entry point has left."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    type RemainingTime = Callable[[], timedelta]

MARGIN = timedelta(seconds=10)
"""What is begun with less than this left might be cut in the middle: a page of work with its publication."""


def unlimited() -> timedelta:
    """Of a process that is not stopped by the clock."""
    return timedelta.max
