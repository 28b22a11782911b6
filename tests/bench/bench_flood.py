"""What a vendor feels of another that floods: `python -m tests.bench.bench_flood [PAIRS] [SECONDS]`.

A pair of runs on two servers of this machine: one vendor sends at 20 times its limit, another sends quietly to the
first server. In one run the flood goes to the second server, in the other to the first. The ratio of the quiet vendor's
p95 in both is what sharing a server costs it: either way the machine does the same work. The first seconds, in which
the flooding vendor spends the burst that it may, have a p95 of their own.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from typing import Any

from dvss.bootstrap import opened
from dvss.demo.process import served
from generated.registry import REGISTRY
from handlers.values import Role

FLOODING, QUIET = "amazon", "vendorA"
TIMES_THE_LIMIT = 20
QUIET_RATE = 25


def measure(seconds: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """What both senders measured with the flood apart, and together."""
    with tempfile.TemporaryDirectory(prefix="dvss-bench-") as folder, ExitStack() as stack:
        urls, keys = [], []
        for name in ("first", "second"):
            data_dir = Path(folder) / name
            with opened(data_dir) as deployment:
                issue = deployment.backend.credentials.keys.add
                keys.append({vendor: issue(Role.VENDOR, vendor).key for vendor in (FLOODING, QUIET)})
            urls.append(stack.enter_context(served(data_dir, Path(folder) / f"{name}.log")))
        apart = _run(urls[1], keys[1], urls[0], keys[0], seconds)
        together = _run(urls[0], keys[0], urls[0], keys[0], seconds)
    return apart, together


def _run(flooded: str, flooding_keys: dict[str, str], url: str, keys: dict[str, str], seconds: float) -> dict[str, Any]:
    profile = REGISTRY.vendor(FLOODING)
    assert profile is not None
    rate = profile.requests_per_second * TIMES_THE_LIMIT
    flood = _client("flood", flooded, flooding_keys[FLOODING], FLOODING, str(rate), str(seconds))
    quiet = _client("quiet", url, keys[QUIET], QUIET, str(QUIET_RATE), str(seconds))
    return {"quiet": _measured(quiet), "flood": _measured(flood)}


def _client(*arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.bench.flood_clients", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def _measured(client: subprocess.Popen[str]) -> dict[str, Any]:
    out, _ = client.communicate()
    assert client.returncode == 0
    measured: dict[str, Any] = json.loads(out.splitlines()[-1])
    return measured


def main(pairs: int, seconds: float) -> None:
    ratios = []
    names = "".join(f"{name:>8}" for name in ("flood/s", "429", "202", "burst", "p50 ms", "p95 ms", "p99 ms", "ratio"))
    print(f"{'':10}{names}  quiet vendor's answers")
    for number in range(1, pairs + 1):
        apart, together = measure(seconds)
        ratios.append(together["quiet"]["p95Ms"] / apart["quiet"]["p95Ms"])
        for name, run in (("apart", apart), ("together", together)):
            quiet, flood = run["quiet"], run["flood"]
            cells = f"{flood['perSecond']:>8}{flood['statuses'].get('429', 0):>8}{flood['statuses'].get('202', 0):>8}"
            times = "".join(f"{quiet[name]:>8.1f}" for name in ("burstP95Ms", "p50Ms", "p95Ms", "p99Ms"))
            ratio = f"{ratios[-1]:>8.2f}" if name == "together" else " " * 8
            print(f"{number} {name:<8}{cells}{times}{ratio}  {quiet['statuses']}", flush=True)
            assert set(quiet["statuses"]) == {"202"}, "a request of the quiet vendor was refused"
    print(f"median ratio of p95: {median(ratios):.2f}")


if __name__ == "__main__":
    numbers = [float(argument) for argument in sys.argv[1:]]
    main(int(numbers[0]) if numbers else 5, numbers[1] if len(numbers) > 1 else 20.0)
