"""What two schemas ask of one value: types, constants, bounds, texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.diagnostics import shown
from codegen.evolution.differences import Difference, Kind, difference_at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from codegen.frontend.json_schema import Schema

_NUMBER_BOUNDS = (("minimum", "minimum", 1), ("maximum", "maximum", -1))
_SIZES = (
    ("min_length", "minLength", 1),
    ("max_length", "maxLength", -1),
    ("min_items", "minItems", 1),
    ("max_items", "maxItems", -1),
)


def kinds_of(schema: Schema) -> frozenset[str]:
    """The types, where a number may be an integer."""
    return frozenset(schema.types) | ({"integer"} if "number" in schema.types else frozenset())


def either(words: tuple[str, ...]) -> str:
    """The types as a message names them."""
    return " or ".join(words)


def _contained(base: frozenset[Any], head: frozenset[Any]) -> Kind | None:
    if base == head:
        return None
    if base < head:
        return Kind.WIDENED
    return Kind.NARROWED if head < base else Kind.REPLACED


def sets(base: Schema, head: Schema, what: str) -> Iterator[Difference]:
    """Types and constants."""
    kind = _contained(kinds_of(base), kinds_of(head))
    if kind is not None and (base.enum is None or head.enum is None):
        yield difference_at(head, kind, f"{what} was {either(base.types)} and is {either(head.types)}", "type")
    keyword = "const" if "const" in head.keywords else "enum"
    if base.enum is None and head.enum is not None:
        yield difference_at(head, Kind.NARROWED, f"{what} is one of {_listed(head.enum)} from now on", keyword)
    elif base.enum is not None and head.enum is None:
        yield difference_at(head, Kind.WIDENED, f"{what} was one of {_listed(base.enum)} and is free now", keyword)
    elif base.enum is not None and head.enum is not None:
        yield from _enums(base.enum, head, head.enum, what, keyword)


def _enums(
    before: tuple[Any, ...], head: Schema, after: tuple[Any, ...], what: str, keyword: str
) -> Iterator[Difference]:
    new, gone = _without(after, before), _without(before, after)
    if new:
        yield difference_at(head, Kind.WIDENED, f"{what} may be {_listed(new)}", keyword)
    if gone:
        yield difference_at(head, Kind.NARROWED, f"{what} can no longer be {_listed(gone)}", keyword)


def _without(values: tuple[Any, ...], others: tuple[Any, ...]) -> tuple[Any, ...]:
    known = {_told_apart(value) for value in others}
    return tuple(value for value in values if _told_apart(value) not in known)


def _told_apart(value: Any) -> tuple[bool, str]:
    """``true`` is no 1."""
    return isinstance(value, str), shown(value)


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join(map(shown, values))


def bounds(base: Schema, head: Schema, what: str) -> Iterator[Difference]:
    """Of numbers, lengths and counts."""
    for attribute, keyword, inward in (*_NUMBER_BOUNDS, *_SIZES):
        before: int | Decimal | None = getattr(base, attribute)
        after: int | Decimal | None = getattr(head, attribute)
        none = 0 if attribute.startswith("min_") else None
        if before == after:
            continue
        tighter = before == none or (
            after != none and after is not None and before is not None and (after - before) * inward > 0
        )
        words = [shown(bound) if bound != none else "none" for bound in (before, after)]
        kind = Kind.NARROWED if tighter else Kind.WIDENED
        yield difference_at(head, kind, f"{keyword} of {what} was {words[0]} and is {words[1]}", keyword)


def texts(base: Schema, head: Schema, what: str) -> Iterator[Difference]:
    """Patterns and formats: whether one holds all of another is not worked out."""
    for keyword, before, after in (
        ("pattern", base.pattern, head.pattern),
        ("format", base.format, head.format),
    ):
        if before == after:
            continue
        kind = Kind.NARROWED if before is None else Kind.WIDENED if after is None else Kind.UNPROVEN
        words = ["none" if text is None else shown(text) for text in (before, after)]
        yield difference_at(head, kind, f"{keyword} of {what} was {words[0]} and is {words[1]}", keyword)
