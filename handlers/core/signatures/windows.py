"""How far from our clock a time that was signed may lie."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Window:
    """Both edges are inside. Within it a captured request can be sent again: it is a duplicate of its event then.

    A request is late for many good reasons, and early for one alone: a clock that is off. So ``ahead`` may be shorter.
    """

    past: timedelta
    ahead: timedelta

    def holds(self, age_seconds: float) -> bool:
        """Whether a time that is so old (negative: so far ahead) is taken."""
        return -self.ahead.total_seconds() <= age_seconds <= self.past.total_seconds()


# What the scheme's own SDKs take.
STANDARD_WEBHOOKS = Window(past=timedelta(minutes=5), ahead=timedelta(minutes=5))
# The SDKs take any time that is ahead, so who could sign once could sign for next year.
STRIPE = Window(past=timedelta(minutes=5), ahead=timedelta(minutes=1))
# A failed delivery is repeated for three days, and nothing says that the time is made anew for it.
PAYPAL = Window(past=timedelta(days=3), ahead=timedelta(minutes=5))
