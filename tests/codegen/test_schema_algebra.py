"""What is known of a value that is valid under two schemas, and under one of two."""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from typing import Any

import pytest

from codegen.frontend.json_schema import TYPES, Schema
from codegen.frontend.schema_algebra import anything, distinct, intersection, matching, nothing, union
from tests.codegen.shapes import read

type Json = dict[str, Any]

TEXT: Json = {"type": "string"}
WHOLE: Json = {"type": "integer"}
NUMBER: Json = {"type": "number"}
LIST: Json = {"type": "array"}
OBJECT: Json = {"type": "object"}
PLAIN = read({})


def told(value: Any) -> Any:
    """What a schema tells beyond the defaults, with all that is below it."""
    if isinstance(value, Schema):
        told_of = {field.name: getattr(value, field.name) for field in fields(value) if field.name not in _PLACE}
        return {
            name: told(known) for name, known in told_of.items() if known != getattr(PLAIN, name) or name == "types"
        }
    if isinstance(value, dict):
        return {name: told(member) for name, member in value.items()}
    return [told(element) for element in value] if isinstance(value, tuple) else value


_PLACE = {"source", "pointer"}
ONE_TEXT = {"types": ["string"]}
ONE_WHOLE = {"types": ["integer"]}
NONE: Json = {"types": []}
ANY = {"types": list(TYPES)}

BOTH: list[tuple[Json, Json, Json]] = [
    (TEXT, WHOLE, NONE),
    (NUMBER, WHOLE, ONE_WHOLE),
    ({"type": ["number", "string"]}, {"type": ["integer", "string", "null"]}, {"types": ["integer", "string"]}),
    ({"type": ["number", "integer"]}, {"type": ["number", "integer"]}, {"types": ["number"]}),
    (TEXT | {"title": "A", "description": "a"}, TEXT | {"title": "B", "description": "b"},
     ONE_TEXT | {"title": "A", "description": "a"}),
    (TEXT, TEXT | {"title": "B", "description": "b", "x-sensitive": True},
     ONE_TEXT | {"title": "B", "description": "b", "sensitive": True}),
    (WHOLE | {"minimum": 1, "maximum": 9}, WHOLE | {"minimum": 2, "maximum": 8},
     ONE_WHOLE | {"minimum": 2, "maximum": 8}),
    (WHOLE | {"minimum": 1}, WHOLE | {"maximum": 8}, ONE_WHOLE | {"minimum": 1, "maximum": 8}),
    (NUMBER | {"multipleOf": 2}, NUMBER | {"multipleOf": 3}, {"types": ["number"], "multiple_of": 2}),
    (NUMBER, NUMBER | {"multipleOf": 3}, {"types": ["number"], "multiple_of": 3}),
    (TEXT | {"minLength": 1, "maxLength": 9}, TEXT | {"minLength": 2, "maxLength": 8},
     ONE_TEXT | {"min_length": 2, "max_length": 8}),
    (TEXT | {"pattern": "^a", "format": "date"}, TEXT | {"pattern": "^b", "format": "uuid"},
     ONE_TEXT | {"pattern": "^a", "format": "date"}),
    (TEXT, TEXT | {"pattern": "^b", "format": "uuid"}, ONE_TEXT | {"pattern": "^b", "format": "uuid"}),
    (TEXT | {"contentEncoding": "base64", "contentMediaType": "application/json", "contentSchema": WHOLE}, TEXT,
     ONE_TEXT | {"content_encoding": "base64", "content_media_type": "application/json", "content": ONE_WHOLE}),
    (TEXT, TEXT | {"contentEncoding": "base64", "contentMediaType": "application/json", "contentSchema": WHOLE},
     ONE_TEXT | {"content_encoding": "base64", "content_media_type": "application/json", "content": ONE_WHOLE}),
    ({"enum": ["a", "b", 1]}, {"enum": ["b", 1, "c"]}, {"types": ["integer", "string"], "enum": ["b", 1]}),
    ({"enum": ["a", "b"]}, {"enum": ["c"]}, NONE | {"enum": []}),
    ({"enum": ["a", 1]}, TEXT, ONE_TEXT | {"enum": ["a"]}),
    (TEXT, {"enum": ["a", 1]}, ONE_TEXT | {"enum": ["a"]}),
    ({"enum": [1, True]}, {"enum": [True]}, {"types": ["boolean"], "enum": [True]}),
    ({"enum": [1, Decimal("1.5")]}, WHOLE, ONE_WHOLE | {"enum": [1]}),
    ({"enum": [1, Decimal("1.5")]}, NUMBER, {"types": ["number"], "enum": [1, Decimal("1.5")]}),
    (LIST | {"minItems": 1, "maxItems": 9}, LIST | {"minItems": 2, "maxItems": 8},
     {"types": ["array"], "min_items": 2, "max_items": 8}),
    (LIST | {"items": NUMBER}, LIST | {"items": WHOLE}, {"types": ["array"], "items": ONE_WHOLE}),
    (LIST | {"items": WHOLE}, LIST, {"types": ["array"], "items": ONE_WHOLE}),
    (LIST | {"prefixItems": [NUMBER, TEXT]}, LIST | {"prefixItems": [WHOLE]},
     {"types": ["array"], "prefix": [ONE_WHOLE, ONE_TEXT]}),
    (LIST | {"prefixItems": [NUMBER]}, LIST | {"items": WHOLE},
     {"types": ["array"], "prefix": [ONE_WHOLE], "items": ONE_WHOLE}),
    (OBJECT | {"properties": {"a": NUMBER}, "required": ["a"]}, OBJECT | {"properties": {"a": WHOLE, "b": TEXT}},
     {"types": ["object"], "properties": {"a": ONE_WHOLE, "b": ONE_TEXT}, "required": frozenset({"a"})}),
    (OBJECT | {"required": ["a"]}, OBJECT | {"required": ["b"]},
     {"types": ["object"], "required": frozenset({"a", "b"})}),
    (OBJECT | {"properties": {"a": NUMBER}}, OBJECT | {"additionalProperties": WHOLE},
     {"types": ["object"], "properties": {"a": ONE_WHOLE}, "additional": ONE_WHOLE}),
    (OBJECT | {"properties": {"a": NUMBER}}, OBJECT | {"additionalProperties": False},
     {"types": ["object"], "properties": {"a": NONE}, "closed": True}),
    (OBJECT | {"additionalProperties": NUMBER}, OBJECT | {"additionalProperties": WHOLE},
     {"types": ["object"], "additional": ONE_WHOLE}),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "both"), BOTH)
def test_what_is_valid_under_both(left: Json, right: Json, both: Json) -> None:
    assert told(intersection(read(left), read(right))) == both


@pytest.mark.parametrize(("left", "right", "both"), BOTH)
def test_which_of_both_comes_first_decides_words_and_order_alone(left: Json, right: Json, both: Json) -> None:
    found = told(intersection(read(right), read(left)))
    chosen = {"title", "description", "enum", "pattern", "format", "multiple_of"}
    assert {name: known for name, known in found.items() if name not in chosen} == {
        name: known for name, known in both.items() if name not in chosen
    }


EITHER: list[tuple[Json, Json, Json]] = [
    (TEXT, WHOLE, {"types": ["integer", "string"]}),
    (NUMBER, WHOLE, {"types": ["number"]}),
    (TEXT | {"x-sensitive": True}, TEXT, ONE_TEXT | {"sensitive": True}),
    (TEXT, TEXT | {"x-sensitive": True}, ONE_TEXT | {"sensitive": True}),
    (TEXT | {"title": "A", "description": "a"}, TEXT | {"title": "A", "description": "a"}, ONE_TEXT),
    (WHOLE | {"minimum": 1, "maximum": 9}, WHOLE | {"minimum": 2, "maximum": 8},
     ONE_WHOLE | {"minimum": 1, "maximum": 9}),
    (WHOLE | {"minimum": 1, "maximum": 9}, WHOLE, ONE_WHOLE),
    (WHOLE | {"minimum": 1, "maximum": 9}, TEXT | {"minLength": 3, "maxLength": 4},
     {"types": ["integer", "string"], "minimum": 1, "maximum": 9, "min_length": 3, "max_length": 4}),
    (WHOLE | {"minimum": 3, "multipleOf": 2}, NUMBER | {"minimum": 1, "multipleOf": 2},
     {"types": ["number"], "minimum": 1, "multiple_of": 2}),
    (NUMBER | {"multipleOf": 2}, NUMBER | {"multipleOf": 3}, {"types": ["number"]}),
    (TEXT | {"minLength": 1, "maxLength": 8}, TEXT | {"minLength": 2, "maxLength": 9},
     ONE_TEXT | {"min_length": 1, "max_length": 9}),
    (TEXT | {"minLength": 1, "maxLength": 8}, TEXT, ONE_TEXT),
    (TEXT | {"pattern": "^a", "format": "date"}, TEXT | {"pattern": "^a", "format": "date"},
     ONE_TEXT | {"pattern": "^a", "format": "date"}),
    (TEXT | {"pattern": "^a", "format": "date"}, TEXT | {"pattern": "^b", "format": "uuid"}, ONE_TEXT),
    (TEXT | {"contentEncoding": "base64", "contentMediaType": "application/json", "contentSchema": WHOLE},
     TEXT | {"contentEncoding": "base64", "contentMediaType": "application/json", "contentSchema": NUMBER},
     ONE_TEXT | {"content_encoding": "base64", "content_media_type": "application/json",
                 "content": {"types": ["number"]}}),
    (TEXT | {"contentEncoding": "base64", "contentMediaType": "application/json", "contentSchema": WHOLE}, TEXT,
     ONE_TEXT),
    ({"enum": ["a", "b"]}, {"enum": ["b", 1]}, {"types": ["integer", "string"], "enum": ["a", "b", 1]}),
    ({"enum": [1]}, {"enum": [True]}, {"types": ["boolean", "integer"], "enum": [1, True]}),
    ({"enum": ["a"]}, TEXT, ONE_TEXT),
    (TEXT, {"enum": ["a"]}, ONE_TEXT),
    ({"enum": ["a"]}, {"type": "null"}, {"types": ["null", "string"], "enum": ["a", None]}),
    (LIST | {"minItems": 1, "maxItems": 8}, LIST | {"minItems": 2, "maxItems": 9},
     {"types": ["array"], "min_items": 1, "max_items": 9}),
    (LIST | {"items": WHOLE}, LIST | {"items": TEXT},
     {"types": ["array"], "items": {"types": ["integer", "string"]}}),
    (LIST | {"items": WHOLE}, LIST, {"types": ["array"]}),
    (LIST | {"items": WHOLE}, TEXT, {"types": ["array", "string"], "items": ONE_WHOLE}),
    (LIST | {"prefixItems": [WHOLE, TEXT]}, LIST | {"prefixItems": [NUMBER]},
     {"types": ["array"], "prefix": [{"types": ["number"]}, ANY]}),
    (LIST | {"prefixItems": [WHOLE]}, LIST | {"items": TEXT},
     {"types": ["array"], "prefix": [{"types": ["integer", "string"]}]}),
    (OBJECT | {"properties": {"a": WHOLE}}, OBJECT | {"properties": {"a": TEXT}},
     {"types": ["object"], "properties": {"a": {"types": ["integer", "string"]}}}),
    (OBJECT | {"properties": {"a": WHOLE}}, OBJECT, {"types": ["object"], "properties": {"a": ANY}}),
    (OBJECT | {"properties": {"a": WHOLE}}, OBJECT | {"additionalProperties": TEXT},
     {"types": ["object"], "properties": {"a": {"types": ["integer", "string"]}}}),
    (OBJECT | {"properties": {"a": WHOLE}}, OBJECT | {"additionalProperties": False},
     {"types": ["object"], "properties": {"a": ONE_WHOLE}}),
    (OBJECT | {"additionalProperties": False}, OBJECT | {"additionalProperties": False},
     {"types": ["object"], "closed": True}),
    (OBJECT | {"additionalProperties": False}, OBJECT | {"additionalProperties": TEXT},
     {"types": ["object"], "additional": ONE_TEXT}),
    (OBJECT | {"additionalProperties": WHOLE}, OBJECT | {"additionalProperties": TEXT},
     {"types": ["object"], "additional": {"types": ["integer", "string"]}}),
    (OBJECT | {"additionalProperties": WHOLE}, OBJECT, {"types": ["object"]}),
    (OBJECT | {"required": ["a", "b"]}, OBJECT | {"required": ["b", "c"]},
     {"types": ["object"], "required": frozenset({"b"})}),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "either"), EITHER)
def test_what_is_valid_under_either(left: Json, right: Json, either: Json) -> None:
    assert told(union(read(left), read(right))) == either
    swapped = told(union(read(right), read(left)))
    assert {**swapped, "enum": set()} == {**either, "enum": set()}


def test_where_one_side_has_no_value_the_other_is_what_is_valid() -> None:
    short = read(TEXT | {"maxLength": 3, "title": "Short"})
    none = nothing(read(TEXT | {"x-sensitive": True}))
    assert told(union(short, none)) == told(union(none, short)) == told(short)
    hidden = intersection(read({"type": "integer", "x-sensitive": True}), read(TEXT))
    assert told(union(short, hidden)) == told(short) | {"sensitive": True}
    assert told(union(hidden, short)) == told(short) | {"sensitive": True}
    assert told(union(none, none)) == NONE


def test_every_value_and_no_value_stand_where_the_other_schema_does() -> None:
    inner = read(OBJECT | {"properties": {"a": TEXT}}).properties["a"]
    for made, types in ((anything(inner), TYPES), (nothing(inner), ())):
        assert (made.source, made.pointer, made.types) == (inner.source, "/properties/a", types)
    other = read(OBJECT | {"properties": {"b": TEXT}}).properties["b"]
    for made in (union(inner, other), intersection(inner, other)):
        assert (made.source, made.pointer) == (inner.source, "/properties/a")


def test_constants_are_told_apart_by_their_types() -> None:
    constants = (1, True, Decimal("1.5"), "1", None, 1)
    assert [*map(repr, distinct(constants))] == ["1", "True", "Decimal('1.5')", "'1'", "None"]
    assert matching(constants, ("integer",)) == (1, 1)
    assert matching(constants, ("number",)) == (1, Decimal("1.5"), 1)
    assert matching(constants, ("null", "string")) == ("1", None)
