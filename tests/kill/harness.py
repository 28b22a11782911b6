"""Kill the server under load, restart it, and hold what is left against what was acknowledged."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dvss.audit import Acknowledgement, audit
from dvss.bootstrap import opened, opened_existing
from dvss.demo.process import served
from handlers.values import IdempotencyKey, Role

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

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


@contextmanager
def launched(data_dir: Path, how: str, calls: int, log: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """A server that is broken in one way. Whatever is left of it is killed in the end."""
    command = [sys.executable, "-m", "tests.kill.launcher", str(data_dir), how, str(calls)]
    with (
        log.open("ab") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=ROOT) as process,
    ):
        try:
            assert process.stdout is not None
            yield process.stdout.readline().strip(), process
        finally:
            process.kill()


@dataclass(slots=True)
class Round:
    """What one kill led to."""

    killed: bool
    acknowledged: int
    violations: list[str]


class Ground:
    """A data folder that outlives its servers."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self.log = folder / "serve.log"
        with opened(self.data_dir) as deployment:
            self.sender = Sender(deployment.backend.credentials.keys.add(Role.VENDOR, "vendorA").key)

    def kill_at(self, how: str, calls: int) -> Round:
        """Load a server that kills itself; then bring everything to its end with a whole one."""
        with launched(self.data_dir, how, calls, self.log) as (url, process):
            left = self.sender.send(url, self.sender.round())
            killed = _ended(process)
        return self.recover(left, killed=killed)

    def run_forgetful(self) -> list[str]:
        """Load a server that breaks its promise; the violations that come to light."""
        with launched(self.data_dir, "forgetful", 0, self.log) as (url, _):
            left = self.sender.send(url, self.sender.round())
        return self.recover(left, killed=False).violations

    def kill_after(self, seconds: float) -> Round:
        """Load a whole server and kill it from outside."""
        groups = self.sender.round() + self.sender.round()
        with launched(self.data_dir, "before raw.entries", 1, self.log) as (url, process):
            timer = threading.Timer(seconds, process.kill)
            timer.start()
            left = self.sender.send(url, groups)
            timer.join()
            process.wait(PATIENCE_SECONDS)
        return self.recover(left, killed=True)

    def recover(self, left: list[list[str]], *, killed: bool) -> Round:
        """Restart, let the sender retry what has no verdict, wait until nothing is pending, audit."""
        with served(self.data_dir, self.log) as url:
            left = self.sender.send(url, left)
            assert not left, f"a whole server left {left} without a verdict"
            self._settle()
        return Round(killed, len(self.sender.acknowledged), self.violations())

    def _settle(self) -> None:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        with opened_existing(self.data_dir) as deployment:
            while time.monotonic() < give_up_at:
                stats = deployment.backend.stats()
                if not stats.pending and not stats.outbox:
                    return
                time.sleep(0.02)

    def violations(self) -> list[str]:
        """Every promise that is broken, as a sentence."""
        with opened_existing(self.data_dir) as deployment:
            return [*self.sender.contradictions, *broken_promises(deployment, self.sender.acknowledged)]


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


def _ended(process: subprocess.Popen[str]) -> bool:
    """Whether the process has killed itself; the load behind the answers may take a moment."""
    try:
        process.wait(5.0)
    except subprocess.TimeoutExpired:
        return False
    return True
