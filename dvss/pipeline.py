"""What runs behind the answers: workers that normalize, and the steward that sends again what is left behind."""

from __future__ import annotations

import json
import logging
import threading
from collections import deque
from dataclasses import dataclass
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from time import monotonic
from typing import TYPE_CHECKING

from handlers import normalize, steward
from handlers.remaining import MARGIN
from handlers.values import Lane

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvss.embedded.lanes import LaneQueues
    from handlers.application import Application
    from handlers.remaining import RemainingTime
    from handlers.values import BusMessage

log = logging.getLogger("dvss.pipeline")

# As the queues in AWS: a few messages at a time, each handed out at most so often.
RECORDS_PER_CALL = 10
MOST_RECEIVES = 5
FIRST_BACKOFF_SECONDS = 0.5
POLL_SECONDS = 0.5
SWEEP_INTERVAL_SECONDS = 60.0
AUDIT_SECONDS = 5.0
"""Of every five minutes so much goes into the audit, at the most: it is the answers' processor too."""
DEAD_LETTERS_KEPT = 1_000
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Received:
    """A message of a lane with the number of times that it was handed to normalize."""

    message: BusMessage
    lane: Lane
    receives: int = 0


class Retries:
    """Messages that normalize did not finish, until their time has come; as a queue's visibility timeout."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._order = count()
        self._heaps: dict[Lane, list[tuple[float, int, Received]]] = {lane: [] for lane in Lane}

    def add(self, received: Received) -> None:
        due = monotonic() + FIRST_BACKOFF_SECONDS * 2 ** (received.receives - 1)
        with self._lock:
            heappush(self._heaps[received.lane], (due, next(self._order), received))

    def due(self, lane: Lane, limit: int) -> list[Received]:
        heap = self._heaps[lane]
        if not heap:
            return []
        now = monotonic()
        found: list[Received] = []
        with self._lock:
            while heap and heap[0][0] <= now and len(found) < limit:
                found.append(heappop(heap)[2])
        return found

    def __len__(self) -> int:
        return sum(map(len, self._heaps.values()))


class Pipeline:
    """The threads of one process. What is lost with the process is in the dispatch markers, and sent again."""

    def __init__(self, application: Application, lanes: LaneQueues, live_workers: int) -> None:
        self._application = application
        self._lanes = lanes
        self._stopping = threading.Event()
        self._retries = Retries()
        self._in_work = 0
        self._lock = threading.Lock()
        self.dead_letters: deque[Received] = deque(maxlen=DEAD_LETTERS_KEPT)
        self.dead_letter_count = 0
        places = [Lane.LIVE] * live_workers + [Lane.REPLAY, Lane.WORKFLOW]
        self._threads = [
            threading.Thread(target=self._work, args=(lane,), name=f"normalize-{lane}-{number}", daemon=True)
            for number, lane in enumerate(places)
        ]
        self._threads.append(threading.Thread(target=self._steward, name="steward", daemon=True))

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> bool:
        """Finish what is in work and leave the rest to the markers. False if a thread did not end in time."""
        self._stopping.set()
        give_up_at = monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, give_up_at - monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def is_running(self) -> bool:
        return not self._stopping.is_set() and all(thread.is_alive() for thread in self._threads)

    def backlog(self) -> int:
        """Messages of this process that are not finished: in a lane, waiting for a retry, or in work."""
        return sum(self._lanes.depth(lane) for lane in Lane) + len(self._retries) + self._in_work

    def _work(self, lane: Lane) -> None:
        while not self._stopping.is_set():
            received = self._retries.due(lane, RECORDS_PER_CALL)
            if not received:
                taken = self._lanes.take(lane, RECORDS_PER_CALL, POLL_SECONDS)
                received = [Received(entry.message, lane) for entry in taken]
            if received:
                self._normalize(received)

    def _normalize(self, received: Sequence[Received]) -> None:
        with self._lock:
            self._in_work += len(received)
        try:
            for failed in normalize_once(received, self._application):
                self._failed(failed)
        finally:
            with self._lock:
                self._in_work -= len(received)

    def _failed(self, received: Received) -> None:
        if received.receives < MOST_RECEIVES:
            self._retries.add(received)
            return
        with self._lock:
            self.dead_letters.append(received)
            self.dead_letter_count += 1
        log.error("A message is given up; its marker stays and the sweeper sends it again.", extra=_ids(received))

    def _steward(self) -> None:
        # The lanes are empty at the start, whatever waited in them when the last process ended.
        everything = True
        audited = steward.due_window(self._application.clock.now())
        while True:
            try:
                steward.sweep(self._application, everything=everything)
                everything = False
                due = steward.due_window(self._application.clock.now())
                if due != audited:
                    audited = due
                    steward.audit(self._application, due, remaining=_budget(AUDIT_SECONDS))
            except Exception:
                # The thread's boundary: whatever failed, the next sweep is the remedy.
                log.exception("A sweep ended early; the next one goes on.")
            if self._stopping.wait(SWEEP_INTERVAL_SECONDS):
                return


def normalize_once(received: Sequence[Received], application: Application) -> list[Received]:
    """Hand messages to the normalize entry point, as SQS would. Returns those that it did not finish."""
    records = [{"messageId": str(number), "body": _body(entry.message)} for number, entry in enumerate(received)]
    try:
        failures = normalize.answer({"Records": records}, application)["batchItemFailures"]
    except Exception:
        # As a Lambda that ends with an error: SQS hands out every message of the call again.
        log.exception("A call of normalize ended with an error; its messages are handed out again.")
        failures = [{"itemIdentifier": record["messageId"]} for record in records]
    failed = (received[int(failure["itemIdentifier"])] for failure in failures)
    return [Received(entry.message, entry.lane, entry.receives + 1) for entry in failed]


def _budget(seconds: float) -> RemainingTime:
    """The time that is left until what is begun last would end after ``seconds``."""
    end = monotonic() + seconds
    return lambda: MARGIN + timedelta(seconds=end - monotonic())


def _body(message: BusMessage) -> str:
    """What EventBridge puts into a queue for a message of the bus."""
    head = json.dumps({"id": message.message_id, "detail-type": message.detail_type})
    return f'{head[:-1]},"detail":{message.detail.decode()}}}'


def _ids(received: Received) -> dict[str, object]:
    detail = json.loads(received.message.detail)
    return {name: detail.get(name) for name in ("ingestId", "vendorId", "externalEventId")} | {"lane": received.lane}
