"""`dvss serve` with limits on connections that tests can reach: a JSON object of them is its second argument."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

from dvss.bootstrap import opened
from dvss.server import logs
from dvss.server.connections import DEFAULT_LIMITS
from dvss.server.node import make_node
from dvss.server.run import address, listen, run

LIVE_WORKERS = 2


def main(data_dir: str, limits: str) -> None:
    logs.configure(sys.stderr)
    listener = listen("127.0.0.1", 0)
    with opened(Path(data_dir), public_url=address(listener)) as deployment:
        sys.stdout.write(f"{address(listener)}\n")
        sys.stdout.flush()
        run(make_node(deployment, LIVE_WORKERS), listener, replace(DEFAULT_LIMITS, **json.loads(limits)))


if __name__ == "__main__":
    main(*sys.argv[1:])
