"""``dvss audit``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dvss.cli import terminal
from dvss.cli.options import AsJson, DataDir, Outputs, Vendor
from dvss.cli.times import moment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dvss.audit import Acknowledgement
    from handlers.core.audit_report import AuditReport, Balance

ORPHANS_SHOWN = 20
UNKNOWN = "not known: the event bus keeps nothing"


def audit(
    *,
    acks: Annotated[
        list[Path] | None, typer.Option(help="Acknowledgements to check, as `dvss send --acks` writes them.")
    ] = None,
    vendor: Vendor = None,
    since: Annotated[str | None, typer.Option("--from", help="Received from here on: a time, or 2h.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Received before this time.")] = None,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """Check that every event is normalized, quarantined or pending, with its bytes, and name what is wrong.

    For each vendor and hour, accepted = raw = normalized + quarantined + pending. What was published can be checked
    against the feed of one machine alone: an event bus keeps nothing. Exit code: 0 nothing is wrong, 1 something is.
    It may run while events come in.
    """
    from dvss.audit import audit as run_audit
    from dvss.bootstrap import opened_either
    from handlers.core.auditing import Window

    acknowledgements = [entry for path in acks or () for entry in _acknowledgements(path)]
    with opened_either(data_dir, outputs) as deployment:
        now = deployment.application.clock.now()
        window = Window(vendor_id=vendor, received_from=moment(since, now), received_before=moment(until, now))
        report = run_audit(deployment, acknowledgements, window)
        registry = deployment.application.registry
        is_strange = vendor is not None and registry.vendor(vendor) is None
        if is_strange and not (report.balances or report.conflicts or report.orphans or report.found):
            known = ", ".join(registry.vendor_ids())
            terminal.fail(f"There is no mapping for vendor {vendor}, and nothing of it is stored. With one: {known}.")
    if as_json:
        terminal.print_json(_document(report))
    else:
        _print(report)
    if report.found:
        raise typer.Exit(terminal.Exit.REFUSED)


def _document(report: AuditReport) -> dict[str, Any]:
    totals: dict[str, Any] = {
        name: getattr(report, name) for name in ("events", "normalized", "quarantined", "pending")
    }
    balances = [
        {"vendorId": vendor_id, "hour": terminal.jsonable(hour)} | terminal.jsonable(balance)
        for (vendor_id, hour), balance in sorted(report.balances.items())
    ]
    findings = [terminal.jsonable(one) | {"explanation": one.explanation} for one in report.findings]
    return {**totals, **terminal.jsonable(report), "balances": balances, "findings": findings}


def _acknowledgements(path: Path) -> Iterator[Acknowledgement]:
    from dvss.audit import Acknowledgement
    from handlers.values import IdempotencyKey

    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except OSError as error:
        terminal.fail(f"{path} cannot be read ({error.strerror}). Name the file that `dvss send --acks` wrote.")
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            key = IdempotencyKey(entry["vendorId"], entry["externalEventId"])
            yield Acknowledgement(key, entry["ingestId"])
        except (ValueError, KeyError, TypeError):
            terminal.fail(f"{path}:{number} is no acknowledgement. Name the file that `dvss send --acks` wrote.")


def _print(report: AuditReport) -> None:
    columns = ("vendor", "hour", "accepted", "raw", "normalized", "quarantined", "pending", "")
    rows = [
        (vendor_id, hour, one.accepted, one.raw, one.normalized, one.quarantined, one.pending, _verdict(one))
        for (vendor_id, hour), one in sorted(report.balances.items())
    ]
    terminal.print_table("", columns, rows)
    terminal.print_pairs(
        "Audit",
        [
            ("events", report.events),
            ("open conflicts", report.conflicts),
            ("canonical events", report.canonical_events),
            ("  in the feed", UNKNOWN if report.feed_entries is None else report.feed_entries),
            *([] if report.outbox is None else [("  in the outbox", report.outbox)]),
            ("acknowledgements checked", report.acknowledged),
            ("raw objects of no event", f"{len(report.orphans)} (of no harm)" if report.orphans else 0),
        ],
    )
    for orphan in report.orphans[:ORPHANS_SHOWN]:
        terminal.console().print(terminal.cell(f"  {orphan.key} {orphan.cause}", "dim"))
    if not report.found:
        terminal.console().print(terminal.cell("Nothing is wrong.", "green"))
        return
    found = [(f.problem, f.vendor_id, f.external_event_id, f.ingest_id, f.explanation) for f in report.findings]
    title = f"{report.found} findings"
    if report.found > len(found):
        title += f", of which {len(found)} are named"
    terminal.print_table(title, ("problem", "vendor", "external event id", "ingest id", "what is wrong"), found)


def _verdict(balance: Balance) -> str:
    return "" if balance.is_even else "uneven"
