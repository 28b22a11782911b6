"""``dvss send``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dvss.cli import terminal
from dvss.cli.options import DEFAULT_URL, AsJson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import TextIOWrapper

    from dvss.sending.client import Outcome, Sending, Target
    from dvss.sending.sources import Outgoing

REJECTIONS_SHOWN = 10


def send(
    paths: Annotated[
        list[Path], typer.Argument(help="Files or folders: .json (one envelope or payload), .jsonl (one a line).")
    ],
    *,
    url: Annotated[str, typer.Option(envvar="DVSS_URL", help="Where the server listens.")] = DEFAULT_URL,
    key: Annotated[str, typer.Option(envvar="DVSS_API_KEY", help="API key of the vendor.")] = "",
    vendor: Annotated[str | None, typer.Option(help="Put bare payloads into envelopes of this vendor.")] = None,
    event: Annotated[str | None, typer.Option(help="Event type of bare payloads.")] = None,
    id_field: Annotated[
        str | None,
        typer.Option(help="Dotted path of a bare payload's own id; without it the digest of its bytes is the id."),
    ] = None,
    occurred_at: Annotated[
        str | None, typer.Option(help="Time of bare payloads (RFC 3339); without it the file's modification time.")
    ] = None,
    clients: Annotated[int, typer.Option(min=1, max=1000, help="Concurrent connections.")] = 8,
    batch: Annotated[int, typer.Option(min=1, max=100, help="Events in one request.")] = 1,
    rate: Annotated[float | None, typer.Option(min=0.01, help="Events a second at most.")] = None,
    acks: Annotated[
        Path | None, typer.Option(help="Write one JSON line for each acknowledged event, for `dvss audit --acks`.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Post events to a server, as a vendor would.

    Exit code: 0 every event accepted or a duplicate, 1 some refused, 2 wrong usage, 3 no server.
    """
    if not key:
        terminal.fail("An API key is missing. Give --key, or set DVSS_API_KEY.", terminal.Exit.USAGE)

    from dvss.sending.client import Target, UnreachableError
    from dvss.sending.sources import SourceError, Wrapping, read

    wrapping = Wrapping(vendor_id=vendor, event_type=event, id_field=id_field, occurred_at=occurred_at)
    target = Target(url=url.rstrip("/"), api_key=key, clients=clients, batch=batch, events_per_second=rate)
    try:
        sending = _run(read(paths, wrapping), target, acks, quiet=as_json or not sys.stderr.isatty())
    except UnreachableError as error:
        terminal.fail(str(error), terminal.Exit.UNREACHABLE)
    except SourceError as error:
        terminal.fail(str(error), terminal.Exit.USAGE)
    report = summary(sending)
    if as_json:
        terminal.print_json(report)
    else:
        _print(sending, report)
    if report["rejected"] or report["conflict"]:
        raise typer.Exit(terminal.Exit.REFUSED)


def _run(events: Iterator[Outgoing], target: Target, acks: Path | None, *, quiet: bool) -> Sending:
    import contextlib

    from dvss.sending.client import send as post_all

    with contextlib.ExitStack() as stack:
        observers: list[Callable[[Outcome], None]] = []
        if acks is not None:
            # Opened for appending: the acknowledgements of several runs are audited together.
            ledger = stack.enter_context(acks.open("a", encoding="utf-8"))
            stack.callback(_sync, ledger)
            observers.append(lambda outcome: _acknowledge(ledger, outcome))
        if not quiet:
            observers.append(stack.enter_context(_progress()))

        def on_outcome(outcome: Outcome) -> None:
            for observer in observers:
                observer(outcome)

        return post_all(events, target, on_outcome)


def _acknowledge(ledger: TextIOWrapper, outcome: Outcome) -> None:
    import json

    if outcome.status in {"ACCEPTED", "DUPLICATE"}:
        line = {
            "vendorId": outcome.outgoing.vendor_id,
            "externalEventId": outcome.outgoing.external_event_id,
            "ingestId": outcome.ingest_id,
            "status": outcome.status,
        }
        ledger.write(json.dumps(line) + "\n")


def _sync(ledger: TextIOWrapper) -> None:
    ledger.flush()
    os.fsync(ledger.fileno())


def _progress() -> Any:
    """A context that shows how many events have their answer; it is called with each outcome."""
    import contextlib

    from rich.console import Console
    from rich.progress import MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    @contextlib.contextmanager
    def shown() -> Iterator[Callable[[Outcome], None]]:
        columns = SpinnerColumn(), TextColumn("{task.description}"), MofNCompleteColumn(), TimeElapsedColumn()
        with Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=5) as progress:
            task = progress.add_task("sending", total=None)
            yield lambda _outcome: progress.advance(task)

    return shown()


def summary(sending: Sending) -> dict[str, Any]:
    """The figures of a run; latencies in milliseconds, of a request from its start to its answer."""
    sent = len(sending.outcomes)
    return {
        "sent": sent,
        "accepted": sending.count("ACCEPTED"),
        "duplicate": sending.count("DUPLICATE"),
        "conflict": sending.count("CONFLICT"),
        "rejected": sending.count("REJECTED"),
        "seconds": f"{sending.seconds:.3f}",
        "eventsPerSecond": round(sent / sending.seconds) if sending.seconds else 0,
        "p50Ms": f"{sending.percentile(50):.1f}",
        "p95Ms": f"{sending.percentile(95):.1f}",
        "p99Ms": f"{sending.percentile(99):.1f}",
    }


def _print(sending: Sending, report: dict[str, Any]) -> None:
    titles = ("sent", "accepted", "duplicate", "conflict", "rejected", "events/s", "p50 ms", "p95 ms", "p99 ms")
    names = (*titles[:5], "eventsPerSecond", "p50Ms", "p95Ms", "p99Ms")
    terminal.print_table("", titles, [[report[name] for name in names]])
    refused = [outcome for outcome in sending.outcomes if outcome.status in {"CONFLICT", "REJECTED"}]
    if refused:
        shown = [
            (o.outgoing.origin, o.outgoing.external_event_id, o.http_status, o.code, o.detail)
            for o in refused[:REJECTIONS_SHOWN]
        ]
        title = f"Refused (the first {len(shown)} of {len(refused)})"
        terminal.print_table(title, ("from", "external event id", "http", "code", "detail"), shown)
