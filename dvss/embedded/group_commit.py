"""Many callers, one sync: what waits is written together, and each caller learns what became of its own."""

from __future__ import annotations

import threading
from _thread import allocate_lock
from typing import TYPE_CHECKING

from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class _Waiting[Item]:
    """A caller. A bare lock is the cheapest thing that a thread can wait for."""

    __slots__ = ("item", "outcome", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.outcome: object = None
        self.turn = allocate_lock()
        self.turn.acquire()


class GroupCommit[Item]:
    """One thread that takes everything waiting, makes it durable at once and resolves the callers.

    There is no delay to gather callers: a batch is whatever arrived while the one before was written.
    """

    def __init__(self, name: str, flush: Callable[[Sequence[Item]], Sequence[object]]) -> None:
        """``flush`` gives one outcome per item, in order: the caller's result, or the exception to raise there."""
        self._name = name
        self._flush = flush
        self._lock = allocate_lock()
        self._waiting: list[_Waiting[Item]] = []
        self._sleeping = False
        self._closed = False
        self._wake = allocate_lock()
        self._wake.acquire()
        self._thread = threading.Thread(target=self._run, name=f"commit-{name}", daemon=True)
        self._thread.start()

    def submit(self, item: Item) -> object:
        """The item's outcome, once it is durable."""
        waiting = _Waiting(item)
        with self._lock:
            if self._closed:
                message = f"The store {self._name} is closed. Ask again when the process has started anew."
                raise TransientError(message)
            self._waiting.append(waiting)
            self._wake_up()
        waiting.turn.acquire()
        if isinstance(waiting.outcome, BaseException):
            raise waiting.outcome
        return waiting.outcome

    def close(self) -> None:
        """Write what waits, then end. Later callers are refused."""
        with self._lock:
            self._closed = True
            self._wake_up()
        self._thread.join()

    def _wake_up(self) -> None:
        if self._sleeping:
            self._sleeping = False
            self._wake.release()

    def _run(self) -> None:
        while True:
            with self._lock:
                batch, self._waiting = self._waiting, []
                if not batch:
                    if self._closed:
                        return
                    self._sleeping = True
            if not batch:
                self._wake.acquire()
                continue
            try:
                outcomes = self._flush([waiting.item for waiting in batch])
            except BaseException as error:  # noqa: BLE001 - the thread's boundary: it must outlive any fault and leave no caller waiting
                outcomes = [error] * len(batch)
            for waiting, outcome in zip(batch, outcomes, strict=True):
                waiting.outcome = outcome
                waiting.turn.release()
