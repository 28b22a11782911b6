"""`dvss serve` as its recorder runs it: it makes its keys itself, and may be broken in one way.

Its one line of output names the vendor's key and the operator's (`-` where there are keys already), and its address.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from dvss.bootstrap import opened
from dvss.embedded.disk import Disk
from dvss.server import logs
from dvss.server.node import make_node
from dvss.server.run import address, listen, run
from handlers.values import Role

if TYPE_CHECKING:
    from dvss.bootstrap import LocalDeployment

LIVE_WORKERS = 4


def _without_sync(deployment: LocalDeployment) -> None:
    deployment.backend._database._writer.execute("PRAGMA synchronous = OFF")


def _without_directory_sync(_: LocalDeployment) -> None:
    Disk.sync_directory = _nothing  # type: ignore[method-assign, assignment]  # broken on purpose


def _without_segment_sync(_: LocalDeployment) -> None:
    Disk.sync = _nothing  # type: ignore[method-assign, assignment]  # broken on purpose


def _nothing(*_: object) -> None:
    pass


WHOLE = "whole"
BREAKS = {
    WHOLE: lambda _: None,
    "synchronous-off": _without_sync,
    "no-directory-sync": _without_directory_sync,
    "no-segment-sync": _without_segment_sync,
}


def main(data_dir: str, how: str) -> None:
    logs.configure(sys.stderr)
    listener = listen("127.0.0.1", 0)
    with opened(Path(data_dir), public_url=address(listener)) as deployment:
        keys = deployment.credentials.keys
        made = ("-", "-") if keys.entries() else (keys.add(Role.VENDOR, "vendorA").key, keys.add(Role.OPERATOR).key)
        # Only now: a folder that is not there after the power loss would prove little.
        BREAKS[how](deployment)
        node = make_node(deployment, LIVE_WORKERS)
        sys.stdout.write(f"{made[0]} {made[1]} {address(listener)}\n")
        sys.stdout.flush()
        run(node, listener)


if __name__ == "__main__":
    main(*sys.argv[1:])
