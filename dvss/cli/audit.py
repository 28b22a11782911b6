"""``dvss audit``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dvss.cli import terminal
from dvss.cli.options import AsJson, DataDir, Outputs
from dvss.deployment import DEFAULT_DATA_DIR

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dvss.audit import Acknowledgement, AuditReport

ORPHANS_SHOWN = 20
LOCAL = (
    "An audit is of one machine: it compares a data folder with its own feed. On AWS the steward and the alarms look "
    "after that."
)


def audit(
    *,
    acks: Annotated[
        list[Path] | None, typer.Option(help="Acknowledgements to check, as `dvss send --acks` writes them.")
    ] = None,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """Check that every event is normalized, quarantined or pending, with its bytes, and name what is wrong.

    Exit code: 0 nothing is wrong, 1 something is. It may run while the server does.
    """
    from dvss.audit import audit as run_audit
    from dvss.bootstrap import opened_existing

    if outputs is not None:
        terminal.fail(LOCAL, terminal.Exit.USAGE)
    acknowledgements = [entry for path in acks or () for entry in _acknowledgements(path)]
    with opened_existing(data_dir or DEFAULT_DATA_DIR) as deployment:
        report = run_audit(deployment, acknowledgements)
    if as_json:
        findings = [terminal.jsonable(f) | {"explanation": f.explanation} for f in report.findings]
        terminal.print_json(terminal.jsonable(report) | {"findings": findings})
    else:
        _print(report)
    if report.findings:
        raise typer.Exit(terminal.Exit.REFUSED)


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
    terminal.print_pairs(
        "Audit",
        [
            ("events", report.events),
            ("  normalized", report.normalized),
            ("  quarantined", report.quarantined),
            ("  pending", report.pending),
            ("open conflicts", report.conflicts),
            ("canonical events", report.canonical_events),
            ("  in the feed", report.feed_entries),
            ("  in the outbox", report.outbox),
            ("acknowledgements checked", report.acknowledged),
            ("raw objects of no event", f"{len(report.orphans)} (of no harm)" if report.orphans else 0),
        ],
    )
    for key in report.orphans[:ORPHANS_SHOWN]:
        terminal.console().print(terminal.cell(f"  {key}", "dim"))
    if not report.findings:
        terminal.console().print(terminal.cell("Nothing is wrong.", "green"))
        return
    rows = [(f.problem, f.vendor_id, f.external_event_id, f.ingest_id, f.explanation) for f in report.findings]
    columns = ("problem", "vendor", "external event id", "ingest id", "what is wrong")
    terminal.print_table(f"{len(rows)} findings", columns, rows)
