"""What steps on lists, objects and documents in texts make of types, and when they can fail."""

from __future__ import annotations

from typing import Any

import pytest

from codegen.resolve.intervals import LONGEST
from codegen.resolve.steps.definition import result_type
from codegen.resolve.steps.registry import STEPS
from codegen.resolve.types import ValueType, list_of, type_of_literal, type_of_schema
from tests.codegen.shapes import read
from tests.codegen.test_schema_algebra import ANY, ONE_TEXT, ONE_WHOLE, told

type Json = dict[str, Any]

SHORT = ValueType(kind="string", min_length=1, max_length=3)
TEXT = ValueType(kind="string")
SMALL = ValueType(kind="integer", minimum=-2, maximum=3)
WHOLE = ValueType(kind="integer")
FEW = {"min_items": 2, "max_items": 4}


def integer(low: int | None = None, high: int | None = None) -> ValueType:
    return ValueType(kind="integer", minimum=low, maximum=high)


@pytest.mark.parametrize("step", ["first", "last", "min", "max"])
def test_one_of_a_list_is_of_its_elements_type(step: str) -> None:
    definition = STEPS[step]
    assert result_type(definition, list_of(SMALL), ()) == SMALL
    assert definition.fallible(list_of(SMALL), ())
    assert not definition.fallible(list_of(SMALL, min_items=1), ())


def test_the_only_one_of_a_list_is_there_where_it_always_has_one() -> None:
    only = STEPS["only"]
    assert result_type(only, list_of(SHORT), ()) == SHORT
    fails = [
        only.fallible(list_of(SHORT, min_items=low, max_items=high), ())
        for low, high in ((1, 1), (0, 1), (1, 2), (1, None))
    ]
    assert fails == [False, True, True, True]


@pytest.mark.parametrize(
    ("step", "value", "arguments", "result"),
    [
        ("count", list_of(TEXT), (), integer(0)),
        ("count", list_of(TEXT, **FEW), (), integer(2, 4)),
        ("sum", list_of(SMALL, **FEW), (), integer(-8, 12)),
        ("sum", list_of(integer(1, 3), **FEW), (), integer(2, 12)),
        ("sum", list_of(integer(1), min_items=2), (), integer(2)),
        ("sum", list_of(ValueType(kind="number")), (), ValueType(kind="number")),
        ("distinct", list_of(SHORT, **FEW), (), list_of(SHORT, min_items=1, max_items=4)),
        ("distinct", list_of(SHORT), (), list_of(SHORT)),
        ("sort", list_of(SHORT, **FEW), (), list_of(SHORT, **FEW)),
        ("join", list_of(SHORT, **FEW), (", ",), ValueType(kind="string", min_length=1, max_length=18)),
        ("join", list_of(SHORT, max_items=4), (",",), ValueType(kind="string", max_length=15)),
        ("join", list_of(SHORT, max_items=0), (",",), ValueType(kind="string", max_length=0)),
        ("join", list_of(SHORT, min_items=1), (",",), ValueType(kind="string", min_length=1)),
        ("join", list_of(TEXT, min_items=1), (",",), TEXT),
        ("join", list_of(SMALL, **FEW), (",",), ValueType(kind="string", min_length=1)),
        ("split", TEXT, (",",), list_of(TEXT, min_items=1)),
        ("split", ValueType(kind="string", max_length=7), (", ",),
         list_of(ValueType(kind="string", max_length=7), min_items=1, max_items=4)),
    ],
)  # fmt: skip
def test_a_step_makes_of_a_list(step: str, value: ValueType, arguments: tuple[str, ...], result: ValueType) -> None:
    assert result_type(STEPS[step], value, tuple(map(type_of_literal, arguments))) == result


def test_a_sorted_list_is_no_longer_the_one_that_the_schema_describes() -> None:
    found = result_type(STEPS["sort"], type_of_schema(read({"type": "array", "items": {"type": "integer"}})), ())
    assert found.schema is None
    assert found.element is not None
    assert found.element.kind == "integer"


def test_a_sum_of_numbers_without_bounds_may_be_too_long() -> None:
    fails = STEPS["sum"].fallible
    assert fails(list_of(WHOLE), ())
    assert fails(list_of(integer(0, LONGEST)), ())
    assert not fails(list_of(SMALL), ())


def test_an_empty_separator_divides_nothing() -> None:
    fault = STEPS["split"].fault
    assert fault((type_of_literal(""),)) == "the separator is empty"
    assert fault((type_of_literal(","),)) is None


CLOSED: Json = {"type": "object", "additionalProperties": False}
BOUNDED: Json = {"type": "integer", "minimum": 1, "maximum": 5}
KNOWN_NUMBER = ONE_WHOLE | {"minimum": 1, "maximum": 5}


@pytest.mark.parametrize(
    ("schema", "member"),
    [
        (CLOSED | {"properties": {"a": BOUNDED}}, KNOWN_NUMBER),
        (CLOSED | {"properties": {"a": BOUNDED, "b": {"type": "integer", "maximum": 9}}}, ONE_WHOLE | {"maximum": 9}),
        (CLOSED | {"properties": {"a": BOUNDED, "b": {"type": "string", "x-sensitive": True}}},
         KNOWN_NUMBER | {"types": ["integer", "string"], "sensitive": True}),
        ({"type": "object", "additionalProperties": BOUNDED}, KNOWN_NUMBER),
        ({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": BOUNDED},
         KNOWN_NUMBER | {"types": ["integer", "string"]}),
        ({"type": "object", "properties": {"a": BOUNDED}}, ANY),
        (CLOSED, ANY),
    ],
)  # fmt: skip
def test_members_are_pairs_of_a_name_and_any_of_the_members_values(schema: Json, member: Json) -> None:
    found = result_type(STEPS["pairs"], type_of_schema(read(schema)), ())
    assert told(found.schema) == {
        "types": ["array"],
        "items": {
            "types": ["object"],
            "properties": {"name": ONE_TEXT, "value": member},
            "required": frozenset({"name", "value"}),
            "closed": True,
        },
    }


NAMED = CLOSED | {"properties": {"a": BOUNDED, "b": {"type": "string"}}, "required": ["a"]}


@pytest.mark.parametrize(
    ("right", "merged"),
    [
        (CLOSED | {"properties": {"a": {"type": "string"}}, "required": ["a"]},
         {"properties": {"a": ONE_TEXT, "b": ONE_TEXT}, "required": frozenset({"a"}), "closed": True}),
        (CLOSED | {"properties": {"a": {"type": "string"}}},
         {"properties": {"a": KNOWN_NUMBER | {"types": ["integer", "string"]}, "b": ONE_TEXT},
          "required": frozenset({"a"}), "closed": True}),
        (CLOSED | {"properties": {"c": BOUNDED}, "required": ["c"]},
         {"properties": {"a": KNOWN_NUMBER, "b": ONE_TEXT, "c": KNOWN_NUMBER}, "required": frozenset({"a", "c"}),
          "closed": True}),
        ({"type": "object"}, {"properties": {"a": ANY, "b": ANY}, "required": frozenset({"a"})}),
        ({"type": "object", "additionalProperties": {"type": "string"}},
         {"properties": {"a": KNOWN_NUMBER | {"types": ["integer", "string"]}, "b": ONE_TEXT},
          "required": frozenset({"a"})}),
    ],
)  # fmt: skip
def test_objects_are_merged_and_the_other_ones_members_win(right: Json, merged: Json) -> None:
    found = result_type(STEPS["merge"], type_of_schema(read(NAMED)), (type_of_schema(read(right)),))
    assert told(found.schema) == {"types": ["object"], **merged}


@pytest.mark.parametrize("step", ["json", "form"])
def test_a_document_in_a_text_is_what_the_schema_of_the_text_says(step: str) -> None:
    schema = {"type": "string", "contentMediaType": STEPS[step].content_type, "contentSchema": NAMED}
    value = type_of_schema(read(schema))
    assert told(result_type(STEPS[step], value, ()).schema) == told(read(NAMED))
    assert STEPS[step].fallible(value, ())


def test_a_member_that_only_the_other_object_declares_may_be_the_first_ones() -> None:
    left, right = ({"type": "object"}, {"type": "object", "properties": {"a": BOUNDED}})
    found = result_type(STEPS["merge"], type_of_schema(read(left)), (type_of_schema(read(right)),))
    assert told(found.schema) == {"types": ["object"], "properties": {"a": ANY}}
