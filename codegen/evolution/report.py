"""What a comparison says, and whether it may pass."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.evolution.allowances import FILE
from codegen.evolution.rules import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from codegen.evolution.allowances import Allowance
    from codegen.evolution.changes import Change

_FAILING = frozenset({Verdict.BREAKING, Verdict.UNPROVEN})
_NAMES = {Verdict.OUTPUT: "of output"}


@dataclass(frozen=True, slots=True)
class Report:
    """The text to print, and whether a change or an allowance stands in the way."""

    text: str
    failed: bool


def report(against: str, changes: Sequence[Change], allowances: Sequence[Allowance], today: date) -> Report:
    """``against`` says what was compared with. An allowance holds up to and including its day."""
    allowed = {entry.change_id: entry for entry in allowances if entry.expires >= today}
    lines = []
    failed = False
    for change in changes:
        lines.append(str(change))
        if change.rule.verdict not in _FAILING:
            continue
        entry = allowed.get(change.change_id)
        if entry is None:
            failed = True
            lines.append(f"    way out: {change.rule.remedy} Its id in {FILE}: {change.change_id}\n")
        else:
            lines.append(f"    allowed until {entry.expires} at {entry.span}: {entry.reason}\n")
    known = {change.change_id for change in changes}
    for entry in allowances:
        if entry.expires < today:
            failed = True
            lines.append(
                f"{entry.span}: the allowance of {entry.change_id} ended on {entry.expires}; remove or renew it\n"
            )
        elif entry.change_id not in known:
            lines.append(
                f"{entry.span}: nothing here is {entry.change_id}; remove the entry where it is of no more use\n"
            )
    lines.append(f"Compared with {against}: {_summary(changes)}.\n")
    return Report("".join(lines), failed)


def _summary(changes: Sequence[Change]) -> str:
    counts = Counter(change.rule.verdict for change in changes)
    words = [f"{counts[verdict]} {_NAMES.get(verdict, verdict.value)}" for verdict in Verdict if counts[verdict]]
    return ", ".join(words) or "no change"
