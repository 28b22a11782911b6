"""How fast one machine accepts and normalizes: `python -m tests.bench.bench_serve [COUNT]`, server and client on it.

For 1, 8 and 32 clients: events a second, p50 and p95 of the accept as the client sees it, and the seconds from the last
answer until nothing is pending. Every answer comes after the event's bytes and its row are synced to the disk.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from dvss.audit import audit
from dvss.bootstrap import opened, opened_existing
from dvss.demo.process import served
from handlers.values import Role
from tests.bench.make_events import events

CLIENTS = (1, 8, 32)
PATIENCE_SECONDS = 120.0


def measure(count: int, clients: int) -> dict[str, object]:
    """One run on a data folder of its own."""
    with tempfile.TemporaryDirectory(prefix="dvss-bench-") as folder:
        data_dir, file = Path(folder) / "data", Path(folder) / "events.jsonl"
        file.write_text("".join(f"{event}\n" for event in events(count)), encoding="utf-8")
        with opened(data_dir) as deployment:
            key = deployment.backend.credentials.keys.add(Role.VENDOR, "vendorA").key
        with served(data_dir, Path(folder) / "serve.log") as url:
            report = _send(file, url, key, clients)
            backlog_seconds = _settle(data_dir)
        with opened_existing(data_dir) as deployment:
            found = audit(deployment)
        assert not found.findings, found.findings
        assert found.normalized == report["accepted"] == count, (found, report)
        return report | {"clients": clients, "backlogSeconds": f"{backlog_seconds:.1f}"}


def _send(file: Path, url: str, key: str, clients: int) -> dict[str, object]:
    command = [sys.executable, "-m", "dvss", "send", str(file), "--url", url, "--clients", str(clients), "--json"]
    run = subprocess.run([*command, "--key", key], check=True, stdout=subprocess.PIPE)
    report: dict[str, object] = json.loads(run.stdout)
    return report


def _settle(data_dir: Path) -> float:
    started = time.monotonic()
    with opened_existing(data_dir) as deployment:
        while deployment.backend.stats().pending:
            assert time.monotonic() < started + PATIENCE_SECONDS
            time.sleep(0.1)
    return time.monotonic() - started


def main(count: int) -> None:
    names = ("clients", "eventsPerSecond", "p50Ms", "p95Ms", "p99Ms", "backlogSeconds")
    print(f"{count} events\n" + "".join(f"{name:>17}" for name in names))
    for clients in CLIENTS:
        report = measure(count, clients)
        print("".join(f"{report[name]!s:>17}" for name in names), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
