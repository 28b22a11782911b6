"""Lookup tables: `lookups:` of a mapping, and the blocks that look something up."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from codegen.diagnostics import Code, Diagnostics, shown, suggestion
from codegen.frontend.syntax import Action, Group
from codegen.ir.statements import (
    Apply,
    Assign,
    Convert,
    Current,
    Give,
    IsPresent,
    Lookup,
    Negated,
    Return,
    ReturnIf,
    Table,
)
from codegen.naming import PythonIdentifier
from codegen.resolve.keys import is_key
from codegen.resolve.outcomes import declared
from codegen.resolve.rules import Pipeline
from codegen.resolve.types import type_of_literal
from codegen.source import MapNode, ScalarNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.frontend.document import LookupBlock, LookupDocument
    from codegen.frontend.syntax import Expression
    from codegen.ir.statements import Statement, Value
    from codegen.resolve.blocks import BlockCompiler, Made
    from codegen.resolve.operands import Found
    from codegen.resolve.rules import Target
    from codegen.resolve.scopes import Scope

MAX_PARTS = 5


@dataclass(frozen=True, slots=True)
class LookupTable:
    """A table with rows of one depth."""

    name: str
    identifier: PythonIdentifier
    parts: int
    """Of a key."""
    rows: dict[tuple[str, ...], ScalarNode]

    def emitted(self) -> Table:
        """The table as generated code has it; the key of one part is that part."""
        entries = ((key if self.parts > 1 else key[0], row.value) for key, row in self.rows.items())
        return Table(self.identifier, tuple(entries))


def compile_table(document: LookupDocument, diagnostics: Diagnostics) -> LookupTable | None:
    """The table of a `lookups:` entry; None if it was reported."""
    rows = dict(_rows(document.rows, (), diagnostics))
    depths = {len(key) for key in rows}
    if not depths:
        message = f"lookup '{document.name}' has no rows"
        diagnostics.add(Code.WRONG_FORM, document.span, message, "add them: `key: value`")
        return None
    if len(depths) != 1 or max(depths) > MAX_PARTS:
        message = f"the rows of lookup '{document.name}' are nested {' and '.join(map(str, sorted(depths)))} deep"
        hint = f"nest every row alike, one level for each part of the key, at most {MAX_PARTS}"
        diagnostics.add(Code.WRONG_FORM, document.span, message, hint)
        return None
    return LookupTable(document.name, PythonIdentifier(f"lookup {document.name}"), depths.pop(), rows)


def _rows(
    node: MapNode, key: tuple[str, ...], diagnostics: Diagnostics
) -> Iterator[tuple[tuple[str, ...], ScalarNode]]:
    for name, member in node.members.items():
        if isinstance(member, MapNode):
            yield from _rows(member, (*key, name), diagnostics)
        elif isinstance(member, ScalarNode):
            yield (*key, name), member
        else:
            diagnostics.add(Code.WRONG_FORM, member.span, "a row of a lookup is a plain value, not a list")


class LookupCompiler:
    """Compiles `lookup:` blocks."""

    def __init__(self, blocks: BlockCompiler, tables: Mapping[str, LookupTable]) -> None:
        self._blocks = blocks
        self._diagnostics = blocks.diagnostics
        self._tables = tables

    def lookup(self, block: LookupBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """The value of a `lookup:`; None if it was reported."""
        table = self._tables.get(block.table)
        if table is None:
            message = f"there is no lookup '{block.table}'"
            hint = suggestion(block.table, self._tables) or "write it under `lookups:`"
            self._diagnostics.add(Code.UNKNOWN_SHARED, block.table_span, message, hint)
            return None
        pipeline = Pipeline(type_of_literal(None))
        keys = [self._key(key, scopes, target, pipeline) for key in block.keys]
        found = [key for key in keys if key is not None]
        if len(found) < len(keys) or not self._rows_fit(block, table, target):
            return None
        if len(found) != table.parts:
            message = f"the number of parts of a key of lookup '{table.name}' is {table.parts}, not {len(found)}"
            hint = "write `key: a`" if table.parts == 1 else "list them: `key: [a, b]`"
            self._diagnostics.add(Code.WRONG_ARGUMENTS, block.span, message, hint)
            return None
        pipeline.sources.append(f"lookup:{table.name}")
        complete = _is_complete(table, found)
        if not self._otherwise_fits(block, complete=complete):
            return None
        end = self._blocks.otherwise(block.otherwise, scopes, target, pipeline) if block.otherwise else None
        if block.otherwise and end is None:
            return None
        call = Lookup(table.identifier, complete=complete)
        lacking = [key for key in found if key.type.absent]
        pipeline.may_omit = pipeline.may_omit or bool(lacking)
        statements: list[Statement] = [
            *(ReturnIf(Negated(IsPresent(key.value)), Give(target.nothing)) for key in lacking),
            Assign(_key_of(found)),
            Convert(call, end) if end else Assign(call),
        ]
        statements.append(Return(Give(Current())))
        return self._blocks.function(statements, pipeline, target, scopes, f"lookup {table.name}")

    def _key(self, key: Expression, scopes: tuple[Scope, ...], target: Target, pipeline: Pipeline) -> Found | None:
        found = self._blocks.pipelines.operands.group(Group(key.span, key), scopes, target)
        if found is None:
            return None
        omits = any(one.action is Action.OMIT for one in declared(key)) and not target.required
        if not is_key(found.type, key.span, self._diagnostics, may_be_absent=omits):
            return None
        if not pipeline.sources:
            pipeline.pointer, pipeline.base = found.pointer, found.base
        pipeline.sources += found.sources
        pipeline.steps += found.steps
        return found

    def _rows_fit(self, block: LookupBlock, table: LookupTable, target: Target) -> bool:
        sound = True
        for key, row in table.rows.items():
            if not target.takes(row.value):
                message = f"{shown(row.value)} for '{'.'.join(key)}' does not fit '{target.pointer}'"
                hint = f"{target.asks(row.value)}; it is looked up at {block.span}"
                self._diagnostics.add(Code.LITERAL_MISMATCH, row.span, message, hint)
                sound = False
        return sound

    def _otherwise_fits(self, block: LookupBlock, *, complete: bool) -> bool:
        if complete and block.otherwise is not None:
            message = "the table has every key; the else is never taken"
            self._diagnostics.add(Code.UNREACHABLE, block.otherwise.span, message, "remove it")
            return False
        if not complete and block.otherwise is None:
            message = f"lookup '{block.table}' does not have every key"
            self._diagnostics.add(Code.NOT_EXHAUSTIVE, block.span, message, "add `else: quarantine`, or a value")
            return False
        return True


def _is_complete(table: LookupTable, keys: list[Found]) -> bool:
    values: list[tuple[Any, ...]] = []
    for key in keys:
        every = (False, True) if key.type.kind == "boolean" and key.type.enum is None else key.type.enum
        if every is None:
            return False
        values.append(every)
    return all(tuple(map(_text, key)) in table.rows for key in product(*values))


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _key_of(keys: list[Found]) -> Value:
    parts: tuple[Value, ...] = tuple(
        key.value if key.type.kind == "string" else Apply("string", (key.value,)) for key in keys
    )
    return parts[0] if len(parts) == 1 else Apply("row", parts)
