"""The same difference seen by those who read a document and by those who send it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.evolution.differences import Kind
from codegen.evolution.rules import Rule
from codegen.evolution.schemas import differences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.evolution.changes import Changes
    from codegen.evolution.contracts import Contracts
    from codegen.frontend.json_schema import Schema

READERS: Mapping[Kind, Rule] = {
    Kind.REMOVED: Rule.READ_REMOVED,
    Kind.REFUSED: Rule.READ_REMOVED,
    Kind.ADDED: Rule.READ_ADDED,
    Kind.DESCRIBED: Rule.READ_ADDED,
    Kind.REQUIRED: Rule.READ_REQUIRED,
    Kind.OPTIONAL: Rule.READ_OPTIONAL,
    Kind.WIDENED: Rule.READ_WIDENED,
    Kind.NARROWED: Rule.READ_NARROWED,
    Kind.REPLACED: Rule.READ_REPLACED,
    Kind.UNPROVEN: Rule.READ_UNPROVEN,
    Kind.REWORDED: Rule.READ_REWORDED,
}
SENDERS: Mapping[Kind, Rule] = {
    Kind.REMOVED: Rule.SEND_FREED,
    Kind.REFUSED: Rule.SEND_REMOVED,
    Kind.ADDED: Rule.SEND_ADDED,
    Kind.DESCRIBED: Rule.SEND_DESCRIBED,
    Kind.REQUIRED: Rule.SEND_REQUIRED,
    Kind.OPTIONAL: Rule.SEND_OPTIONAL,
    Kind.WIDENED: Rule.SEND_WIDENED,
    Kind.NARROWED: Rule.SEND_NARROWED,
    Kind.REPLACED: Rule.SEND_REPLACED,
    Kind.UNPROVEN: Rule.SEND_UNPROVEN,
    Kind.REWORDED: Rule.SEND_REWORDED,
}


class SchemaSides:
    """Compares schemas of two sides and says it in the words of who is affected."""

    def __init__(self, base: Contracts, head: Contracts, changes: Changes) -> None:
        self._base = base
        self._head = head
        self._changes = changes

    def compare(self, base: Schema | None, head: Schema, rules: Mapping[Kind, Rule], affected: str) -> None:
        """``rules`` is READERS or SENDERS. A base that cannot be read leaves everything open."""
        if base is None:
            message = "the base's schema cannot be read, so that nothing is known of what changed"
            self._changes.add(rules[Kind.UNPROVEN], head.span, head.pointer, message, affected)
            return
        for found in differences(base, head, self._base.written, self._head.written):
            self._changes.add(rules[found.kind], found.span, found.pointer, found.message, affected)
