"""``dvss explain``: where every field of an event comes from, or which rule refused it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dvss.cli import terminal
from dvss.cli.options import AsJson, DataDir, Outputs, Vendor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvss.explanation import Explanation
    from dvss.lineage import Trace


def explain(
    event: Annotated[str, typer.Argument(help="Ingest id; with --vendor also the vendor's own id of the event.")],
    *,
    vendor: Vendor = None,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """Show where every field of an event comes from: source, value, steps and line of the mapping.

    An event in quarantine shows the rule that refused it. What a contract marks as sensitive is masked.
    """
    from dvss import explanation
    from dvss.bootstrap import opened_either
    from dvss.cli.events import find

    with opened_either(data_dir, outputs) as deployment:
        explained = explanation.explain(deployment.application, find(deployment, event, vendor))
    if as_json:
        terminal.print_json(_document(explained))
    else:
        _print(explained)


def _document(explained: Explanation) -> dict[str, Any]:
    from dvss.cli.events import summary
    from handlers.core.mapping import Mapped

    outcome = explained.outcome
    now: Any = {"reason": None, "violations": []} if isinstance(outcome, Mapped) else outcome
    return summary(explained.way.record) | {
        "mappingVersion": explained.recorded_version,
        "deployedMappingVersion": explained.deployed_version,
        "notes": explained.notes(),
        "quarantine": explained.way.quarantine,
        "now": now,
        "lineage": list(explained.lineage),
    }


def _print(explained: Explanation) -> None:
    from dvss.cli.events import standing
    from handlers.core.mapping import Refused

    record, kept = explained.way.record, explained.way.quarantine
    terminal.print_pairs(
        f"{record.key.vendor_id}  {terminal.visible(record.key.external_event_id)}",
        [
            ("ingest id", record.ingest_id),
            ("event type", record.event_type),
            ("status", standing(record)),
            ("mapped by", explained.recorded_version),
        ],
    )
    for note in explained.notes():
        terminal.console().print(terminal.visible(note), style="yellow", markup=False)
    if kept is not None:
        terminal.print_quarantine(kept)
    outcome = explained.outcome
    if isinstance(outcome, Refused) and (kept is None or kept.violations != outcome.violations):
        terminal.print_refusal(f"now {outcome.reason}", outcome.violations)
    if explained.lineage:
        print_lineage(explained.lineage)


def print_lineage(traced: Sequence[Trace]) -> None:
    """One row for each field; those of several events say which."""
    has_several = len({one.event for one in traced}) > 1
    rows = [
        (
            f"{one.event} {one.target}" if has_several else one.target,
            one.value,
            ", ".join(origin.pointer or "(the whole)" for origin in one.sources),
            ", ".join("-" if origin.value is None else origin.value for origin in one.sources),
            " | ".join(one.steps),
            one.place,
        )
        for one in traced
    ]
    columns = ("canonical field", "value", "from", "found there", "steps", "rule")
    terminal.print_table("Lineage", columns, rows)
