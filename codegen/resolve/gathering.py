"""Paths that lead to many values: `items[*].price`, `items[?quantity > 0].price`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codegen.diagnostics import Code
from codegen.frontend.syntax import Every
from codegen.ir.statements import Collect, Read
from codegen.resolve.scopes import Located, Scope, descend, level, place, plain_names
from codegen.resolve.types import list_of

if TYPE_CHECKING:
    from codegen.diagnostics import Diagnostics
    from codegen.frontend.syntax import Path, Segment
    from codegen.ir.statements import Condition, Value
    from codegen.resolve.predicates import PredicateCompiler
    from codegen.resolve.types import ValueType


@dataclass(frozen=True, slots=True)
class Level:
    """One `[*]` or `[?...]` of a path."""

    array: Located
    element: Scope
    keep: Condition | None


class Gatherer:
    """Finds paths with `[*]`."""

    def __init__(self, predicates: PredicateCompiler, diagnostics: Diagnostics) -> None:
        self._predicates = predicates
        self._diagnostics = diagnostics

    def levels(
        self, path: Path, scopes: tuple[Scope, ...], sources: list[str]
    ) -> tuple[list[Level], tuple[Segment, ...]] | None:
        """The arrays that a path goes through, each seen from the element before, and the rest; None if reported."""
        number = level(path, scopes, self._diagnostics)
        found: list[Level] = []
        rest = path.segments
        while number is not None and any(isinstance(segment, Every) for segment in rest):
            at = next(index for index, segment in enumerate(rest) if isinstance(segment, Every))
            every = rest[at]
            assert isinstance(every, Every)
            opened = self._level(path, rest[:at], every, number, scopes, sources)
            if opened is None:
                return None
            found.append(opened)
            scopes, number, rest = (*scopes, opened.element), len(scopes), rest[at + 1 :]
        return None if number is None else (found, rest)

    def _level(  # noqa: PLR0917 - a part of a path and all that it is read against
        self,
        path: Path,
        head: tuple[Segment, ...],
        every: Every,
        number: int,
        scopes: tuple[Scope, ...],
        sources: list[str],
    ) -> Level | None:
        names = plain_names(head)
        found = descend(path, names, scopes[number].type, self._diagnostics)
        if found is None:
            return None
        element = found.element if found.is_list else None
        if element is None:
            what = f"{found.describe()}, not an array" if not found.is_list else "an array with no declared items"
            hint = "declare `items` in the vendor schema" if found.is_list else ""
            self._diagnostics.add(Code.TYPE_MISMATCH, every.span, f"'[...]' of '{path.text}' stands on {what}", hint)
            return None
        array = place(scopes[number], number, names, found)
        inner = element_scope(array, element, len(scopes))
        if every.keep is None:
            return Level(array, inner, None)
        judged = self._predicates.judge(every.keep, (*scopes, inner))
        if judged is None:
            return None
        sources += judged.sources
        return Level(array, inner, judged.condition)

    def gather(self, path: Path, scopes: tuple[Scope, ...], sources: list[str]) -> Located | None:
        """The values at a path with `[*]`, as a list; None if it was reported."""
        opened = self.levels(path, scopes, sources)
        if opened is None:
            return None
        levels, rest = opened
        inner = levels[-1].element
        names = plain_names(rest)
        leaf = descend(path, names, inner.type, self._diagnostics)
        if leaf is None:
            return None
        number = len(scopes) + len(levels) - 1
        found = place(inner, number, names, leaf)
        value: Value = found.value
        for depth, one in reversed(list(enumerate(levels))):
            flat = depth < len(levels) - 1
            value = Collect(one.array.value, len(scopes) + depth, one.keep, value, flat)
        first = levels[0].array
        return Located(value, list_type(levels, leaf), first.pointer, first.base, found.lineage, placed=False)


def element_scope(array: Located | Scope, element: ValueType, number: int) -> Scope:
    """The scope of an array's elements, whose number it is."""
    if array.placed:
        return Scope(element, "", number, f"{array.lineage}/*")
    return Scope(element, array.pointer, array.base, f"{array.lineage}/*", placed=False)


def list_type(levels: list[Level], leaf: ValueType) -> ValueType:
    """The type of the values that a path through these arrays leads to."""
    least = 1
    most: int | None = 1
    for one in levels:
        array = one.array.type
        sure = one.keep is None and isinstance(one.array.value, Read) and one.array.value.certain
        least = least * array.min_items if sure and not array.nullable else 0
        most = None if most is None or array.max_items is None else most * array.max_items
    return list_of(replace(leaf, absent=False), min_items=0 if leaf.absent else least, max_items=most)
