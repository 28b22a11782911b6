"""Two typed schema trees: what the second accepts that the first did not, and the other way round."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

from codegen.diagnostics import shown
from codegen.frontend.json_schema import ANNOTATIONS, TYPES
from codegen.frontend.json_source import escaped

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from decimal import Decimal

    from codegen.diagnostics import Span
    from codegen.frontend.json_schema import Schema

    type Written = Callable[[Schema, str], Any]
    """What a schema says under a keyword, every reference in it replaced by what it names."""


class Kind(Enum):
    """What a difference does to the values that fit."""

    REMOVED = auto()
    """A member is described no longer and the object is open."""
    REFUSED = auto()
    """A member is described no longer and the object is closed."""
    ADDED = auto()
    """A member is described that could not be there, or is described without a condition."""
    DESCRIBED = auto()
    """A member is described that could hold anything."""
    REQUIRED = auto()
    OPTIONAL = auto()
    WIDENED = auto()
    NARROWED = auto()
    REPLACED = auto()
    UNPROVEN = auto()
    REWORDED = auto()


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, at its place in the second tree."""

    kind: Kind
    span: Span
    pointer: str
    message: str


_NUMBER_BOUNDS = (("minimum", "minimum", 1), ("maximum", "maximum", -1))
_SIZES = (
    ("min_length", "minLength", 1),
    ("max_length", "maxLength", -1),
    ("min_items", "minItems", 1),
    ("max_items", "maxItems", -1),
)
_STRICT_BOUNDS = frozenset({"exclusiveMinimum", "exclusiveMaximum"})
_COMPARED = frozenset(
    {
        "$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "const",
        "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format",
    }
)  # fmt: skip
_STRUCTURE = frozenset({"$schema", "$id", "$defs"})
_WORDS = sorted(ANNOTATIONS - _STRUCTURE)


def differences(base: Schema, head: Schema, base_written: Written, head_written: Written) -> list[Difference]:
    """Every difference of two trees, in the order of the second."""
    return list(_Comparison(base_written, head_written).of(base, head, ""))


class _Comparison:
    def __init__(self, base_written: Written, head_written: Written) -> None:
        self._base_written = base_written
        self._head_written = head_written

    def of(self, base: Schema, head: Schema, name: str) -> Iterator[Difference]:
        """``name`` is how messages call the place, empty for the document."""
        what = f"'{name}'" if name else "the document"
        yield from self._words(base, head, what)
        replaced = not _kinds(base) & _kinds(head)
        if replaced:
            message = f"{what} was {_or(base.types)} and is {_or(head.types)}"
            yield _at(head, Kind.REPLACED, message, "type")
            return
        yield from _sets(base, head, what)
        yield from _bounds(base, head, what)
        yield from _texts(base, head, what)
        yield from self._other(base, head, what)
        yield from self._members(base, head, name, what)
        yield from self._items(base, head, name, what)

    def _words(self, base: Schema, head: Schema, what: str) -> Iterator[Difference]:
        changed = [word for word in _WORDS if base.keywords.get(word) != head.keywords.get(word)]
        if changed:
            yield _at(head, Kind.REWORDED, f"{_and(changed)} of {what} changed", changed[0])

    def _other(self, base: Schema, head: Schema, what: str) -> Iterator[Difference]:
        """Keywords that are not understood here: the same in both, or nobody knows."""
        whole = _whole(base) and _whole(head)
        known = _COMPARED | ANNOTATIONS | (_STRICT_BOUNDS if whole else frozenset())
        for keyword in sorted((base.keywords.keys() | head.keywords.keys()) - known):
            if self._base_written(base, keyword) != self._head_written(head, keyword):
                yield _at(head, Kind.UNPROVEN, f"'{keyword}' of {what} changed", keyword)

    def _members(self, base: Schema, head: Schema, name: str, what: str) -> Iterator[Difference]:
        yield from self._closedness(base, head, what)
        for member, below in base.properties.items():
            if member not in head.properties:
                kind = Kind.REFUSED if head.closed else Kind.REMOVED
                yield _at(head, kind, f"field {_named(name, member)} is gone", "properties", member)
            else:
                yield from self.of(below, head.properties[member], _path(name, member))
        for member, below in head.properties.items():
            new = member not in base.properties
            if new and member not in head.required:
                kind = Kind.ADDED if base.closed or _accepts_all(below) else Kind.DESCRIBED
                yield _at(head, kind, f"field {_named(name, member)} is new", "properties", member)
        for member in sorted(head.required - base.required):
            words = "is new and required" if member not in base.properties else "is required from now on"
            yield _at(head, Kind.REQUIRED, f"field {_named(name, member)} {words}", "properties", member)
        for member in sorted((base.required - head.required) & head.properties.keys()):
            yield _at(head, Kind.OPTIONAL, f"field {_named(name, member)} may be left out", "properties", member)

    def _closedness(self, base: Schema, head: Schema, what: str) -> Iterator[Difference]:
        keyword = "additionalProperties"
        if base.closed != head.closed:
            kind = Kind.NARROWED if head.closed else Kind.WIDENED
            words = "takes no fields that are not described" if head.closed else "takes fields that are not described"
            yield _at(head, kind, f"{what} {words}", keyword)
            return
        described = any(isinstance(one.keywords.get(keyword), dict) for one in (base, head))
        if described and self._base_written(base, keyword) != self._head_written(head, keyword):
            yield _at(head, Kind.UNPROVEN, f"'{keyword}' of {what} changed", keyword)

    def _items(self, base: Schema, head: Schema, name: str, what: str) -> Iterator[Difference]:
        if base.items is not None and head.items is not None:
            yield from self.of(base.items, head.items, f"{name}[*]")
        elif head.items is not None:
            yield _at(head, Kind.NARROWED, f"the elements of {what} are described", "items")
        elif base.items is not None:
            yield _at(head, Kind.WIDENED, f"the elements of {what} are described no longer", "items")


def _at(head: Schema, kind: Kind, message: str, *below: str) -> Difference:
    pointer = "".join((head.pointer, *(f"/{escaped(name)}" for name in below)))
    return Difference(kind, head.source.span(pointer), pointer, message)


def _path(name: str, member: str) -> str:
    return f"{name}.{member}" if name else member


def _named(name: str, member: str) -> str:
    return f"'{_path(name, member)}'"


def _or(words: tuple[str, ...]) -> str:
    return " or ".join(words)


def _and(words: list[str]) -> str:
    return " and ".join(words)


def _kinds(schema: Schema) -> frozenset[str]:
    """The types, where a number may be an integer."""
    return frozenset(schema.types) | ({"integer"} if "number" in schema.types else frozenset())


def _whole(schema: Schema) -> bool:
    return schema.value_types == ("integer",)


def _accepts_all(schema: Schema) -> bool:
    return set(schema.types) == set(TYPES) and not schema.keywords.keys() - ANNOTATIONS


def _contained(base: frozenset[Any], head: frozenset[Any]) -> Kind | None:
    if base == head:
        return None
    if base < head:
        return Kind.WIDENED
    return Kind.NARROWED if head < base else Kind.REPLACED


def _sets(base: Schema, head: Schema, what: str) -> Iterator[Difference]:
    kind = _contained(_kinds(base), _kinds(head))
    if kind is not None and (base.enum is None or head.enum is None):
        yield _at(head, kind, f"{what} was {_or(base.types)} and is {_or(head.types)}", "type")
    keyword = "const" if "const" in head.keywords else "enum"
    if base.enum is None and head.enum is not None:
        yield _at(head, Kind.NARROWED, f"{what} is one of {_listed(head.enum)} from now on", keyword)
    elif base.enum is not None and head.enum is None:
        yield _at(head, Kind.WIDENED, f"{what} was one of {_listed(base.enum)} and is free now", keyword)
    elif base.enum is not None and head.enum is not None:
        yield from _enums(base.enum, head, head.enum, what, keyword)


def _enums(
    before: tuple[Any, ...], head: Schema, after: tuple[Any, ...], what: str, keyword: str
) -> Iterator[Difference]:
    new, gone = _without(after, before), _without(before, after)
    if new:
        yield _at(head, Kind.WIDENED, f"{what} may be {_listed(new)}", keyword)
    if gone:
        yield _at(head, Kind.NARROWED, f"{what} can no longer be {_listed(gone)}", keyword)


def _without(values: tuple[Any, ...], others: tuple[Any, ...]) -> tuple[Any, ...]:
    known = {_told_apart(value) for value in others}
    return tuple(value for value in values if _told_apart(value) not in known)


def _told_apart(value: Any) -> tuple[bool, str]:
    """``true`` is no 1."""
    return isinstance(value, str), shown(value)


def _listed(values: tuple[Any, ...]) -> str:
    return ", ".join(map(shown, values))


def _bounds(base: Schema, head: Schema, what: str) -> Iterator[Difference]:
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
        yield _at(head, kind, f"{keyword} of {what} was {words[0]} and is {words[1]}", keyword)


def _texts(base: Schema, head: Schema, what: str) -> Iterator[Difference]:
    for keyword, before, after in (
        ("pattern", base.pattern, head.pattern),
        ("format", base.format, head.format),
    ):
        if before == after:
            continue
        kind = Kind.NARROWED if before is None else Kind.WIDENED if after is None else Kind.UNPROVEN
        words = ["none" if text is None else shown(text) for text in (before, after)]
        yield _at(head, kind, f"{keyword} of {what} was {words[0]} and is {words[1]}", keyword)
