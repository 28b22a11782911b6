"""The cases of a match: which values they are, and whether they cover what is matched."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, shown, suggestion
from codegen.frontend.json_schema import type_of_value

if TYPE_CHECKING:
    from codegen.frontend.document import MatchBlock
    from codegen.resolve.types import ValueType
    from codegen.source import Scalar

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
