"""How long to wait before a refused call is made again."""

from __future__ import annotations

import time
from dataclasses import dataclass
from random import SystemRandom
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

ATTEMPTS = 5
"""How often a call is made in all. What is still refused then is the caller's TransientError."""
_FIRST_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Backoff:
    """Full jitter: between nothing and a bound that doubles, so that those who collided do not collide again."""

    random: Callable[[], float] = SystemRandom().random
    sleep: Callable[[float], None] = time.sleep

    def wait(self, attempt: int) -> None:
        """Wait after the ``attempt``-th call, counted from 0; 0.75 s at the most over all attempts."""
        self.sleep(self.random() * _FIRST_SECONDS * 2**attempt)
