"""What can go wrong with a call, whether it is one of a port or a request on the wire."""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class SimulatedCrash(BaseException):
    """The process is gone, or the instance of a function. No handler of errors stops it."""


class Kind(StrEnum):
    """What a call meets with. A call with none of them happens and is answered."""

    CRASH_BEFORE = "the process ends before the call"
    CRASH_AFTER = "the process ends after the call's effect"
    LOST_REQUEST = "a timeout, without an effect"
    LOST_ANSWER = "a timeout, with the effect; the call is made again"
    UNANSWERED = "timeouts, with the effect, until the caller gives up"
    THROTTLED = "throttled until the caller gives up"
    SERVER_ERROR = "answered 500 until the caller gives up"
    PARTIAL = "half of what was asked for is done"
    CONFLICT = "another write of the same thing is under way"
    STALE = "a read that may be behind is behind"

    def __repr__(self) -> str:
        return f"Kind.{self.name}"


CRASHES = frozenset({Kind.CRASH_BEFORE, Kind.CRASH_AFTER})


class FaultMap(dict[int, Kind]):
    """Which calls, counted from 1, meet with what. ``FaultMap.of`` reads what is printed."""

    def __str__(self) -> str:
        return " ".join(f"{number}={kind.name}" for number, kind in sorted(self.items()))

    def __repr__(self) -> str:
        return f'FaultMap.of("{self}")'

    @classmethod
    def of(cls, text: str) -> Self:
        words = (word.partition("=") for word in text.split())
        return cls({int(number): Kind[name] for number, _, name in words})


NONE = FaultMap()
