"""`dvss serve`, but the process kills itself with SIGKILL at the n-th call of a port, once it is told to.

A line ``<calls> <point>`` on its standard input arms it; until then it is a whole server. Used by the kill tests alone.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dvss.bootstrap import opened
from dvss.server import logs
from dvss.server.node import make_node
from dvss.server.run import address, listen, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handlers.application import Application
    from handlers.values import BusMessage, IngestRecord

LIVE_WORKERS = 4
PORTS = ("raw", "normalized", "index", "outbox", "bus")
WHOLE, FORGETFUL = "whole", "forgetful"


@dataclass(frozen=True, slots=True)
class KillPoint:
    """Before or after the call of one method of one port. ``accepted`` tells the two uses of the bus apart."""

    port: str
    method: str
    when: str
    accepted: bool | None = None

    def __str__(self) -> str:
        use = {True: ":accepted", False: ":canonical", None: ""}[self.accepted]
        return f"{self.when} {self.port}.{self.method}{use}"

    @classmethod
    def parse(cls, text: str) -> KillPoint:
        when, _, name = text.partition(" ")
        name, _, use = name.partition(":")
        port, _, method = name.partition(".")
        return cls(port, method, when, {"accepted": True, "canonical": False, "": None}[use])


class Trigger:
    """Says which call is the last one."""

    def __init__(self) -> None:
        self._point: KillPoint | None = None
        self._left = 0
        self._lock = threading.Lock()

    def arm(self, text: str) -> None:
        """``<calls> <point>``: let the process end at that call of the point."""
        calls, point = text.split(maxsplit=1)
        with self._lock:
            self._point, self._left = KillPoint.parse(point.strip()), int(calls)

    def when(self, port: str, method: str, args: tuple[Any, ...]) -> str | None:
        """``before`` or ``after`` for the call that is the last one."""
        point = self._point
        if point is None or (point.port, point.method) != (port, method) or not _counts(point, args):
            return None
        with self._lock:
            self._left -= 1
            return point.when if self._left == 0 else None


def _counts(point: KillPoint, args: tuple[Any, ...]) -> bool:
    if point.accepted is None:
        return True
    messages: Sequence[BusMessage] = args[0]
    return any(message.detail_type == "ingest.accepted" for message in messages) is point.accepted


class KillingPort:
    """A port that ends the process where the trigger says so, and is the port itself in everything else."""

    def __init__(self, port: Any, name: str, trigger: Trigger) -> None:
        self._port = port
        self._name = name
        self._trigger = trigger

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._killing(name, found) if callable(found) else found

    def _killing(self, name: str, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            when = self._trigger.when(self._name, name, args)
            if when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*args, **kwargs)
            if when == "after":
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call


class ForgetfulIndex:
    """A broken index: it acknowledges every tenth record without writing it. The harness must notice."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)

    def accept(self, records: Sequence[IngestRecord]) -> Sequence[IngestRecord | None]:
        if records[0].key.external_event_id.endswith("0"):
            return [None for _ in records]
        accepted: Sequence[IngestRecord | None] = self._index.accept(records)
        return accepted


def killing(application: Application, trigger: Trigger) -> Application:
    ports = {name: KillingPort(getattr(application, name), name, trigger) for name in PORTS}
    return replace(application, **ports)  # type: ignore[arg-type]  # each is the port of its name


def listen_to_orders(trigger: Trigger) -> None:
    for line in sys.stdin:
        trigger.arm(line)
        sys.stdout.write("armed\n")
        sys.stdout.flush()


def main(data_dir: str, how: str, armed: str = "") -> None:
    logs.configure(sys.stderr)
    trigger = Trigger()
    if armed:
        trigger.arm(armed)
    listener = listen("127.0.0.1", 0)
    with opened(Path(data_dir), public_url=address(listener)) as deployment:
        application = killing(deployment.application, trigger)
        if how == FORGETFUL:
            application = replace(application, index=ForgetfulIndex(application.index))
        node = make_node(replace(deployment, application=application), LIVE_WORKERS)
        sys.stdout.write(f"{address(listener)}\n")
        sys.stdout.flush()
        threading.Thread(target=listen_to_orders, args=(trigger,), daemon=True).start()
        run(node, listener)


if __name__ == "__main__":
    main(*sys.argv[1:])
