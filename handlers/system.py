"""Where time and new ids come from on this machine: the one home of the system clock."""

from __future__ import annotations

import os
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
RANDOM_BITS = 80
_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # pragma: allowlist secret (an alphabet)


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)  # noqa: TID251 - the one home of datetime.now


class UlidFactory:
    """ULIDs whose random part starts anywhere and then only rises.

    So no two ids of one process are equal, and those of one millisecond ascend, whatever times are asked for.
    """

    def __init__(self, random_bytes: Callable[[int], bytes] = os.urandom) -> None:
        # One bit of the 80 stays free: the part cannot overflow in 2**79 ids.
        self._random_part = int.from_bytes(random_bytes(10)) >> 1
        self._lock = threading.Lock()

    def new_id(self, at: datetime) -> str:
        with self._lock:
            self._random_part += 1
            random_part = self._random_part
        return ulid((at - _EPOCH) // _MILLISECOND, random_part)


def ulid(milliseconds: int, random_part: int) -> str:
    """The ULID of a time since the epoch and 80 bits: https://github.com/ulid/spec."""
    number = milliseconds << RANDOM_BITS | random_part
    # A library for this would cost each cold start more than all of our ids together.
    return "".join([_CROCKFORD[number >> shift & 31] for shift in range(125, -1, -5)])


def ulid_moment(text: str) -> datetime:
    """The time part of a ULID. Raises ValueError for what is none."""
    milliseconds = 0
    for character in text[:10]:
        milliseconds = milliseconds << 5 | _CROCKFORD.index(character)
    return _EPOCH + milliseconds * _MILLISECOND
