"""What an event's rules become: functions, tables and lineage, under names that do not clash."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, Span
from codegen.ir.statements import Invoke, RuleFunction
from codegen.naming import PythonIdentifier
from codegen.resolve.rules import fold

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codegen.frontend.json_schema import Schema
    from codegen.ir.project import BlockPlace, RuleTrace
    from codegen.ir.statements import ObjectFunction, Statement, Table
    from codegen.resolve.rules import Target
    from codegen.resolve.scopes import Scope


@dataclass(slots=True)
class Output:
    """One event, as far as it is compiled."""

    diagnostics: Diagnostics
    event: Target
    """The canonical event's data as a whole."""
    bundle: Callable[[Schema], str]
    """A schema as one self-contained JSON text."""
    functions: list[RuleFunction | ObjectFunction] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    traces: list[RuleTrace] = field(default_factory=list)
    blocks: list[BlockPlace] = field(default_factory=list)
    headers: set[str] = field(default_factory=set)
    """Headers that the rules read."""
    _parts: int = 0
    _names: dict[str, Span] = field(default_factory=dict)

    def next_part(self) -> int:
        """The number of the next expression in parentheses."""
        self._parts += 1
        return self._parts

    def name(self, target: Target) -> PythonIdentifier:
        """A name for a function or table of this event; a clash is reported."""
        name = PythonIdentifier.of_path(target.words)
        earlier = self._names.setdefault(name, target.span)
        if earlier is not target.span:
            message = f"'{target.pointer}' gets the same name in generated code as the field at {earlier}"
            self.diagnostics.add(Code.NAME_CLASH, target.span, message, "rename one of the two")
        return name

    def define(self, statements: Sequence[Statement], target: Target, scopes: tuple[Scope, ...], text: str) -> Invoke:
        """The call of a new function with these statements."""
        name = self.name(target)
        heading = f"{target.pointer[1:]}{target.case.replace('/*', '')} <- {text}"
        self.functions.append(RuleFunction(name, len(scopes), heading, fold(statements)))
        return Invoke(name, len(scopes))
