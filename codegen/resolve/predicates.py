"""Predicates and cases: what may be compared with what, and what can never happen."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.expression import Both, Compare, Comparison, Not, Present
from codegen.ir import Equals, Fixed, IsPresent, Joined, Negated
from codegen.resolve.scopes import Scope, locate

if TYPE_CHECKING:
    from codegen.frontend.expression import Predicate
    from codegen.frontend.mapping import MatchBlock
    from codegen.ir import Condition
    from codegen.resolve.types import ValueType
    from codegen.source import Scalar


def condition_of(predicate: Predicate, scopes: tuple[Scope, ...], diagnostics: Diagnostics) -> Condition | None:
    """The predicate with its paths found and its constants checked; None if something was reported."""
    match predicate:
        case Compare():
            located = locate(predicate.path, scopes, diagnostics)
            if located is None or not _comparable(predicate, located.type, diagnostics):
                return None
            equals = Equals(located.read, Fixed(predicate.literal.value))
            if predicate.comparison is Comparison.EQUAL:
                return equals
            # What is absent is neither equal nor unequal: both comparisons are false.
            unequal = Negated(equals)
            return unequal if located.read.certain else Joined("and", IsPresent(located.read), unequal)
        case Present():
            located = locate(predicate.path, scopes, diagnostics)
            if located is not None and not located.type.absent:
                message = f"'{predicate.path.text}' is always present"
                diagnostics.add(Code.UNREACHABLE, predicate.span, message)
            return IsPresent(located.read) if located else None
        case Not():
            inner = condition_of(predicate.inner, scopes, diagnostics)
            return Negated(inner) if inner else None
        case Both():
            left = condition_of(predicate.left, scopes, diagnostics)
            right = condition_of(predicate.right, scopes, diagnostics)
            return Joined(predicate.word, left, right) if left and right else None


def _comparable(predicate: Compare, found: ValueType, diagnostics: Diagnostics) -> bool:
    value = predicate.literal.value
    if value is None:
        possible = found.nullable
    else:
        kind = _kind(value)
        numeric = {kind, found.kind} <= {"integer", "number"}
        possible = (found.kind in (kind, "any") or numeric) and (found.enum is None or value in found.enum)
    if not possible:
        message = f"'{predicate.path.text}' is {found.describe()} and is never {value!a}"
        hint = suggestion(str(value), map(str, found.enum)) if found.enum else ""
        diagnostics.add(Code.UNREACHABLE, predicate.literal.span, message, hint)
    return possible


def _kind(value: Scalar) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    return "string" if isinstance(value, str) else "number"


def case_literals(block: MatchBlock, found: ValueType, diagnostics: Diagnostics) -> list[Scalar] | None:
    """The cases' values in the type of what is matched, proven to cover it; None if something was reported."""
    literals: list[Scalar] = []
    sound = True
    for case in block.cases:
        known, literal = _case_literal(str(case.literal), found) if case.literal is not None else (found.nullable, None)
        unreachable = not known or (found.enum is not None and literal is not None and literal not in found.enum)
        if unreachable:
            hint = suggestion(str(case.literal), map(str, found.enum)) if found.enum else ""
            diagnostics.add(
                Code.UNREACHABLE,
                case.span,
                f"'{block.source.text}' is {found.describe()} and is never '{case.literal}'",
                hint,
            )
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


def _case_literal(text: str, found: ValueType) -> tuple[bool, Scalar]:
    """Whether a case's text can be a value of the type, and that value."""
    if found.kind == "string":
        return True, text
    if found.kind == "boolean" and text in ("true", "false"):
        return True, text == "true"
    if found.kind == "integer" and text.removeprefix("-").isdecimal() and text.isascii():
        return True, int(text)
    return False, text


def _uncovered(literals: list[Scalar], found: ValueType) -> str:
    """What no case covers, in words; empty if every value is covered."""
    values: tuple[Scalar, ...] | None = (False, True) if found.kind == "boolean" else found.enum
    if values is None:
        return f"every {found.kind}"
    missing = [str(value) for value in values if value not in literals]
    if found.nullable and None not in literals:
        missing.append("null")
    return ", ".join(missing)


def paths_of(predicate: Predicate, scopes: tuple[Scope, ...]) -> list[str]:
    """Lineage of every path that the predicate reads."""
    match predicate:
        case Compare() | Present():
            located = locate(predicate.path, scopes, Diagnostics())
            return [located.lineage] if located else []
        case Not():
            return paths_of(predicate.inner, scopes)
        case Both():
            return paths_of(predicate.left, scopes) + paths_of(predicate.right, scopes)


def describe(predicate: Predicate) -> str:
    """The predicate in the words of the mapping."""
    match predicate:
        case Compare():
            value = predicate.literal.value
            literal = f"'{value}'" if isinstance(value, str) else "null" if value is None else str(value).lower()
            return f"{predicate.path.text} {predicate.comparison} {literal}"
        case Present():
            return f"present({predicate.path.text})"
        case Not():
            return f"not {describe(predicate.inner)}"
        case Both():
            inner = f"{describe(predicate.left)} {predicate.word} {describe(predicate.right)}"
            return f"({inner})" if predicate.grouped else inner
