"""For each edge of a schema a valid document that reaches it, made without chance."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from codegen.runtime import exact_json
from tests.codegen.edges import Edges, bounds, elements, members
from tests.codegen.payloads import NAMES, WORDS, undeclared
from tests.codegen.shapes import accepts, is_composed, kinds_of, validator
from tests.codegen.texts import text_of_pattern
from tests.codegen.trees import Number, as_tree, embed, to_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.codegen.edges import Edge
    from tests.codegen.shapes import Plain, Schema
    from tests.codegen.trees import Tree

SAMPLES = {
    "date-time": "2026-01-30T20:15:12Z",
    "date": "2026-01-30",
    "uuid": "5b3f2c1e-8a4d-4c6b-9e0f-1a2b3c4d5e6f",
    "email": "ada@acme.example",
    "uri": "https://acme.example/a",
}
_IMPLIED = (
    ("object", ("properties", "required", "minProperties", "patternProperties", "additionalProperties")),
    ("array", ("items", "prefixItems", "minItems", "contains")),
    ("string", ("minLength", "maxLength", "pattern", "format", "contentSchema")),
)


class Cover:
    """Documents of one self-contained schema."""

    def __init__(self, root: Plain) -> None:
        self._root = root
        self._edges = Edges(root)
        self._salt = 0

    def documents(self) -> Iterator[tuple[Edge, bytes]]:
        """Each edge with a valid document that reaches it, where one is found."""
        is_valid = accepts(self._root, self._root).is_valid
        for edge in self._edges.all:
            text = to_json(self._value(self._root, "$", edge)).encode()
            try:
                document = exact_json.parse(text)
            except exact_json.JsonError:
                continue
            if is_valid(document) and edge in self._edges.reached(document):
                yield edge, text

    def _value(self, schema: Schema, at: str, edge: Edge) -> Tree:
        ways = list(self._edges.branches(schema, at))
        wanted = [way for way in ways if _leads(way[0], edge[0])] if len(ways) > 1 else ways
        is_valid = accepts(schema, self._root).is_valid
        made: Tree = None
        for place, shape, _ in wanted or ways:
            made = self._of_shape(shape, place, edge)
            if not is_composed(schema) or is_valid(exact_json.parse(to_json(made).encode())):
                return made
        return made

    def _of_shape(self, shape: Plain, at: str, edge: Edge) -> Tree:
        word = edge[1] if edge[0] == at else ""
        if "enum" in shape:
            chosen = [value for value in shape["enum"] if word == f"= {json.dumps(value)}"]
            return as_tree((chosen or shape["enum"])[self._salt % len(chosen or shape["enum"])])
        match self._kind(shape, at, edge):
            case "object":
                return self._object(shape, at, edge)
            case "array":
                return self._array(shape, at, edge)
            case "string":
                return self._string(shape, at, edge)
            case "null":
                return None
            case "boolean":
                return self._salt % 2 == 0
            case kind:
                return self._number(shape, kind, word)

    def _kind(self, shape: Plain, at: str, edge: Edge) -> str:
        place, word = edge
        kinds = kinds_of(shape) or [kind for kind, words in _IMPLIED if any(word in shape for word in words)]
        if place == at:
            asked = [kind for kind in kinds if kind == word or word in bounds(shape, kind)]
            if asked:
                return asked[0]
        elif _leads(at, place):
            return "array" if place[len(at)] == "[" else "object"
        solid = [kind for kind in kinds if kind != "null"]
        return solid[0] if solid else kinds[0] if kinds else "integer"

    def _object(self, shape: Plain, at: str, edge: Edge) -> Tree:
        place, word = edge
        known = dict(members(shape, at))
        names = list(shape.get("required", ()))
        names += [word.removeprefix("with ")] if place == at and word.startswith("with ") else []
        names += [name for name in shape.get("properties", {}) if _leads(f"{at}.{name}", place)]
        names += [NAMES[0]] if f"{at}.*" in known and _leads(f"{at}.*", place) else []
        size = int(bounds(shape, "object")[word]) if place == at and "Properties" in word else 0
        spare = [*shape.get("properties", {}), *NAMES]
        for name in spare:
            if len(set(names)) >= max(size, shape.get("minProperties", 0)):
                break
            names += [name] if word != f"without {name}" else []
        made = {}
        for name in dict.fromkeys(names):
            declared = name in shape.get("properties", {})
            below = shape["properties"][name] if declared else undeclared(shape, name)
            made[name] = self._value(below, f"{at}.{name}" if declared else f"{at}.*", edge)
        return made

    def _array(self, shape: Plain, at: str, edge: Edge) -> Tree:
        place, word = edge
        known = dict(elements(shape, at))
        prefix = shape.get("prefixItems", [])
        size = shape.get("minItems", 0)
        if place == at and word in ("minItems", "maxItems"):
            size = int(bounds(shape, "array")[word])
        for index in range(len(prefix)):
            size = max(size, index + 1) if _leads(f"{at}[{index}]", place) else size
        size = max(size, len(prefix) + 1) if _leads(f"{at}[]", place) and f"{at}[]" in known else size
        made: list[Tree] = []
        if "contains" in shape:
            matching = {"allOf": [shape.get("items", True), shape["contains"]]}
            made = [self._value(matching, f"{at}?", edge) for _ in range(shape.get("minContains", 1))]
        before = self._salt
        for index in range(len(made), size):
            self._salt = before + index if shape.get("uniqueItems") else before
            below = prefix[index] if index < len(prefix) else shape.get("items", True)
            made.append(self._value(below, f"{at}[{index}]" if index < len(prefix) else f"{at}[]", edge))
        self._salt = before
        return made

    def _string(self, shape: Plain, at: str, edge: Edge) -> Tree:
        if "contentSchema" in shape and "contentMediaType" in shape:
            return embed(self._value(shape["contentSchema"], f"{at}@", edge), shape)
        words = ("minLength", "maxLength", "pattern", "format")
        is_valid = validator(json.dumps({word: shape[word] for word in words if word in shape})).is_valid
        size = int(bounds(shape, "string")[edge[1]]) if edge[0] == at and "Length" in edge[1] else None
        if "pattern" in shape:
            return text_of_pattern(shape, size) or ""
        if size is not None:
            return "x" * size
        given = [item for item in shape.get("examples", ()) if isinstance(item, str)] if not self._salt else []
        low = shape.get("minLength", 0)
        salted = f"{self._salt}".rjust(low, "x")
        choices = [*given, SAMPLES.get(shape.get("format", ""), salted), salted, *WORDS]
        return next((text for text in choices if is_valid(text)), "")

    def _number(self, shape: Plain, kind: str, word: str) -> Tree:
        known = bounds(shape, kind)
        if word in known:
            return Number(f"{known[word]:f}")
        keywords = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
        is_valid = validator(
            json.dumps({"type": kind, **{word: shape[word] for word in keywords if word in shape}})
        ).is_valid
        near = [str(bound + step) for bound in known.values() for step in (0, 1, -1, self._salt, -self._salt)]
        choices = [str(self._salt + 1), str(self._salt), *near, "0.5", str(shape.get("multipleOf", 1))]
        return Number(next((text for text in choices if is_valid(exact_json.parse(text.encode()))), "0"))


def _leads(place: str, target: str) -> bool:
    """Whether a place is the target's or one that the way to it leads through."""
    return target == place or (target.startswith(place) and target[len(place)] in ".[<")
