"""Predicates and cases: what may be compared with what, and what can never happen."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, shown, suggestion
from codegen.frontend import syntax
from codegen.frontend.json_schema import type_of_value
from codegen.frontend.syntax import Compare, Comparison, Not, Present
from codegen.ir.statements import Apply, Equals, Fixed, IsPresent, Joined, Negated
from codegen.resolve.scopes import Scope, locate

if TYPE_CHECKING:
    from codegen.frontend.document import MatchBlock
    from codegen.frontend.syntax import Predicate
    from codegen.ir.statements import Condition
    from codegen.resolve.types import ValueType
    from codegen.source import Scalar


def condition_of(predicate: Predicate, scopes: tuple[Scope, ...], diagnostics: Diagnostics) -> Condition | None:
    """The predicate with its paths found and its constants checked; None if something was reported."""
    match predicate:
        case Compare():
            located = locate(predicate.path, scopes, diagnostics)
            if located is None or not _comparable(predicate, located.type, diagnostics):
                return None
            literal = Fixed(predicate.literal.value)
            equals = Equals(located.read, literal)
            if located.type.kind == "any" and isinstance(literal.value, int | Decimal):
                equals = Equals(Apply("same", (located.read, literal)), Fixed(value=True))
            if predicate.comparison is Comparison.EQUAL:
                return equals
            # What is absent is neither equal nor unequal: both comparisons are false.
            unequal = Negated(equals)
            return unequal if located.read.certain else Joined("and", (IsPresent(located.read), unequal))
        case Present():
            located = locate(predicate.path, scopes, diagnostics)
            if located is not None and not located.type.absent:
                message = f"'{predicate.path.text}' is always present"
                diagnostics.add(Code.UNREACHABLE, predicate.span, message)
            return IsPresent(located.read) if located else None
        case Not():
            inner = condition_of(predicate.inner, scopes, diagnostics)
            return Negated(inner) if inner else None
        case syntax.Joined():
            terms = [condition_of(term, scopes, diagnostics) for term in predicate.terms]
            found = tuple(term for term in terms if term is not None)
            return Joined(predicate.word, found) if len(found) == len(terms) else None


def _comparable(predicate: Compare, found: ValueType, diagnostics: Diagnostics) -> bool:
    value = predicate.literal.value
    if value is None:
        possible = found.nullable
    else:
        kind = type_of_value(value)
        numeric = {kind, found.kind} <= {"integer", "number"}
        possible = (found.kind in (kind, "any") or numeric) and (found.enum is None or value in found.enum)
    if not possible:
        message = f"'{predicate.path.text}' is {found.describe()} and is never {shown(value)}"
        hint = suggestion(str(value), map(str, found.enum)) if found.enum else ""
        diagnostics.add(Code.UNREACHABLE, predicate.literal.span, message, hint)
    return possible


_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,999})")
_MATCHED = ("string", "boolean", "integer", "null")


def case_literals(block: MatchBlock, found: ValueType, diagnostics: Diagnostics) -> list[Scalar] | None:
    """The cases' values in the type of what is matched, proven to cover it; None if something was reported."""
    if found.kind not in _MATCHED:
        message = f"'{block.source.text}' is {found.describe()}; a match takes a string, an integer or a boolean"
        diagnostics.add(Code.TYPE_MISMATCH, block.source.span, message)
        return None
    literals: list[Scalar] = []
    sound = True
    for case in block.cases:
        possible, literal = _case_literal(case.literal, found)
        if not possible or literal in literals:
            message = f"'{block.source.text}' is {found.describe()} and is never {shown(case.literal)}"
            hint = suggestion(str(case.literal), map(str, found.enum)) if found.enum else ""
            if possible:
                message, hint = f"case {shown(case.literal)} stands above already", "remove one of the two"
            diagnostics.add(Code.UNREACHABLE, case.span, message, hint)
            sound = False
        literals.append(literal)
    missing = _uncovered(literals, found)
    if missing and block.otherwise is None:
        message = f"the cases do not cover {missing}"
        diagnostics.add(Code.NOT_EXHAUSTIVE, block.span, message, "add them, or `else: quarantine`")
        sound = False
    if not missing and block.otherwise is not None:
        message = "the cases cover every value; the else is never taken"
        diagnostics.add(Code.UNREACHABLE, block.otherwise.span, message, "remove it")
        sound = False
    return literals if sound else None


def _case_literal(text: Scalar, found: ValueType) -> tuple[bool, Scalar]:
    """Whether a case can be a value of the type, and that value."""
    if text is None:
        return found.nullable, None
    literal: Scalar = str(text)
    if found.kind == "boolean" and text in ("true", "false"):
        literal = text == "true"
    if found.kind == "integer" and _INTEGER.fullmatch(str(text)):
        literal = int(str(text))
    possible = type_of_value(literal) == found.kind and (found.enum is None or literal in found.enum)
    return possible, literal


def _uncovered(literals: list[Scalar], found: ValueType) -> str:
    """What no case covers, in words; empty if every value is covered."""
    every: dict[str, tuple[Scalar, ...]] = {"boolean": (False, True), "null": ()}
    values = every.get(found.kind) if found.enum is None else found.enum
    if values is None:
        return f"every {found.kind}"
    # Null needs no look: it comes this far only where a case takes it.
    return ", ".join(_word(value) for value in values if value not in literals)


def _word(value: Scalar) -> str:
    return value if isinstance(value, str) else shown(value)


def paths_of(predicate: Predicate, scopes: tuple[Scope, ...]) -> list[str]:
    """Lineage of every path that the predicate reads."""
    match predicate:
        case Compare() | Present():
            located = locate(predicate.path, scopes, Diagnostics())
            return [located.lineage] if located else []
        case Not():
            return paths_of(predicate.inner, scopes)
        case syntax.Joined():
            return [path for term in predicate.terms for path in paths_of(term, scopes)]
