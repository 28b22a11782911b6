"""Two typed schema trees: what the second accepts that the first did not, and the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.evolution.constraints import bounds, either, kinds_of, sets, texts
from codegen.evolution.differences import Difference, Kind, difference_at
from codegen.frontend.json_schema import ANNOTATIONS, TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from codegen.frontend.json_schema import Schema

    type Written = Callable[[Schema, str], Any]
    """What a schema says under a keyword, every reference in it replaced by what it names."""


_STRICT_BOUNDS = frozenset({"exclusiveMinimum", "exclusiveMaximum"})
_COMPARED = frozenset(
    {
        "type", "properties", "required", "additionalProperties", "items", "enum", "const",
        "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format",
    }
)  # fmt: skip
_RESTRICTING = frozenset(
    {
        "allOf", "anyOf", "oneOf", "not", "dependentRequired", "dependentSchemas", "multipleOf", "propertyNames",
        "minProperties", "maxProperties",
    }
)  # fmt: skip
"""Each takes values away and changes nothing in what the keywords beside it mean."""
_STRUCTURE = frozenset({"$schema", "$id", "$anchor", "$defs"})
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
        replaced = not kinds_of(base) & kinds_of(head)
        if replaced:
            message = f"{what} was {either(base.types)} and is {either(head.types)}"
            yield difference_at(head, Kind.REPLACED, message, "type")
            return
        yield from sets(base, head, what)
        yield from bounds(base, head, what)
        yield from texts(base, head, what)
        yield from self._other(base, head, what)
        yield from self._members(base, head, name, what)
        yield from self._items(base, head, name, what)

    def _words(self, base: Schema, head: Schema, what: str) -> Iterator[Difference]:
        changed = [word for word in _WORDS if base.keywords.get(word) != head.keywords.get(word)]
        if changed:
            yield difference_at(head, Kind.REWORDED, f"{_and(changed)} of {what} changed", changed[0])

    def _other(self, base: Schema, head: Schema, what: str) -> Iterator[Difference]:
        """Keywords that the trees do not carry, or not exactly: the same in both, or nobody knows."""
        whole = _whole(base) and _whole(head)
        known = _COMPARED | ANNOTATIONS | (_STRICT_BOUNDS if whole else frozenset())
        for keyword in sorted((base.keywords.keys() | head.keywords.keys()) - known):
            before, after = self._base_written(base, keyword), self._head_written(head, keyword)
            if before == after:
                continue
            kind = Kind.UNPROVEN
            if keyword in _RESTRICTING and (before is None or after is None):
                kind = Kind.NARROWED if before is None else Kind.WIDENED
            words = "is new" if before is None else "is gone" if after is None else "changed"
            yield difference_at(head, kind, f"'{keyword}' of {what} {words}", keyword)

    def _members(self, base: Schema, head: Schema, name: str, what: str) -> Iterator[Difference]:
        yield from self._further(base, head, name, what)
        for member, below in base.properties.items():
            if member not in head.properties:
                kind = Kind.REFUSED if head.closed else Kind.REMOVED
                yield difference_at(head, kind, f"field {_named(name, member)} is gone", "properties", member)
            else:
                yield from self.of(below, head.properties[member], _path(name, member))
        for member, below in head.properties.items():
            new = member not in base.properties
            if new and member not in head.required:
                kind = Kind.ADDED if base.closed or _accepts_all(below) else Kind.DESCRIBED
                yield difference_at(head, kind, f"field {_named(name, member)} is new", "properties", member)
        for member in sorted(head.required - base.required):
            words = "is new and required" if member not in base.properties else "is required from now on"
            yield difference_at(head, Kind.REQUIRED, f"field {_named(name, member)} {words}", "properties", member)
        for member in sorted((base.required - head.required) & head.properties.keys()):
            yield difference_at(
                head, Kind.OPTIONAL, f"field {_named(name, member)} may be left out", "properties", member
            )

    def _further(self, base: Schema, head: Schema, name: str, what: str) -> Iterator[Difference]:
        """Members that are not described one by one."""
        if base.closed != head.closed:
            kind = Kind.NARROWED if head.closed else Kind.WIDENED
            words = "takes no fields that are not described" if head.closed else "takes fields that are not described"
            yield difference_at(head, kind, f"{what} {words}", "additionalProperties")
        elif base.additional is not None and head.additional is not None:
            yield from self.of(base.additional, head.additional, f"{name}.*" if name else "*")
        elif base.additional is not None or head.additional is not None:
            kind = Kind.WIDENED if head.additional is None else Kind.NARROWED
            yield difference_at(
                head, kind, f"the further fields of {what} are described otherwise", "additionalProperties"
            )

    def _items(self, base: Schema, head: Schema, name: str, what: str) -> Iterator[Difference]:
        if base.items is not None and head.items is not None:
            yield from self.of(base.items, head.items, f"{name}[*]")
        elif head.items is not None:
            yield difference_at(head, Kind.NARROWED, f"the elements of {what} are described", "items")
        elif base.items is not None:
            yield difference_at(head, Kind.WIDENED, f"the elements of {what} are described no longer", "items")


def _path(name: str, member: str) -> str:
    return f"{name}.{member}" if name else member


def _named(name: str, member: str) -> str:
    return f"'{_path(name, member)}'"


def _and(words: list[str]) -> str:
    return " and ".join(words)


def _whole(schema: Schema) -> bool:
    return schema.value_types == ("integer",)


def _accepts_all(schema: Schema) -> bool:
    return set(schema.types) == set(TYPES) and not schema.keywords.keys() - ANNOTATIONS
