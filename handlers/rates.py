"""How many requests a vendor may make: one token bucket per vendor, in this process's memory."""

from __future__ import annotations

from math import ceil
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class TokenBuckets:
    """Buckets that fill by ``per_second`` up to ``burst``; one that was never asked for is full."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._levels: dict[str, tuple[float, datetime]] = {}

    def take(self, vendor_id: str, *, per_second: int, burst: int, at: datetime) -> int | None:
        """Take one token. None if there was one, else the whole seconds until there is."""
        with self._lock:
            level, since = self._levels.get(vendor_id, (float(burst), at))
            # A clock that was set back must not drain the bucket.
            elapsed_seconds = max((at - since).total_seconds(), 0.0)
            level = min(level + elapsed_seconds * per_second, float(burst))
            taken = level >= 1
            self._levels[vendor_id] = (level - 1 if taken else level, max(at, since))
        return None if taken else max(1, ceil((1 - level) / per_second))

    def charge(self, vendor_id: str, tokens: int) -> None:
        """Take tokens that may not be there: the bucket goes into debt and pays it off as it fills.

        The items of a batch, whose first token was taken before the batch was read. A batch of more items than the
        bucket's burst passes; what follows it waits.
        """
        with self._lock:
            level, since = self._levels[vendor_id]
            self._levels[vendor_id] = (level - tokens, since)
