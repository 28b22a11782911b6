"""Composed schemas taken apart: the plain ones, one for each way through the branches, that cover them."""

from __future__ import annotations

import json
import operator
from functools import cache, reduce
from itertools import product
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from codegen.diagnostics import Diagnostics
from codegen.frontend.json_source import JsonSource
from codegen.frontend.schema_store import SchemaStore

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codegen.frontend.json_schema import Schema as ReadSchema

type Plain = dict[str, Any]
type Schema = dict[str, Any] | bool

MOST = 64
COMPOSING = frozenset(
    {"$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas"}
)
_UNSPOKEN = frozenset({"$defs", "unevaluatedItems", "unevaluatedProperties"})


@cache
def validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    """The validator of a self-contained schema."""
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True, offline=True)


def read(keywords: Plain) -> ReadSchema:
    """A schema, which must be sound, as the compiler reads it."""
    diagnostics = Diagnostics()
    schema = SchemaStore({}, diagnostics).inline(JsonSource("schema.json", "", keywords))
    assert schema is not None, diagnostics.sorted()
    return schema


def follow(reference: str, root: Plain) -> Schema:
    """The definition of a bundled schema that a reference names."""
    found: Schema = root["$defs"][reference.removeprefix("#/$defs/")]
    return found


def shapes(schema: Schema, root: Plain) -> list[Plain]:
    """Plain schemas that together take every value that a schema takes, and perhaps more. No two branches are one."""
    if isinstance(schema, bool):
        return [{}] if schema else []
    own = {word: value for word, value in schema.items() if word not in COMPOSING | _UNSPOKEN}
    if "const" in own:
        own["enum"] = [own.pop("const")]
    parts = [[own]]
    if "$ref" in schema:
        parts.append(shapes(follow(schema["$ref"], root), root))
    parts += [shapes(part, root) for part in schema.get("allOf", ())]
    for word in ("anyOf", "oneOf"):
        if word in schema:
            parts.append([shape for branch in schema[word] for shape in shapes(branch, root)])
    if "if" in schema:
        met = shapes({"allOf": [schema["if"], schema.get("then", True)]}, root)
        parts.append(met + shapes(schema.get("else", True), root))
    for trigger, names in schema.get("dependentRequired", {}).items():
        parts.append([{"required": [trigger, *names]}, {}])
    for trigger, inner in schema.get("dependentSchemas", {}).items():
        parts.append([*shapes({"required": [trigger], "allOf": [inner]}, root), {}])
    ways = [reduce(_merged, way) for way in product(*parts)]
    return [way for way in ways if not is_empty(way)][:MOST]


def is_empty(shape: Plain) -> bool:
    """Whether no value can be of a shape, as far as its types and constants say."""
    return shape.get("type") == [] or shape.get("enum") == []


def kinds_of(shape: Plain) -> list[str]:
    """The types that a shape names; none where it takes any."""
    declared = shape.get("type", [])
    return [declared] if isinstance(declared, str) else list(declared)


def is_composed(schema: Schema) -> bool:
    """Whether a schema asks for more than its shapes do one by one."""
    return (
        isinstance(schema, bool)
        or bool(schema.keys() & (COMPOSING - {"$ref"} | _UNSPOKEN - {"$defs"}))
        or ("$ref" in schema and len(schema.keys() - {"description", "title"}) > 1)
    )


def accepts(schema: Schema, root: Plain) -> jsonschema_rs.Draft202012Validator:
    """The validator of a schema inside a bundle."""
    document = {"allOf": [schema], "$defs": root.get("$defs", {})}
    return validator(json.dumps(document))


def _both(left: Schema | None, right: Schema | None) -> Schema:
    if left is None or right is None:
        found = right if left is None else left
        assert found is not None
        return found
    return {"allOf": [left, right]}


def _merged(left: Plain, right: Plain) -> Plain:
    shared = [word for word in left if word in right]
    merged = {**right, **left, **{word: _MERGED[word](left[word], right[word]) for word in shared if word in _MERGED}}
    if "enum" in merged:
        is_valid = validator(json.dumps({"type": merged["type"]} if "type" in merged else {})).is_valid
        merged["enum"] = [value for value in merged["enum"] if is_valid(value)]
    members = [*left.get("properties", {}), *right.get("properties", {})]
    if members:
        merged["properties"] = {name: _both(_member(left, name), _member(right, name)) for name in members}
    if "prefixItems" in shared:
        longest = max(len(left["prefixItems"]), len(right["prefixItems"]))
        merged["prefixItems"] = [_both(_element(left, at), _element(right, at)) for at in range(longest)]
    return merged


def _types(first: str | list[str], second: str | list[str]) -> list[str]:
    left, right = kinds_of({"type": first}), kinds_of({"type": second})
    common = [kind for kind in left if kind in right]
    if "number" not in common and "integer" not in common:
        numeric = ("number" in left and "integer" in right) or ("integer" in left and "number" in right)
        common += ["integer"] if numeric else []
    return common


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _member(shape: Plain, name: str) -> Schema | None:
    found: Schema | None = shape.get("properties", {}).get(name)
    if found is None and "patternProperties" not in shape:
        found = shape.get("additionalProperties")
    return found


def _element(shape: Plain, at: int) -> Schema | None:
    declared = shape.get("prefixItems", [])
    found: Schema | None = declared[at] if at < len(declared) else shape.get("items")
    return found


def _constants(left: list[Any], right: list[Any]) -> list[Any]:
    return [value for value in left if _text(value) in map(_text, right)]


_MERGED: Mapping[str, Callable[[Any, Any], Any]] = {
    **dict.fromkeys(
        ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains", "uniqueItems"), max
    ),
    **dict.fromkeys(("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"), min),
    **dict.fromkeys(("items", "additionalProperties", "propertyNames", "contains"), _both),
    "type": _types,
    "enum": _constants,
    "required": lambda left, right: list(dict.fromkeys((*left, *right))),
    "patternProperties": operator.or_,
}
