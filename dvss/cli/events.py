"""``dvss events``: what was accepted and what became of it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dvss.cli import terminal
from dvss.cli.options import AsJson, DataDir, Limit, Outputs, Vendor
from dvss.cli.times import moment
from dvss.deployment import DEFAULT_DATA_DIR
from handlers.values import IdempotencyKey, Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from dvss.deployment import Deployment
    from dvss.embedded.feed import FeedEntry
    from dvss.way import Way
    from handlers.application import Application
    from handlers.values import IngestRecord

app = typer.Typer(no_args_is_help=True, help="List events, show the way of one, follow the feed.")

PAGE = 1_000
FOLLOW_SECONDS = 0.5
LAST_ENTRIES = 10
NO_FEED = (
    "The feed is of one machine. On AWS canonical events leave through the environment's event bus: give it a rule "
    "with a target of yours, as docs/spec/runbook.md shows."
)

Since = Annotated[str | None, typer.Option("--since", help="Received from here on: a time, or 2h for two hours ago.")]
Until = Annotated[str | None, typer.Option("--until", help="Received before this time.")]


@app.command("list")
def list_(
    *,
    vendor: Vendor = None,
    status: Annotated[Status | None, typer.Option(help="Only events that stand there.", case_sensitive=False)] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = 50,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """List the latest events, the newest last."""
    from dvss.bootstrap import opened_either

    with opened_either(data_dir, outputs) as deployment:
        now = deployment.application.clock.now()
        window = Window(vendor, moment(since, now), moment(until, now))
        found = _latest(deployment, window, status, limit)
    if as_json:
        for record in found:
            terminal.print_json(summary(record))
        return
    rows = [
        (r.ingest_id, r.received_at, standing(r), r.key.vendor_id, r.key.external_event_id, r.event_type) for r in found
    ]
    columns = ("ingest id", "received", "status", "vendor", "external event id", "event type")
    terminal.print_table("", columns, rows)


def _latest(deployment: Deployment, window: Window, status: Status | None, limit: int) -> list[IngestRecord]:
    """The newest matching records in order; looks back in growing steps, so that a long history costs nothing."""
    now = deployment.application.clock.now()
    steps = [now - timedelta(hours=1), now - timedelta(days=1), None] if window.first is None else [window.first]
    found: list[IngestRecord] = []
    for start in steps:
        seen = records(deployment, replace(window, first=start))
        found = list(deque((r for r in seen if status is None or r.status is status), maxlen=limit))
        if len(found) == limit:
            break
    return found


@dataclass(frozen=True, slots=True)
class Window:
    """Which events are meant: of a vendor or of all, received from ``first`` on and before ``last``."""

    vendor: str | None
    first: datetime | None
    last: datetime | None


def records(deployment: Deployment, window: Window) -> Iterator[IngestRecord]:
    """Every record of the window, oldest first."""
    after = None
    while page := deployment.application.queries.events(
        vendor_id=window.vendor, received_from=window.first, received_before=window.last, after=after, limit=PAGE
    ):
        yield from page
        after = page[-1].ingest_id


def standing(record: IngestRecord) -> str:
    """The status, with the marker where an event that was normalized is on its way again."""
    if record.parked:
        return f"{record.status} (parked)"
    return f"{record.status} (again)" if record.generation and record.dispatch_at else str(record.status)


def summary(record: IngestRecord) -> dict[str, Any]:
    return {
        "ingestId": record.ingest_id,
        "vendorId": record.key.vendor_id,
        "externalEventId": record.key.external_event_id,
        "eventType": record.event_type,
        "receivedAt": record.received_at,
        "status": record.status,
        "pending": record.dispatch_at is not None,
        "attempts": record.attempts,
        "generation": record.generation,
        "revision": record.revision,
        "eventCount": len(record.normalized),
    }


@app.command()
def show(
    event: Annotated[str, typer.Argument(help="Ingest id; with --vendor also the vendor's own id of the event.")],
    *,
    vendor: Vendor = None,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """Show the way of one event: accepted, stored raw, normalized or quarantined, published.

    What a contract marks as sensitive is masked.
    """
    from dvss.bootstrap import opened_either

    with opened_either(data_dir, outputs) as deployment:
        way = shown_way(deployment.application, find(deployment, event, vendor))
    if as_json:
        terminal.print_json(way_document(way))
    else:
        print_way(way)


def shown_way(application: Application, record: IngestRecord) -> Way:
    """The way of an event, its canonical events without what a contract marks as sensitive."""
    from dvss.sensitivity import masked_event
    from dvss.way import way_of

    way = way_of(application, record)
    return replace(way, canonical=tuple(masked_event(application.registry, event) for event in way.canonical))


def find(deployment: Deployment, event: str, vendor: str | None) -> IngestRecord:
    """The event of that name, or the end of the command."""
    application = deployment.application
    record = application.queries.find(event)
    if record is None and vendor is not None:
        key = IdempotencyKey(vendor, event)
        record = application.index.read([key], consistent=True).get(key)
    if record is None:
        where = f"vendor {vendor} has no event {event}" if vendor else f"there is no event with the ingest id {event}"
        terminal.fail(f"{where[0].upper()}{where[1:]}. `dvss events list` shows what there is.")
    return record


def way_document(way: Way) -> dict[str, Any]:
    return summary(way.record) | {
        "topic": way.record.topic,
        "occurredAt": way.record.occurred_at,
        "mappingVersion": way.record.mapping_version,
        "raw": terminal.jsonable(way.record.raw)
        | {"sizeBytes": way.raw_bytes and len(way.raw_bytes), "intact": way.is_raw_intact},
        "canonicalEvents": list(way.canonical),
        "outbox": list(way.waiting),
        "quarantine": way.quarantine,
        "conflicts": list(way.conflicts),
    }


def print_way(way: Way) -> None:
    """The way as a person reads it, stage by stage."""
    record = way.record
    raw = "there is no raw object" if way.raw_bytes is None else f"{len(way.raw_bytes)} bytes"
    digest = f"sha256 {record.raw.sha256[:16]}... " + ("intact" if way.is_raw_intact else "DOES NOT MATCH")
    part = "" if record.raw.offset is None else f", bytes {record.raw.offset} on, of a batch"
    terminal.print_pairs(
        f"{record.key.vendor_id}  {terminal.visible(record.key.external_event_id)}",
        [
            ("received", f"{terminal.time_text(record.received_at)} as {record.event_type}"),
            ("ingest id", record.ingest_id),
            ("raw", f"{record.raw.key}  {raw}{part}, {digest}"),
            ("status", standing(record)),
            ("attempts", f"{record.attempts}, generation {record.generation}, revision {record.revision}"),
        ],
    )
    for event in way.canonical:
        terminal.print_canonical(event, is_published=event["eventId"] not in way.waiting)
    if way.quarantine is not None:
        terminal.print_quarantine(way.quarantine)
    for conflict in way.conflicts:
        terminal.print_quarantine(conflict)


@app.command()
def tail(
    *,
    after: Annotated[int | None, typer.Option(min=0, help="Start after this sequence number; 0 is the start.")] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on with what comes, until Ctrl+C.")] = False,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """Print the feed of canonical events: its last ten entries, or all after a sequence number.

    Of this machine alone: on AWS canonical events leave through the event bus.
    """
    from dvss.bootstrap import opened_existing

    if outputs is not None:
        terminal.fail(NO_FEED, terminal.Exit.USAGE)
    with opened_existing(data_dir or DEFAULT_DATA_DIR) as deployment:
        feed = deployment.backend.feed
        seq = max(0, feed.latest_seq() - LAST_ENTRIES) if after is None else after
        while True:
            entries = feed.after(seq, PAGE)
            _print_entries(entries, as_json=as_json)
            if entries:
                seq = entries[-1].seq
            elif follow:
                time.sleep(FOLLOW_SECONDS)
            else:
                return


def _print_entries(entries: Iterable[FeedEntry], *, as_json: bool) -> None:
    from generated.runtime.exact_json import parse

    for entry in entries:
        event = parse(entry.detail)
        if as_json:
            terminal.print_json({"seq": entry.seq, "event": event})
        else:
            terminal.print_feed_line(entry.seq, event)
