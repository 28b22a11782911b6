"""The queues of this process, one a lane. Dispatch markers are their durable side: what is lost here is sent again."""

from __future__ import annotations

import json
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
    """The messages of one lane, a row for each vendor. Not safe by itself: ``filled`` is held around each call."""

    def __init__(self) -> None:
        self.filled = threading.Condition()
        self._rows: dict[str, deque[QueuedMessage]] = {}
        self._turns: deque[str] = deque()
        self.count = 0

    def add(self, vendor_id: str, entry: QueuedMessage) -> None:
        if vendor_id not in self._rows:
            self._rows[vendor_id] = deque()
            self._turns.append(vendor_id)
        self._rows[vendor_id].append(entry)
        self.count += 1

    def next(self) -> QueuedMessage:
        """The oldest message of the vendor whose turn it is."""
        vendor_id = self._turns.popleft()
        row = self._rows[vendor_id]
        entry = row.popleft()
        self.count -= 1
        if row:
            self._turns.append(vendor_id)
        else:
            del self._rows[vendor_id]
        return entry

    def make_room(self, vendor_id: str) -> bool:
        """Let the longest row give up its newest message, if the vendor's is shorter even with one more."""
        longest = max(self._rows.values(), key=len)
        if len(longest) <= len(self._rows.get(vendor_id, ())) + 1:
            return False
        longest.pop()
        self.count -= 1
        return True

    def oldest(self) -> datetime | None:
        return min((row[0].queued_at for row in self._rows.values()), default=None)


class LaneQueues:
    """Unordered in promise; in fact vendors take turns, and each one's messages go first in, first out.

    Each message is taken once. However much one vendor has sent, another's next message waits for one of each.
    """

    def __init__(self, clock: Clock, most_messages: int = MOST_MESSAGES) -> None:
        self._clock = clock
        self._most_messages = most_messages
        self._queues = {lane: _Queue() for lane in Lane}

    def offer(self, lane: Lane, message: BusMessage) -> bool:
        """Put a message into its lane. False if the lane is full, and not with what others have more of."""
        vendor_id: str = json.loads(message.detail)["vendorId"]
        queue = self._queues[lane]
        entry = QueuedMessage(message, self._clock.now())
        with queue.filled:
            if queue.count >= self._most_messages and not queue.make_room(vendor_id):
                return False
            queue.add(vendor_id, entry)
            queue.filled.notify()
        return True

    def take(self, lane: Lane, limit: int, wait_seconds: float) -> Sequence[QueuedMessage]:
        """Up to ``limit`` messages. Waits for a first one, ``wait_seconds`` at the most; empty if none came."""
        queue = self._queues[lane]
        give_up_at = monotonic() + wait_seconds
        with queue.filled:
            while not queue.count:
                if not queue.filled.wait(give_up_at - monotonic()):
                    break
            return [queue.next() for _ in range(min(limit, queue.count))]

    def depth(self, lane: Lane) -> int:
        """How many messages wait."""
        return self._queues[lane].count

    def age(self, queued: QueuedMessage) -> timedelta:
        """How long a message has waited, or waited until it was taken and held since."""
        return self._clock.now() - queued.queued_at

    def oldest_message_age(self, lane: Lane) -> timedelta:
        queue = self._queues[lane]
        with queue.filled:
            oldest = queue.oldest()
        return timedelta(0) if oldest is None else self._clock.now() - oldest
