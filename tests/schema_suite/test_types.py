"""The types that the compiler takes from a schema hold for every document that is valid under it."""

from __future__ import annotations

import json
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from codegen.diagnostics import Diagnostics
from codegen.frontend.json_schema import type_of_value
from codegen.frontend.schema_store import SchemaStore
from generated.runtime.exact_json import parse
from generated.runtime.json_forms import dump
from tests.codegen.effort import examples
from tests.codegen.payloads import payloads
from tests.codegen.shapes import validator
from tests.codegen.trees import to_json
from tests.schema_suite.suite import PATH, Group, document, groups

if TYPE_CHECKING:
    from codegen.frontend.json_schema import Schema


def tree(schema: Any) -> Schema | None:
    text = schema if isinstance(schema, str) else dump(schema).decode()
    return SchemaStore({PATH: text}, Diagnostics()).schema(PATH)


def contradictions(schema: Schema, value: Any, at: str = "") -> list[str]:
    """Where a value is other than the compiler takes it to be."""
    kind = type_of_value(value)
    if kind not in schema.types and not (kind == "integer" and "number" in schema.types):
        return [f"{at}: {kind} is none of {schema.types}"]
    found = []
    if schema.enum is not None and (kind, value) not in [(type_of_value(item), item) for item in schema.enum]:
        found.append(f"{at}: not in enum")
    if kind in ("integer", "number"):
        low, high, step = schema.minimum, schema.maximum, schema.multiple_of
        found += [f"{at}: below {low}"] if low is not None and value < low else []
        found += [f"{at}: above {high}"] if high is not None and value > high else []
        found += [f"{at}: no multiple of {step}"] if step is not None and Fraction(value) % Fraction(step) else []
    if kind == "string":
        outside = len(value) < schema.min_length or len(value) > (schema.max_length or len(value))
        words = {"pattern": schema.pattern, "format": schema.format}
        asked = {word: said for word, said in words.items() if said is not None}
        found += [f"{at}: length"] if outside else []
        found += [f"{at}: {asked}"] if not validator(json.dumps(asked)).is_valid(value) else []
    if kind == "array":
        outside = len(value) < schema.min_items or (schema.max_items is not None and len(value) > schema.max_items)
        found += [f"{at}: length"] if outside else []
        for index, item in enumerate(value):
            for known in (schema.items, schema.element(index)):
                found += contradictions(known, item, f"{at}/{index}") if known else []
    if kind == "object":
        found += [f"{at}: no {name}" for name in sorted(schema.required - value.keys())]
        for name, member in value.items():
            known = schema.properties.get(name, schema.additional)
            found += contradictions(known, member, f"{at}/{name}") if known else []
            found += [f"{at}: closed to {name}"] if schema.closed and name not in schema.properties else []
    return found


INSIDE = [group for group in groups() if tree(to_json(group.schema))]


@pytest.mark.parametrize("group", INSIDE, ids=str)
def test_no_valid_document_contradicts_its_types(group: Group) -> None:
    schema = tree(to_json(group.schema))
    assert schema
    annotated = "only an annotation" if group.file == "format" else "never"
    valid = [document(test) for test in group.tests if test["valid"] and annotated not in test["description"]]
    assert [found for value in valid for found in contradictions(schema, value)] == []


@pytest.mark.parametrize("group", [one for one in INSIDE if any(test["valid"] for test in one.tests)], ids=str)
def test_no_document_made_for_the_schema_contradicts_its_types(group: Group) -> None:
    store = SchemaStore({PATH: to_json(group.schema)}, Diagnostics())
    source, schema = store.source(PATH), store.schema(PATH)
    assert source
    assert schema

    @examples(10)
    @given(payloads(json.loads(dump(store.bundle(source)))))
    def check(text: bytes) -> None:
        assert contradictions(schema, parse(text)) == []

    check()


TEXT = {"type": "string"}
ANY = ("array", "boolean", "integer", "null", "number", "object", "string")
SHORT = {"if": {"type": "string"}, "then": {"maxLength": 3}, "else": {"type": "null"}}
NULLABLE = {"allOf": [{"type": ["string", "null"]}, {"maxLength": 5}], "minLength": 2}
WHOLE = {"allOf": [{"type": "number", "minimum": 1}, {"type": "integer", "maximum": 9}]}
CARD = {"type": "object", "required": ["kind", "digits"], "properties": {"kind": {"const": "card"}, "digits": TEXT}}
BANK = {"type": "object", "required": ["kind", "iban"], "properties": {"kind": {"const": "bank"}, "iban": TEXT}}


def test_branches_share_what_all_of_them_say() -> None:
    found = tree({"anyOf": [CARD | {"additionalProperties": False}, BANK | {"additionalProperties": False}]})
    assert found
    assert found.types == ("object",)
    assert found.required == {"kind"}
    assert found.properties["kind"].enum == ("card", "bank")
    # The other branch is closed to it.
    assert found.properties["digits"].types == ("string",)
    assert found.closed


def test_a_member_that_an_open_branch_does_not_declare_may_be_anything() -> None:
    found = tree({"oneOf": [CARD, BANK]})
    assert found
    assert found.properties["digits"].types == ANY
    assert not found.closed


@pytest.mark.parametrize(
    ("schema", "attributes"),
    [
        (NULLABLE, {"types": ("null", "string"), "min_length": 2, "max_length": 5}),
        (WHOLE, {"types": ("integer",), "minimum": 1, "maximum": 9}),
        ({"enum": ["a", 1, None, True], "type": ["string", "boolean"]}, {"enum": ("a", True), "nullable": False}),
        ({"anyOf": [{"enum": ["a", "b"]}, {"type": "null"}]}, {"enum": ("a", "b", None), "nullable": True}),
        ({"anyOf": [{"const": 1}, {"const": True}]}, {"enum": (1, True)}),
        ({"allOf": [{"enum": [1, 2]}, {"enum": [True, 2]}]}, {"enum": (2,)}),
        ({"const": {"a": 1}}, {"types": ("object",), "enum": None}),
        ({"minLength": 2}, {"types": ANY, "min_length": 2}),
        ({"type": "number", "exclusiveMinimum": 0}, {"minimum": 0}),
        ({"type": "integer", "exclusiveMinimum": 0}, {"minimum": 1}),
        ({"type": ["integer", "number"]}, {"types": ("number",)}),
        (SHORT, {"types": ("null", "string"), "max_length": 3}),
        ({"not": {"type": "string"}}, {"types": ANY}),
        ({"type": "array", "contains": {"const": 1}}, {"min_items": 1}),
        ({"type": "array", "contains": {"const": 1}, "minContains": 0}, {"min_items": 0}),
        ({"allOf": [True, False]}, {"types": ()}),
    ],
)  # fmt: skip
def test_a_composed_schema_has_the_types_of_its_parts(schema: Any, attributes: dict[str, Any]) -> None:
    found = tree(schema)
    assert found
    assert {name: getattr(found, name) for name in attributes} == attributes


def test_elements_are_known_one_by_one_and_together() -> None:
    found = tree({"prefixItems": [TEXT, {"type": "integer"}], "items": {"type": "null"}})
    assert found
    assert found.items
    assert found.items.types == ("integer", "null", "string")
    known = [found.element(index) for index in (0, 1, 2, -1)]
    shared = found.items.types
    assert [element and element.types for element in known] == [("string",), ("integer",), shared, shared]


def test_undeclared_members_are_what_the_patterns_or_the_rest_say() -> None:
    found = tree({"patternProperties": {"^x": TEXT}, "additionalProperties": {"type": "integer"}})
    assert found
    assert found.additional
    assert found.additional.types == ("integer", "string")
    assert not found.closed
    closed = tree({"additionalProperties": False, "patternProperties": {"^x": TEXT}})
    assert closed
    assert closed.additional
    assert (closed.closed, closed.additional.types) == (False, ("string",))


def test_what_a_text_holds_is_known_where_its_media_type_is() -> None:
    inner = {"type": "object", "properties": {"id": TEXT}}
    found = tree(
        {"type": "string", "contentEncoding": "base64", "contentMediaType": "application/json", "contentSchema": inner}
    )
    assert found
    assert found.content
    assert (found.content_encoding, found.content_media_type) == ("base64", "application/json")
    assert list(found.content.properties) == ["id"]
    untyped = tree({"contentSchema": inner})
    assert untyped
    assert untyped.content is None


def test_bounds_are_exact() -> None:
    found = tree(parse(b'{"type": "number", "minimum": 0.1, "maximum": 1e15}'))
    assert found
    assert (str(found.minimum), found.maximum) == ("0.1", 10**15)
