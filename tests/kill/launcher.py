"""`dvss serve`, but the process kills itself with SIGKILL at the n-th call of a port. Used by the kill tests alone."""

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


class KillingPort:
    """A port that ends the process at its n-th call of a method, and is the port itself in everything else."""

    def __init__(self, port: Any, point: KillPoint, calls: int) -> None:
        self._port = port
        self._point = point
        self._left = calls
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return self._killing(found) if name == self._point.method else found

    def _killing(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            is_last = self._counts(args) and self._is_last()
            if is_last and self._point.when == "before":
                os.kill(os.getpid(), signal.SIGKILL)
            result = method(*args, **kwargs)
            if is_last:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        return call

    def _counts(self, args: tuple[Any, ...]) -> bool:
        if self._point.accepted is None:
            return True
        messages: Sequence[BusMessage] = args[0]
        return any(message.detail_type == "ingest.accepted" for message in messages) is self._point.accepted

    def _is_last(self) -> bool:
        with self._lock:
            self._left -= 1
            return self._left == 0


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


def broken(application: Application, how: str, calls: int) -> Application:
    if how == "forgetful":
        return replace(application, index=ForgetfulIndex(application.index))
    point = KillPoint.parse(how)
    port = KillingPort(getattr(application, point.port), point, calls)
    return replace(application, **{point.port: port})  # type: ignore[arg-type]  # the name decides which port it is


def main(data_dir: str, how: str, calls: str) -> None:
    logs.configure(sys.stderr)
    listener = listen("127.0.0.1", 0)
    with opened(Path(data_dir), public_url=address(listener)) as deployment:
        node = make_node(replace(deployment, application=broken(deployment.application, how, int(calls))), LIVE_WORKERS)
        sys.stdout.write(f"{address(listener)}\n")
        sys.stdout.flush()
        run(node, listener)


if __name__ == "__main__":
    main(*sys.argv[1:])
