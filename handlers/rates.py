"""How many requests a vendor may make: one token bucket per vendor, in this process's memory."""

from __future__ import annotations

from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_MICROSECOND = timedelta(microseconds=1)
# Levels are whole millionths of a token: what fills in a microsecond at one token a second, without rounding.
_TOKEN = 1_000_000
_OUT_OF_ORDER = timedelta(seconds=1)
"""Requests that are served at once come with times that are less than this out of order."""


class TokenBuckets:
    """Buckets that fill by ``per_second`` up to ``burst``; one that was never asked for is full."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._levels: dict[str, tuple[int, datetime]] = {}

    def take(self, vendor_id: str, *, per_second: int, burst: int, at: datetime) -> int | None:
        """Take one token. None if there was one, else the whole seconds until there is."""
        with self._lock:
            level = self._level(vendor_id, per_second, burst, at)
            is_taken = level >= _TOKEN
            _, since = self._levels.get(vendor_id, (0, at))
            # What is out of order must fill nothing twice, and a clock that was set back not stop the filling.
            since = max(at, since) if since - at < _OUT_OF_ORDER else at
            self._levels[vendor_id] = (level - _TOKEN if is_taken else level, since)
        return None if is_taken else _seconds(level, per_second)

    def _level(self, vendor_id: str, per_second: int, burst: int, at: datetime) -> int:
        level, since = self._levels.get(vendor_id, (burst * _TOKEN, at))
        return min(level + max(at - since, timedelta(0)) // _MICROSECOND * per_second, burst * _TOKEN)

    def charge(self, vendor_id: str, tokens: int) -> None:
        """Take tokens that may not be there: the bucket goes into debt and pays it off as it fills.

        The items of a batch, whose first token was taken before the batch was read. A batch of more items than the
        bucket's burst passes; what follows it waits.
        """
        with self._lock:
            level, since = self._levels[vendor_id]
            self._levels[vendor_id] = (level - tokens * _TOKEN, since)


def _seconds(level: int, per_second: int) -> int:
    """How long a bucket takes to hold a token, rounded up."""
    return -((level - _TOKEN) // (per_second * _TOKEN))
