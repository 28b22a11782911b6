"""Predicates: what may be compared with what, and what can never happen."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, shown, suggestion
from codegen.frontend import syntax
from codegen.frontend.json_schema import type_of_value
from codegen.frontend.syntax import Compare, Comparison, Group, Literal, Not, OneOf, Path, Present
from codegen.ir.statements import Apply, Equals, Fixed, Holds, IsPresent, Joined, Negated, Read

if TYPE_CHECKING:
    from codegen.diagnostics import Span
    from codegen.frontend.syntax import Predicate
    from codegen.ir.statements import Condition, Value
    from codegen.resolve.operands import Found, OperandCompiler
    from codegen.resolve.scopes import Scope
    from codegen.source import Scalar

_PLAIN = frozenset({"string", "integer", "number", "boolean", "any"})
_NUMBERS = frozenset({"integer", "number"})
_ORDERED = {
    Comparison.LESS: ("less", False),
    Comparison.AT_MOST: ("at_most", False),
    Comparison.MORE: ("less", True),
    Comparison.AT_LEAST: ("at_most", True),
}
"""The runtime's function for an ordering, and whether its sides change places."""


@dataclass(frozen=True, slots=True)
class Judged:
    """A predicate that can be worked out, and what it reads."""

    condition: Condition
    sources: tuple[str, ...]


class PredicateCompiler:
    """Compiles the predicates of one event."""

    def __init__(self, diagnostics: Diagnostics, operands: OperandCompiler) -> None:
        self._diagnostics = diagnostics
        self._operands = operands

    def judge(self, predicate: Predicate, scopes: tuple[Scope, ...]) -> Judged | None:
        """The predicate with its paths found and its constants checked; None if something was reported."""
        match predicate:
            case Compare():
                return self._compare(predicate, scopes)
            case OneOf():
                return self._one_of(predicate, scopes)
            case Present():
                return self._present(predicate, scopes)
            case Not():
                inner = self.judge(predicate.inner, scopes)
                return inner and Judged(Negated(inner.condition), inner.sources)
            case syntax.Joined():
                terms = [self.judge(term, scopes) for term in predicate.terms]
                found = [term for term in terms if term is not None]
                if len(found) < len(terms):
                    return None
                condition = Joined(predicate.word, tuple(term.condition for term in found))
                return Judged(condition, tuple(source for term in found for source in term.sources))

    def _side(self, side: Path | Group, scopes: tuple[Scope, ...]) -> Found | None:
        if isinstance(side, Path):
            return self._operands.path(side, scopes)
        return self._operands.of_predicate(side, scopes)

    def _present(self, predicate: Present, scopes: tuple[Scope, ...]) -> Judged | None:
        found = self._operands.path(predicate.path, scopes)
        if found is None:
            return None
        if not found.type.absent and not self._operands.is_unchecked:
            message = f"'{predicate.path.text}' is always present"
            self._diagnostics.add(Code.UNREACHABLE, predicate.span, message, "remove the condition")
        return Judged(IsPresent(found.value), tuple(found.sources))

    def _compare(self, predicate: Compare, scopes: tuple[Scope, ...]) -> Judged | None:
        left = self._side(predicate.left, scopes)
        if left is None:
            return None
        if isinstance(predicate.right, Path):
            return self._compare_paths(predicate, left, predicate.right, scopes)
        sources = tuple(left.sources)
        literal = predicate.right
        if predicate.comparison in _ORDERED:
            if not self._is_number(literal.value, left, literal.span):
                return None
            return Judged(self._ordered(predicate.comparison, left, Fixed(literal.value)), sources)
        if not self._is_possible(literal, left, _text_of(predicate.left)):
            return None
        return Judged(self._equality(predicate, left, Fixed(literal.value)), sources)

    def _equality(self, predicate: Compare, left: Found, literal: Fixed) -> Condition:
        mixed = left.type.kind == "any" or self._operands.is_unchecked
        equal: Condition = Equals(left.value, literal)
        if mixed and isinstance(literal.value, int | Decimal):
            equal = Holds(Apply("same", (left.value, literal)))
        if predicate.comparison is Comparison.EQUAL:
            return equal
        # What is absent is neither equal nor unequal: both comparisons are false.
        certain = isinstance(left.value, Read) and left.value.certain
        if certain or not (left.type.absent or isinstance(left.value, Read)):
            return Negated(equal)
        if not isinstance(left.value, Read):
            return Holds(Apply("different", (left.value, literal)))
        return Joined("and", (IsPresent(left.value), Negated(equal)))

    def _compare_paths(self, predicate: Compare, left: Found, path: Path, scopes: tuple[Scope, ...]) -> Judged | None:
        right = self._operands.path(path, scopes)
        if right is None:
            return None
        sources = (*left.sources, *right.sources)
        kinds = {left.type.kind, right.type.kind}
        ordered = predicate.comparison in _ORDERED
        fits = kinds <= _NUMBERS or (not ordered and kinds <= _PLAIN and (len(kinds) == 1 or "any" in kinds))
        if not fits and not self._operands.is_unchecked:
            message = f"{left.type.describe()} and {right.type.describe()} cannot be compared"
            hint = "numbers have an order; convert a text in parentheses: `(x | integer or omit)`" if ordered else ""
            self._diagnostics.add(Code.TYPE_MISMATCH, predicate.span, message, hint)
            return None
        if ordered:
            return Judged(self._ordered(predicate.comparison, left, right.value), sources)
        function = "same" if predicate.comparison is Comparison.EQUAL else "different"
        return Judged(Holds(Apply(function, (left.value, right.value))), sources)

    @staticmethod
    def _ordered(comparison: Comparison, left: Found, right: Value) -> Condition:
        function, swapped = _ORDERED[comparison]
        sides = (right, left.value) if swapped else (left.value, right)
        return Holds(Apply(function, sides))

    def _is_number(self, value: Scalar, left: Found, span: Span) -> bool:
        numeric = left.type.kind in _NUMBERS or left.type.kind == "any" or self._operands.is_unchecked
        if isinstance(value, int | Decimal) and not isinstance(value, bool) and numeric:
            return True
        message = f"{left.type.describe()} and {shown(value)} have no order"
        hint = "numbers have one; convert a text in parentheses: `(x | integer or omit) > 0`"
        self._diagnostics.add(Code.TYPE_MISMATCH, span, message, hint)
        return False

    def _one_of(self, predicate: OneOf, scopes: tuple[Scope, ...]) -> Judged | None:
        left = self._side(predicate.left, scopes)
        if left is None:
            return None
        text = _text_of(predicate.left)
        if not all(self._is_possible(literal, left, text) for literal in predicate.literals):
            return None
        constants = Fixed(tuple(literal.value for literal in predicate.literals))
        return Judged(Holds(Apply("one_of", (left.value, constants))), tuple(left.sources))

    def _is_possible(self, literal: Literal, left: Found, text: str) -> bool:
        """Whether the value can be the constant at all; reported if not."""
        value, found = literal.value, left.type
        if self._operands.is_unchecked:
            return True
        if value is None:
            possible = found.nullable
        else:
            kind = type_of_value(value)
            numeric = {kind, found.kind} <= _NUMBERS
            possible = (found.kind in (kind, "any") or numeric) and (found.enum is None or value in found.enum)
        if not possible:
            message = f"'{text}' is {found.describe()} and is never {shown(value)}"
            hint = suggestion(str(value), map(str, found.enum)) if found.enum else ""
            self._diagnostics.add(Code.UNREACHABLE, literal.span, message, hint)
        return possible


def _text_of(side: Path | Group) -> str:
    return side.text if isinstance(side, Path) else f"({side.expression.text})"
