"""The queues of this process, one a lane. Dispatch markers are their durable side: what is lost here is sent again."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from handlers.values import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from handlers.ports import Clock
    from handlers.values import BusMessage

MOST_MESSAGES = 100_000


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """A message and when it was put into its lane."""

    message: BusMessage
    queued_at: datetime


class _Queue:
    def __init__(self) -> None:
        self.waiting: deque[QueuedMessage] = deque()
        self.filled = threading.Condition()


class LaneQueues:
    """Unordered in promise, first in first out in fact. Each message is taken once."""

    def __init__(self, clock: Clock, most_messages: int = MOST_MESSAGES) -> None:
        self._clock = clock
        self._most_messages = most_messages
        self._queues = {lane: _Queue() for lane in Lane}

    def offer(self, lane: Lane, message: BusMessage) -> bool:
        """Put a message into its lane. False if the lane is full."""
        queue = self._queues[lane]
        entry = QueuedMessage(message, self._clock.now())
        with queue.filled:
            if len(queue.waiting) >= self._most_messages:
                return False
            queue.waiting.append(entry)
            queue.filled.notify()
        return True

    def take(self, lane: Lane, limit: int, wait_seconds: float) -> Sequence[QueuedMessage]:
        """Up to ``limit`` messages. Waits for a first one, ``wait_seconds`` at the most; empty if none came."""
        queue = self._queues[lane]
        give_up_at = monotonic() + wait_seconds
        with queue.filled:
            while not queue.waiting:
                if not queue.filled.wait(give_up_at - monotonic()):
                    break
            return [queue.waiting.popleft() for _ in range(min(limit, len(queue.waiting)))]

    def depth(self, lane: Lane) -> int:
        """How many messages wait."""
        return len(self._queues[lane].waiting)

    def age(self, queued: QueuedMessage) -> timedelta:
        """How long a message has waited, or waited until it was taken and held since."""
        return self._clock.now() - queued.queued_at

    def oldest_message_age(self, lane: Lane) -> timedelta:
        queue = self._queues[lane]
        with queue.filled:
            return self.age(queue.waiting[0]) if queue.waiting else timedelta(0)
