"""``dvss quarantine``: what was understood to be wrong, and its release after a fix."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from dvss.cli import terminal
from dvss.cli.options import AsJson, DataDir, Limit, Outputs, Vendor
from dvss.deployment import LEFT
from handlers.values import ReasonCode, Status

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dvss.deployment import Deployment
    from handlers.values import IngestRecord, QuarantineRecord

app = typer.Typer(no_args_is_help=True, help="List and show what is quarantined, and release it.")

PAGE = 1_000

Reason = Annotated[
    ReasonCode | None, typer.Option("--reason", help="Only records of this reason.", case_sensitive=False)
]


@app.command("list")
def list_(
    *,
    vendor: Vendor = None,
    reason: Reason = None,
    released: Annotated[bool, typer.Option("--released", help="Also what was released.")] = False,
    limit: Limit = 50,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """List quarantine records. Records of one cause share their fingerprint."""
    from dvss.bootstrap import opened_either

    with opened_either(data_dir, outputs) as deployment:
        found = list(islice(_records(deployment, vendor, reason, include_released=released), limit))
    if as_json:
        for record in found:
            terminal.print_json(record)
        return
    rows = [(r.item_id, r.vendor_id, r.reason, _place(r), r.fingerprint, _times(r)) for r in found]
    columns = ("id", "vendor", "reason", "where", "fingerprint", "since")
    terminal.print_table("", columns, rows)


def _times(record: QuarantineRecord) -> object:
    if record.released_at is None:
        return record.quarantined_at
    return f"{terminal.time_text(record.quarantined_at)} to {terminal.time_text(record.released_at)}"


def _place(record: QuarantineRecord) -> str:
    if not record.violations:
        return ""
    more = f" and {len(record.violations) - 1} more" if len(record.violations) > 1 else ""
    return f"{record.violations[0].pointer or '(the whole)'} {record.violations[0].code}{more}"


def _records(
    deployment: Deployment, vendor: str | None, reason: ReasonCode | None, *, include_released: bool
) -> Iterator[QuarantineRecord]:
    after = None
    while page := deployment.application.quarantine.records(
        vendor_id=vendor, include_released=include_released, after=after, limit=PAGE
    ):
        yield from (record for record in page if reason is None or record.reason is reason)
        after = f"{page[-1].vendor_id}/{page[-1].item_id}"


@app.command()
def show(
    item: Annotated[str, typer.Argument(help="Id of the record, as `dvss quarantine list` shows it.")],
    *,
    vendor: Vendor = None,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """Show one record: why, where in the payload, and by which rule."""
    from dvss.bootstrap import opened_either

    with opened_either(data_dir, outputs) as deployment:
        record = _find(deployment, item, vendor)
    if as_json:
        terminal.print_json(record)
        return
    terminal.print_pairs(
        f"{record.vendor_id}  {terminal.visible(record.external_event_id)}",
        [
            ("id", record.item_id),
            ("event type", record.event_type),
            ("received", record.received_at),
            ("raw", record.raw.key),
            ("fingerprint", record.fingerprint),
            ("attempts", record.attempts),
        ],
    )
    terminal.print_quarantine(record)


def _find(deployment: Deployment, item: str, vendor: str | None) -> QuarantineRecord:
    event = deployment.application.queries.find(item)
    kept = deployment.application.quarantine.get(event.key.vendor_id, item) if event else None
    if kept is None:
        every = _records(deployment, vendor, None, include_released=True)
        kept = next((record for record in every if record.item_id == item), None)
    if kept is None:
        terminal.fail(f"There is no quarantine record {item}. `dvss quarantine list` shows what there is.")
    return kept


@app.command()
def release(
    items: Annotated[list[str] | None, typer.Argument(help="Ids of records.")] = None,
    *,
    correction: Annotated[
        bool, typer.Option("--correction", help="Of a conflict: make the second payload the event.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="Every open record that --vendor and --reason select.")] = False,
    vendor: Vendor = None,
    reason: Reason = None,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """Send quarantined events through normalize again, after the mapping or the contract was mended.

    Exit code: 0 every one is normalized now, 1 some are quarantined again or cannot be released.
    """
    if every == bool(items):
        terminal.fail("Name the records to release, or give --all.", terminal.Exit.USAGE)
    from dvss.bootstrap import opened_either

    with opened_either(data_dir, outputs) as deployment:
        if every:
            conflict = ReasonCode.EVENT_ID_REUSE_DIFFERENT_PAYLOAD
            selected = [
                record
                for record in _records(deployment, vendor, reason, include_released=False)
                if (record.reason is conflict) == correction
            ]
        else:
            selected = [_find(deployment, item, vendor) for item in items or ()]
        outcomes = [(record, *_release(deployment, record, correction=correction)) for record in selected]
    _report(outcomes, as_json=as_json)
    if any(outcome != Status.NORMALIZED for _, outcome, _ in outcomes):
        raise typer.Exit(terminal.Exit.REFUSED)


def _release(deployment: Deployment, record: QuarantineRecord, *, correction: bool) -> tuple[str, str]:
    """What the release came to, and why where it is not normalized."""
    from handlers.core.quarantine import NotReleasedError, release, release_correction

    application = deployment.application
    try:
        opened = (release_correction if correction else release)(application, record)
    except NotReleasedError as error:
        return "NOT_RELEASED", str(error)
    (now,) = deployment.finish([opened])
    if now.dispatch_at is not None:
        return LEFT, f"left to {deployment.left_to}"
    return now.status, _reason(deployment, now)


def _reason(deployment: Deployment, record: IngestRecord) -> str:
    if record.status is not Status.FAILED_NORMALIZE:
        return ""
    kept = deployment.application.quarantine.get(record.key.vendor_id, record.ingest_id)
    return f"{kept.reason} {_place(kept)}" if kept else ""


def _report(outcomes: list[tuple[QuarantineRecord, str, str]], *, as_json: bool) -> None:
    if as_json:
        for record, outcome, why in outcomes:
            terminal.print_json(
                {"vendorId": record.vendor_id, "itemId": record.item_id, "outcome": outcome, "why": why or None}
            )
        return
    if not outcomes:
        terminal.console().print("There is nothing to release.")
        return
    rows = [(record.item_id, record.vendor_id, outcome, why) for record, outcome, why in outcomes]
    terminal.print_table("", ("id", "vendor", "outcome", "why"), rows)
