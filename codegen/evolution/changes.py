"""One change of the contracts, and the list of all."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.evolution.rules import Rule, Verdict
from codegen.text import printable

if TYPE_CHECKING:
    from codegen.diagnostics import Span

ID_DIGITS = 8
_WORST_FIRST = list(Verdict)


@dataclass(frozen=True, slots=True)
class Change:
    """One change, once for all whom it affects."""

    rule: Rule
    span: Span
    """Where to look: in the new contracts, or in the old ones where the file is gone."""
    pointer: str
    """The place inside of the file by names: lines may move and it stays the same."""
    message: str
    affected: tuple[str, ...]

    @property
    def change_id(self) -> str:
        """Names this very change in the allow-list: the same change of another bound is another id."""
        text = f"{self.rule.code}\n{self.span.path}\n{self.pointer}\n{self.message}"
        return f"{self.rule.code}-{hashlib.sha256(text.encode()).hexdigest()[:ID_DIGITS]}"

    def __str__(self) -> str:
        head = f"{self.span}: {self.rule.verdict}[{self.rule.code}]: {self.message}"
        return f"{printable(head)}\n    for {printable(', '.join(self.affected))}\n"


class Changes:
    """Collects changes; what several depend on is one change that names them all."""

    def __init__(self) -> None:
        self._found: dict[tuple[Rule, str, str, str], tuple[Span, dict[str, None]]] = {}

    def add(self, rule: Rule, span: Span, pointer: str, message: str, affected: str) -> None:
        """Keep a change."""
        _, known = self._found.setdefault((rule, span.path, pointer, message), (span, {}))
        known[affected] = None

    def sorted(self) -> tuple[Change, ...]:
        """All changes, the worst first, then in the order of the files."""
        found = [
            Change(rule, span, pointer, message, tuple(affected))
            for (rule, _, pointer, message), (span, affected) in self._found.items()
        ]
        return tuple(sorted(found, key=lambda one: (_WORST_FIRST.index(one.rule.verdict), one.span, one.rule.code)))
