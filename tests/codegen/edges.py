"""The edges of a schema: what they are, which of them a document reaches, and a document for each."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any

from codegen.frontend.json_schema import type_of_value
from codegen.runtime import exact_json
from tests.codegen.payloads import OF_NUMBERS
from tests.codegen.shapes import accepts, kinds_of, shapes, validator
from tests.codegen.texts import text_of_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.codegen.shapes import Plain, Schema

type Edge = tuple[str, str]
"""A place of the schema and what can be so there."""

_BOUNDS = {
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
    "object": ("minProperties", "maxProperties"),
}


def bounds(shape: Plain, kind: str) -> dict[str, Decimal]:
    """The bounds that a value of a type can lie on, with the number, length or count that does."""
    if kind in ("integer", "number"):
        return _of_numbers(json.dumps({"type": kind, **{word: shape[word] for word in OF_NUMBERS if word in shape}}))
    found = {word: Decimal(shape[word]) for word in _BOUNDS.get(kind, ()) if word in shape}
    if kind == "string" and ("format" in shape or "contentSchema" in shape):
        # What stands in such a text knows its own lengths.
        return {}
    if kind == "string" and "pattern" in shape:
        return {word: size for word, size in found.items() if text_of_pattern(shape, int(size)) is not None}
    return found


@cache
def _of_numbers(schema: str) -> dict[str, Decimal]:
    shape = json.loads(schema, parse_float=Decimal)
    is_valid = validator(schema).is_valid
    inward = {"exclusiveMinimum": 1, "exclusiveMaximum": -1} if shape["type"] == "integer" else {}
    found = {word: shape[word] + step for word, step in {"minimum": 0, "maximum": 0, **inward}.items() if word in shape}
    return {word: Decimal(bound) for word, bound in found.items() if is_valid(exact_json.parse(f"{bound}".encode()))}


class Edges:
    """The edges of one self-contained schema."""

    def __init__(self, root: Plain) -> None:
        self._root = root
        self._shapes: dict[int, tuple[Schema, list[Plain]]] = {}
        self.all: dict[Edge, None] = dict.fromkeys(self._of(root, "$"))

    def _of(self, schema: Schema, at: str) -> Iterator[Edge]:
        for place, shape, is_branch in self.branches(schema, at):
            if is_branch:
                yield place, "branch"
            yield from self._of_shape(shape, place)

    def branches(self, schema: Schema, at: str) -> Iterator[tuple[str, Plain, bool]]:
        """The plain schemas that a schema may come to, each with its place and whether there are others."""
        # The schema is kept, so that no other can get its identity.
        _, ways = self._shapes.setdefault(id(schema), (schema, []))
        if not ways:
            ways += shapes(schema, self._root)
        for number, shape in enumerate(ways):
            yield (f"{at}<{number}>" if len(ways) > 1 else at), shape, len(ways) > 1

    def _of_shape(self, shape: Plain, at: str) -> Iterator[Edge]:
        if "enum" in shape:
            yield from ((at, f"= {json.dumps(value)}") for value in shape["enum"])
            return
        kinds = kinds_of(shape)
        for kind in kinds:
            if len(kinds) > 1:
                yield at, kind
            yield from ((at, word) for word in bounds(shape, kind))
        if "object" in kinds:
            for name in shape.get("properties", {}):
                if name not in shape.get("required", ()) and shape["properties"][name] is not False:
                    yield at, f"with {name}"
                    yield at, f"without {name}"
            for place, below in members(shape, at):
                yield from self._of(below, place)
        if "array" in kinds:
            for place, below in elements(shape, at):
                yield from self._of(below, place)

    def reached(self, document: Any) -> set[Edge]:
        """The edges that a parsed document reaches."""
        return set(self._reached(self._root, document, "$")) & self.all.keys()

    def places(self, document: Any) -> Iterator[tuple[tuple[str | int, ...], Plain]]:
        """Each value of a parsed document with its way from the root, once for each schema that speaks of it."""
        yield from self._places(self._root, document, ())

    def _places(
        self, schema: Schema, value: Any, way: tuple[str | int, ...]
    ) -> Iterator[tuple[tuple[str | int, ...], Plain]]:
        for _, shape, _ in self.branches(schema, ""):
            yield way, shape
            inner = dict(members(shape, "") if isinstance(value, dict) else elements(shape, ""))
            pairs = value.items() if isinstance(value, dict) else enumerate(value if isinstance(value, list) else ())
            for key, item in pairs:
                named, rest = (f".{key}", ".*") if isinstance(value, dict) else (f"[{key}]", "[]")
                below = inner.get(named, inner.get(rest))
                if below is not None:
                    yield from self._places(below, item, (*way, key))

    def _reached(self, schema: Schema, value: Any, at: str) -> Iterator[Edge]:
        for place, shape, is_branch in self.branches(schema, at):
            if is_branch and not accepts(shape, self._root).is_valid(value):
                continue
            yield place, "branch"
            yield from self._reached_in(shape, value, place)

    def _reached_in(self, shape: Plain, value: Any, at: str) -> Iterator[Edge]:
        kind = type_of_value(value)
        yield from ((at, f"= {json.dumps(item)}") for item in shape.get("enum", ()) if _same(item, value))
        kind = kind if kind in kinds_of(shape) else "number" if kind == "integer" else kind
        yield at, kind
        size = value if kind in ("integer", "number") else len(value) if hasattr(value, "__len__") else None
        yield from ((at, word) for word, bound in bounds(shape, kind).items() if size == bound)
        if isinstance(value, dict):
            for name in shape.get("properties", {}):
                yield at, f"{'with' if name in value else 'without'} {name}"
            declared = dict(members(shape, at))
            for name, member in value.items():
                place = f"{at}.{name}" if name in shape.get("properties", {}) else f"{at}.*"
                if place in declared:
                    yield from self._reached(declared[place], member, place)
        if isinstance(value, list):
            known = dict(elements(shape, at))
            for index, item in enumerate(value):
                place = f"{at}[{index}]" if f"{at}[{index}]" in known else f"{at}[]"
                if place in known:
                    yield from self._reached(known[place], item, place)


def members(shape: Plain, at: str) -> Iterator[tuple[str, Schema]]:
    """The schemas of an object's members with their places; those of undeclared members are one."""
    for name, below in shape.get("properties", {}).items():
        yield f"{at}.{name}", below
    if isinstance(shape.get("additionalProperties"), dict):
        yield f"{at}.*", shape["additionalProperties"]


def elements(shape: Plain, at: str) -> Iterator[tuple[str, Schema]]:
    """The schemas of an array's elements with their places."""
    for index, below in enumerate(shape.get("prefixItems", ())):
        yield f"{at}[{index}]", below
    if "items" in shape and shape["items"] is not False:
        yield f"{at}[]", shape["items"]


def _same(constant: Any, value: Any) -> bool:
    return validator(json.dumps({"const": constant})).is_valid(value)
