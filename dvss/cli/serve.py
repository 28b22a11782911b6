"""``dvss serve``."""

from __future__ import annotations

import logging
import sys
from pathlib import Path
from typing import Annotated

import typer

from dvss.cli import terminal
from dvss.cli.options import DEFAULT_HOST, DEFAULT_PORT, LocalDataDir
from dvss.deployment import DEFAULT_DATA_DIR

log = logging.getLogger("dvss.serve")

DEFAULT_WORKERS = 4


def serve(
    *,
    data_dir: LocalDataDir = DEFAULT_DATA_DIR,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = DEFAULT_HOST,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0 takes a free one.")] = DEFAULT_PORT,
    public_url: Annotated[
        str | None,
        typer.Option(help="Address that vendors send webhooks to, where it is not this one; some sign it."),
    ] = None,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Threads that normalize live events.")] = DEFAULT_WORKERS,
) -> None:
    """Run the whole pipeline in this process until it is stopped (Ctrl+C or SIGTERM)."""
    from dvss.bootstrap import opened
    from dvss.server import logs
    from dvss.server.node import make_node
    from dvss.server.run import address, listen, run
    from handlers.core.catalogue import publish

    logs.configure(sys.stderr)
    listener = listen(host, port)
    url = address(listener)
    with opened(data_dir, public_url=(public_url or url).rstrip("/")) as deployment:
        publish(deployment.application)
        _warn_of_stale_contracts()
        _announce(url, str(data_dir), has_keys=bool(deployment.backend.credentials.keys.entries()))
        run(make_node(deployment, workers), listener)


def _warn_of_stale_contracts() -> None:
    import generated
    from dvss.staleness import stale_contracts

    stale = stale_contracts(Path(generated.__file__).parent.parent)
    if stale:
        more = f" and {len(stale) - 1} more" if len(stale) > 1 else ""
        log.warning(
            "generated/ was not compiled from %s%s as it is; run `make codegen`, then start again.", stale[0], more
        )


def _announce(url: str, data_dir: str, *, has_keys: bool) -> None:
    lines = [f"dvss listens on {url} and keeps its data in {data_dir}"]
    if not has_keys:
        option = "" if data_dir == str(DEFAULT_DATA_DIR) else f" --data-dir {data_dir}"
        lines += [
            "There is no API key yet. In another terminal:",
            f"  dvss key add vendorA{option}      lets vendorA send events",
            f"  dvss key add --operator{option}   reads the feed and the metrics",
        ]
    sys.stdout.write("".join(f"{terminal.visible(line)}\n" for line in lines))
    sys.stdout.flush()
