"""Kill the server under load, restart it, and hold what is left against what was acknowledged."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dvss.audit import Acknowledgement, audit
from dvss.bootstrap import opened, opened_existing
from handlers.values import IdempotencyKey, Role
from tests.kill.launcher import FORGETFUL, WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dvss.bootstrap import LocalDeployment

ROOT = Path(__file__).parent.parent.parent
SENDERS = 8
EVENTS_A_ROUND = 160
BATCH = 4
PATIENCE_SECONDS = 30.0


@dataclass(slots=True)
class Sender:
    """A vendor: it sends each event until it holds a verdict, and never forgets one that it got."""

    api_key: str
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Ingest id by external event id."""
    contradictions: list[str] = field(default_factory=list)
    _number: int = 0

    def round(self) -> list[list[str]]:
        """The next events to send: single ones and batches."""
        groups = []
        last = self._number + EVENTS_A_ROUND
        while self._number < last:
            size = BATCH if self._number % 20 == 0 else 1
            groups.append([f"kill-{self._number + offset:06}" for offset in range(size)])
            self._number += size
        return groups

    def send(self, url: str, groups: list[list[str]]) -> list[list[str]]:
        """Send by several threads at once; returns what has no verdict because the server went away."""
        waiting: SimpleQueue[list[str]] = SimpleQueue()
        for group in groups:
            waiting.put(group)
        left: SimpleQueue[list[str]] = SimpleQueue()
        threads = [threading.Thread(target=self._send_all, args=(url, waiting, left)) for _ in range(SENDERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return _drained(left) + _drained(waiting)

    def _send_all(self, url: str, waiting: SimpleQueue[list[str]], left: SimpleQueue[list[str]]) -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)
        while True:
            try:
                group = waiting.get_nowait()
            except Empty:
                connection.close()
                return
            try:
                results = self._post(connection, group)
            except (OSError, http.client.HTTPException):
                left.put(group)
                connection.close()
                return
            for name, result in zip(group, results, strict=True):
                self._note(name, result)

    def _post(self, connection: http.client.HTTPConnection, group: list[str]) -> list[dict[str, Any]]:
        envelopes = [envelope(name) for name in group]
        path, body = ("/v1/events", envelopes[0]) if len(group) == 1 else ("/v1/events/batch", {"events": envelopes})
        headers = {"x-api-key": self.api_key, "content-type": "application/json"}
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        answer = json.loads(response.read())
        assert response.status in {200, 202}, answer
        results: list[dict[str, Any]] = answer.get("results", [answer])
        return results

    def _note(self, name: str, result: dict[str, Any]) -> None:
        assert result["status"] in {"ACCEPTED", "DUPLICATE"}, result
        known = self.acknowledged.setdefault(name, result["ingestId"])
        if known != result["ingestId"]:
            self.contradictions.append(f"{name} was acknowledged as {known} and as {result['ingestId']}")


def _drained(queue: SimpleQueue[list[str]]) -> list[list[str]]:
    found = []
    while not queue.empty():
        found.append(queue.get())
    return found


def envelope(name: str) -> dict[str, Any]:
    number = int(name[-6:])
    # One in ten is quarantined: a kill must not lose the reason either.
    quantity: Any = "many" if number % 10 == 7 else number
    return {
        "vendorId": "vendorA",
        "externalEventId": name,
        "eventType": "inventory_update",
        "occurredAt": "2026-01-30T20:15:12Z",
        "payload": {"warehouse": "ROA", "sku": f"kill-{number}", "qty": quantity},
    }


class Launched:
    """A server in a process of its own, which ends itself when it is told where. What is left of it is killed."""

    def __init__(self, data_dir: Path, log: Path, how: str = WHOLE, armed: str = "") -> None:
        command = [sys.executable, "-m", "tests.kill.launcher", str(data_dir), how, armed]
        with log.open("ab") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT
            )
        self.url = self._line()

    def _line(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def arm(self, point: str, calls: int) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{calls} {point}\n")
        self.process.stdin.flush()
        assert self._line() == "armed"

    def ended(self) -> bool:
        """Whether it has killed itself; the load behind the answers may take a moment."""
        try:
            self.process.wait(PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            return False
        return True

    def close(self) -> None:
        self.process.kill()
        with self.process:
            pass


@dataclass(slots=True)
class Round:
    """What a kill, or two in a row, led to."""

    killed: bool
    violations: list[str]


class Ground:
    """A data folder that outlives its servers. The server that brings one round to its end is the next one's victim."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.log = folder / "serve.log"
        folder.mkdir(exist_ok=True)
        with opened(self.data_dir) as deployment:
            self.sender = Sender(deployment.backend.credentials.keys.add(Role.VENDOR, "vendorA").key)
        self._server: Launched | None = None

    def close(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None

    def _running(self) -> Launched:
        if self._server is None:
            self._server = Launched(self.data_dir, self.log)
        return self._server

    def kill_at(self, point: str, calls: int) -> Round:
        """Load a server that kills itself; then bring everything to its end with a whole one."""
        server = self._running()
        server.arm(point, calls)
        left = self.sender.send(server.url, self.sender.round())
        return self._after(left, killed=server.ended())

    def kill_twice(self, point: str, calls: int, at_start: str) -> Round:
        """As ``kill_at``; the server that is started then kills itself too, while it takes up what was left."""
        server = self._running()
        server.arm(point, calls)
        left = self.sender.send(server.url, self.sender.round())
        killed = server.ended()
        server.close()
        self._server = Launched(self.data_dir, self.log, armed=f"1 {at_start}")
        return self._after(left, killed=killed and self._server.ended())

    def kill_after(self, seconds: float) -> Round:
        """Load a whole server and kill it from outside."""
        groups = self.sender.round() + self.sender.round()
        server = self._running()
        timer = threading.Timer(seconds, server.process.kill)
        timer.start()
        left = self.sender.send(server.url, groups)
        timer.join()
        return self._after(left, killed=server.ended())

    def run_forgetful(self) -> list[str]:
        """Load a server that breaks its promise; the violations that come to light."""
        self._server = Launched(self.data_dir, self.log, FORGETFUL)
        left = self.sender.send(self._server.url, self.sender.round())
        return self._after(left, killed=False).violations

    def _after(self, left: list[list[str]], *, killed: bool) -> Round:
        """Restart, let the sender retry what has no verdict, wait until nothing is pending, audit."""
        self.close()
        left = self.sender.send(self._running().url, left)
        assert not left, f"a whole server left {left} without a verdict"
        with opened_existing(self.data_dir) as deployment:
            _settle(deployment)
            return Round(killed, [*self.sender.contradictions, *broken_promises(deployment, self.sender.acknowledged)])


def _settle(deployment: LocalDeployment) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        stats = deployment.backend.stats()
        if not stats.pending and not stats.outbox:
            return
        time.sleep(0.02)


def broken_promises(deployment: LocalDeployment, acknowledged: Mapping[str, str]) -> list[str]:
    """What is not as it was promised to senders who hold an answer (ingest id by external event id) for all they sent.

    Asked when nothing is under way any more.
    """
    acknowledgements = [Acknowledgement(IdempotencyKey("vendorA", name), id_) for name, id_ in acknowledged.items()]
    report = audit(deployment, acknowledgements)
    published = Counter(
        json.loads(entry.detail)["externalEventId"] for entry in deployment.backend.feed.after(0, 1_000_000)
    )
    found = [f"{f.external_event_id} {f.problem}: {f.explanation}" for f in report.findings]
    found += [f"{report.pending} events are still pending"] if report.pending else []
    good = {name for name in acknowledged if envelope(name)["payload"]["qty"] != "many"}
    found += [f"{name} was published {published[name]} times" for name in good if published[name] != 1]
    found += [f"{name} was published and should not be" for name in published.keys() - good]
    if report.quarantined != len(acknowledged) - len(good):
        found.append(f"{report.quarantined} are quarantined, not {len(acknowledged) - len(good)}")
    return found
