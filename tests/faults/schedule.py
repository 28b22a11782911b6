"""Tasks in turns: one thread at a time goes on, from one call to its next, in an order that a seed decides."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.faults.kinds import SimulatedCrash

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from random import Random


class _Task(threading.Thread):
    """Waits for its first turn, and for the next at each pause."""

    def __init__(self, name: str, action: Callable[[], object], is_over: threading.Semaphore) -> None:
        super().__init__(name=name, daemon=True)
        self._action = action
        self._is_over = is_over
        self._may_go = threading.Semaphore(0)
        self.is_doomed = False
        self.is_done = False
        self.error: BaseException | None = None

    def run(self) -> None:
        self._may_go.acquire()
        try:
            self._action()
        except BaseException as error:  # noqa: BLE001 - the thread's boundary: it is raised again where tasks are started
            self.error = error
        self.is_done = True
        self._is_over.release()

    def turn(self) -> None:
        """Let the task go on to its next pause, or to its end."""
        self._may_go.release()
        self._is_over.acquire()

    def pause(self) -> None:
        self._is_over.release()
        self._may_go.acquire()
        if self.is_doomed:
            raise SimulatedCrash


class Schedule:
    """Who goes on after each pause is drawn, and now and then the one who does ends there instead."""

    def __init__(self, random: Random, crash_chance: float = 0.0) -> None:
        self.turns: list[str] = []
        """Whose turn it was, in order."""
        self._random = random
        self._crash_chance = crash_chance

    def run(self, tasks: Mapping[str, Callable[[], object]]) -> None:
        """Do all of the tasks. One that crashes is over; any other error is raised here once all are over."""
        over = threading.Semaphore(0)
        threads = [_Task(name, action, over) for name, action in tasks.items()]
        for thread in threads:
            thread.start()
        while waiting := [thread for thread in threads if not thread.is_done]:
            chosen = self._random.choice(waiting)
            chosen.is_doomed = self._random.random() < self._crash_chance
            self.turns.append(chosen.name)
            chosen.turn()
        for thread in threads:
            thread.join()
            if thread.error is not None and not isinstance(thread.error, SimulatedCrash):
                raise thread.error

    def pause(self) -> None:
        """Let another task go on. Threads that are no task of a schedule do not stop here."""
        current = threading.current_thread()
        if isinstance(current, _Task):
            current.pause()
