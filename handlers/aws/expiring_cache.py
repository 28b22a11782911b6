"""What was read from a slow store, kept for a short time."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.ports import Clock

REFRESH = timedelta(seconds=60)
JITTER = 0.2
"""A value is kept for 80 to 100 % of its time, so that processes which began together do not ask together."""
MOST_STALE = timedelta(minutes=5)
REFRESH_UNKNOWN = timedelta(seconds=10)
MOST_KNOWN = 10_000
MOST_UNKNOWN = 1_000


@dataclass(frozen=True, slots=True)
class _Entry[T]:
    value: T | None = field(repr=False)
    read_at: datetime
    fresh_until: datetime


class ExpiringCache[T]:
    """Reads a value at most once a minute.

    A value that cannot be read again because the store fails is served until it is five minutes old; then the failure
    is the answer. That there is no value is kept for ten seconds and never served stale. What is unknown cannot push
    out what is known: whoever tries keys only pushes out other tries.
    """

    def __init__(self, read: Callable[[str], T | None], clock: Clock, random: Callable[[], float]) -> None:
        self._read = read
        self._clock = clock
        self._random = random
        self._known: OrderedDict[str, _Entry[T]] = OrderedDict()
        self._unknown: OrderedDict[str, _Entry[T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, name: str) -> T | None:
        """The value; None if there is none. Raises TransientError where neither the store nor the cache can tell."""
        now = self._clock.now()
        with self._lock:
            entry = self._known.get(name) or self._unknown.get(name)
        if entry is not None and now < entry.fresh_until:
            return entry.value
        try:
            value = self._read(name)
        except TransientError:
            if entry is None or entry.value is None or now >= entry.read_at + MOST_STALE:
                raise
            return entry.value
        self._keep(name, value, now)
        return value

    def _keep(self, name: str, value: T | None, now: datetime) -> None:
        period = REFRESH_UNKNOWN if value is None else REFRESH
        entry = _Entry(value, now, now + period * (1 - JITTER * self._random()))
        entries, most = (self._unknown, MOST_UNKNOWN) if value is None else (self._known, MOST_KNOWN)
        with self._lock:
            self._known.pop(name, None)
            self._unknown.pop(name, None)
            entries[name] = entry
            while len(entries) > most:
                entries.popitem(last=False)
