"""What is known of values, what of a target that proves, and what arithmetic makes of bounds."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from codegen.frontend.syntax import Division
from codegen.ir import statements
from codegen.resolve.inclusion import proves
from codegen.resolve.intervals import LONGEST, can_fail, function_of, is_bounded, result_of, sum_bounds
from codegen.resolve.types import Gap, ValueType, gaps, list_of, type_of_literal, type_of_schema, union
from tests.codegen.shapes import read

type Json = dict[str, Any]

HALF = Decimal("0.5")


def text(**known: Any) -> ValueType:
    return ValueType(kind="string", **known)


def integer(low: int | None = None, high: int | None = None, **known: Any) -> ValueType:
    return ValueType(kind="integer", minimum=low, maximum=high, **known)


def number(low: Any = None, high: Any = None, **known: Any) -> ValueType:
    return ValueType(kind="number", minimum=low, maximum=high, **known)


def known_of(schema: Json, *, absent: bool = False) -> Json:
    """All that a type says beyond its defaults, without the schema that it came from."""
    found = type_of_schema(read(schema), absent=absent)
    values = {field.name: getattr(found, field.name) for field in fields(found) if field.name != "schema"}
    plain = ValueType(kind="")
    return {name: value for name, value in values.items() if value != getattr(plain, name)}


@pytest.mark.parametrize(
    ("schema", "known"),
    [
        ({"type": "string", "minLength": 2, "maxLength": 5, "pattern": "^a", "format": "date"},
         {"kind": "string", "min_length": 2, "max_length": 5, "pattern": "^a", "format": "date"}),
        ({"type": ["integer", "null"], "minimum": -1, "maximum": 9},
         {"kind": "integer", "nullable": True, "minimum": -1, "maximum": 9}),
        ({"type": ["string", "integer"]}, {"kind": "any"}),
        ({"type": "null"}, {"kind": "null", "nullable": True}),
        ({"type": "array", "minItems": 1, "maxItems": 3}, {"kind": "array", "min_items": 1, "max_items": 3}),
        ({"enum": ["bcd", "a", None]},
         {"kind": "string", "nullable": True, "enum": ("bcd", "a"), "min_length": 1, "max_length": 3}),
        ({"type": "number", "enum": [Decimal("1.5"), -3]},
         {"kind": "number", "enum": (Decimal("1.5"), -3), "minimum": -3, "maximum": Decimal("1.5")}),
        ({"const": 7}, {"kind": "integer", "enum": (7,), "minimum": 7, "maximum": 7}),
        ({"type": "boolean", "const": True}, {"kind": "boolean", "enum": (True,)}),
        ({"type": "string", "const": 1}, {"kind": "string", "enum": ()}),
    ],
)  # fmt: skip
def test_a_schema_says_what_its_values_are(schema: Json, known: Json) -> None:
    assert known_of(schema) == known
    assert known_of(schema, absent=True) == known | {"absent": True}


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (text(), "string"),
        (text(format="date"), "date string"),
        (text(nullable=True, absent=True), "string or null, may be absent"),
        (ValueType(kind="null", nullable=True), "null"),
        (ValueType(kind="any"), "of several types"),
        (type_of_schema(read({"type": ["string", "integer", "null"]})), "integer or string or null"),
        (list_of(text(nullable=True)), "list of string or null"),
        (type_of_schema(read({"type": "array", "items": {"type": "integer"}})), "list of integer"),
        (type_of_schema(read({"type": "array"})), "array"),
        (ValueType(kind="object"), "object of one of several schemas"),
        (type_of_schema(read({"type": "object"})), "object"),
    ],
)
def test_a_type_in_words(value: ValueType, words: str) -> None:
    assert value.describe() == words


@pytest.mark.parametrize(
    ("constant", "value"),
    [
        (None, ValueType(kind="null", nullable=True)),
        ("ab", text(enum=("ab",), min_length=2, max_length=2)),
        (3, integer(3, 3, enum=(3,))),
        (HALF, number(HALF, HALF, enum=(HALF,))),
        (False, ValueType(kind="boolean", enum=(False,))),
    ],
)
def test_a_constant_is_of_a_type_with_one_value(constant: Any, value: ValueType) -> None:
    assert type_of_literal(constant) == value


UNIONS = [
    (text(min_length=2, max_length=5), text(min_length=3, max_length=9), text(min_length=2, max_length=9)),
    (text(max_length=5), text(), text()),
    (text(pattern="^a", format="date"), text(pattern="^a", format="date"), text(pattern="^a", format="date")),
    (text(pattern="^a", format="date"), text(), text()),
    (text(nullable=True, absent=True), text(), text(nullable=True)),
    (text(absent=True), text(absent=True), text(absent=True)),
    (integer(1, 5), integer(-2, 3), integer(-2, 5)),
    (integer(1), integer(2, 3), integer(1)),
    (integer(1, 5), number(HALF, 2), number(HALF, 5)),
    (integer(1, 5), text(), ValueType(kind="any")),
    (text(max_length=3), ValueType(kind="null", nullable=True), text(nullable=True)),
    (type_of_literal(None), type_of_literal(None), type_of_literal(None)),
    (type_of_literal("a"), type_of_literal("bcd"), text(enum=("a", "bcd"), min_length=1, max_length=3)),
    (type_of_literal("a"), type_of_literal("a"), type_of_literal("a")),
    (type_of_literal(1), type_of_literal(True), ValueType(kind="any", enum=(1, True))),
    (type_of_literal("a"), text(), text()),
    (list_of(integer(1, 2), min_items=1, max_items=2), list_of(integer(0, 1), min_items=3, max_items=4),
     list_of(integer(0, 2), min_items=1, max_items=4)),
    (list_of(text(), max_items=2), list_of(text()), list_of(text())),
    (list_of(text()), text(), ValueType(kind="any")),
    (list_of(text()), ValueType(kind="array"), ValueType(kind="array")),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right", "either"), UNIONS)
def test_a_value_of_either_type(left: ValueType, right: ValueType, either: ValueType) -> None:
    assert union(left, right) == either
    assert replace(union(right, left), enum=None) == replace(either, enum=None)


def test_a_list_of_one_schema_or_of_another() -> None:
    texts, numbers = (
        type_of_schema(read({"type": "array", "items": {"type": kind}})) for kind in ("string", "integer")
    )
    assert union(texts, texts) == texts
    mixed = union(texts, numbers)
    assert mixed.schema is None
    assert mixed.element == ValueType(kind="any")


LENGTH = (statements.Test.OUTSIDE_LENGTH, "WRONG_LENGTH")
LISTED = (statements.Test.NOT_LISTED, "NOT_ALLOWED")
RANGE = (statements.Test.OUTSIDE_RANGE, "OUT_OF_RANGE")
GAPS: list[tuple[ValueType, Json, list[Gap]]] = [
    (text(), {"type": "string", "minLength": 2},
     [Gap("a length of at least 2", "`minLength: 2`", *LENGTH, low=2, high=None)]),
    (text(min_length=1), {"type": "string", "minLength": 2},
     [Gap("a length of at least 2", "`minLength: 2`", *LENGTH, low=2, high=None)]),
    (text(min_length=2), {"type": "string", "minLength": 2}, []),
    (text(max_length=6), {"type": "string", "maxLength": 5},
     [Gap("a length of at most 5", "`maxLength: 5`", *LENGTH, low=0, high=5)]),
    (text(max_length=5), {"type": "string", "maxLength": 5}, []),
    (text(), {"type": "string", "minLength": 5, "maxLength": 5},
     [Gap("a length of 5", "`minLength: 5` and `maxLength: 5`", *LENGTH, low=5, high=5)]),
    (text(max_length=9), {"type": "string", "pattern": "^a"},
     [Gap("text that matches ^a", "`pattern: ^a`", statements.Test.NO_MATCH, "PATTERN_MISMATCH", pattern="^a")]),
    (text(pattern="^a"), {"type": "string", "pattern": "^a"}, []),
    (text(), {"type": "string", "format": "date"}, [Gap("a date", "`format: date`", None)]),
    (text(format="date"), {"type": "string", "format": "date"}, []),
    (integer(), {"type": "integer", "minimum": 1},
     [Gap("a number of at least 1", "`minimum: 1`", *RANGE, low=1, high=None)]),
    (integer(0), {"type": "integer", "minimum": 1, "maximum": 9},
     [Gap("a number from 1 to 9", "`minimum: 1` and `maximum: 9`", *RANGE, low=1, high=9)]),
    (integer(1, 10), {"type": "integer", "minimum": 1, "maximum": 9},
     [Gap("a number from 1 to 9", "`maximum: 9`", *RANGE, low=1, high=9)]),
    (integer(1, 9), {"type": "integer", "minimum": 1, "maximum": 9}, []),
    (number(0, 10), {"type": "number", "maximum": 9},
     [Gap("a number of at most 9", "`maximum: 9`", *RANGE, low=None, high=9)]),
    (type_of_literal("abc"), {"type": "string", "pattern": "^a", "minLength": 3}, []),
    (type_of_literal("b"), {"type": "string", "pattern": "^a"},
     [Gap("text that matches ^a", "`pattern: ^a`", statements.Test.NO_MATCH, "PATTERN_MISMATCH", pattern="^a")]),
    (text(), {"enum": ["a", "b"]},
     [Gap("one of a, b", "an `enum` of these", *LISTED, values=("a", "b"))]),
    (type_of_literal("a"), {"enum": ["a", "b"]}, []),
    (number(), {"enum": [1, Decimal("1.5"), True]},
     [Gap("one of 1, 1.5, true", "an `enum` of these", *LISTED, values=(1, Decimal("1.5")))]),
    (integer(), {"enum": [1, Decimal("1.5"), True]},
     [Gap("one of 1, 1.5, true", "an `enum` of these", *LISTED, values=(1,))]),
    (ValueType(kind="boolean"), {"type": "boolean"}, []),
]  # fmt: skip


@pytest.mark.parametrize(("value", "target", "unproven"), GAPS)
def test_what_a_type_does_not_prove_of_a_target(value: ValueType, target: Json, unproven: list[Gap]) -> None:
    assert gaps(value, read(target)) == unproven


OPEN: Json = {"type": "object"}
CLOSED: Json = {"type": "object", "additionalProperties": False}
A_TEXT: Json = {"properties": {"a": {"type": "string"}}}
A_SHORT_TEXT: Json = {"properties": {"a": {"type": "string", "maxLength": 3}}}
OTHERS_SHORT: Json = {"additionalProperties": {"type": "string", "maxLength": 3}}


@pytest.mark.parametrize(
    ("found", "target", "proven"),
    [
        ({"type": "string"}, {"type": "string"}, True),
        ({"type": ["string", "null"]}, {"type": "string"}, False),
        ({"type": ["string", "null"]}, {"type": ["string", "null"]}, True),
        ({"type": "null"}, {"type": ["string", "null"]}, True),
        ({"type": "null"}, {"type": "string"}, False),
        ({"type": "integer"}, {"type": "number"}, True),
        ({"type": "number"}, {"type": "integer"}, False),
        ({"type": "string"}, {"type": "integer"}, False),
        ({"type": "string"}, {"type": "string", "maxLength": 3}, False),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {"type": "string"}}, True),
        ({"type": "array", "items": {"type": "integer"}}, {"type": "array", "items": {"type": "string"}}, False),
        ({"type": "array"}, {"type": "array", "items": {"type": "string"}}, False),
        ({"type": "array"}, {"type": "array"}, True),
        ({"type": "array", "minItems": 1, "maxItems": 3}, {"type": "array", "minItems": 1, "maxItems": 3}, True),
        ({"type": "array", "minItems": 1, "maxItems": 3}, {"type": "array", "minItems": 2}, False),
        ({"type": "array", "minItems": 1, "maxItems": 3}, {"type": "array", "maxItems": 2}, False),
        ({"type": "array"}, {"type": "array", "maxItems": 2}, False),
        ({"type": "array"}, {"type": "array", "prefixItems": [{"type": "string"}]}, False),
        (OPEN, OPEN, True),
        (CLOSED, OPEN, True),
        (OPEN, CLOSED, False),
        (CLOSED | A_TEXT, CLOSED, False),
        (CLOSED, CLOSED | A_TEXT, True),
        (CLOSED | A_TEXT, CLOSED | A_TEXT, True),
        (CLOSED | A_TEXT, CLOSED | A_SHORT_TEXT, False),
        (CLOSED | A_SHORT_TEXT, CLOSED | A_TEXT, True),
        (CLOSED | A_TEXT, CLOSED | A_TEXT | {"required": ["a"]}, False),
        (CLOSED | A_TEXT | {"required": ["a"]}, CLOSED | A_TEXT | {"required": ["a"]}, True),
        (OPEN | A_TEXT, OPEN, True),
        (OPEN, OPEN | A_TEXT, False),
        (OPEN, OPEN | OTHERS_SHORT, False),
        (OPEN | OTHERS_SHORT, OPEN | OTHERS_SHORT, True),
        (OPEN | OTHERS_SHORT, OPEN, True),
        (OPEN | OTHERS_SHORT, OPEN | {"additionalProperties": {"type": "integer"}}, False),
        (CLOSED | A_TEXT, OPEN | OTHERS_SHORT, False),
        (CLOSED | A_SHORT_TEXT, OPEN | OTHERS_SHORT, True),
    ],
)
def test_every_value_under_a_schema_is_valid_under_another(found: Json, target: Json, *, proven: bool) -> None:
    assert proves(type_of_schema(read(found)), read(target)) is proven
    assert not proves(type_of_schema(read(found), absent=True), read(target))


def test_an_object_of_which_nothing_is_known_proves_nothing() -> None:
    assert not proves(ValueType(kind="object"), read({"type": "object"}))


@pytest.mark.parametrize(
    ("operator", "left", "right", "result"),
    [
        ("+", integer(1, 2), integer(10, 20), integer(11, 22)),
        ("+", integer(1), integer(10, 20), integer(11)),
        ("+", integer(1, 2), number(HALF, None), number(Decimal("1.5"))),
        ("-", integer(1, 2), integer(10, 20), integer(-19, -8)),
        ("-", integer(1, 2), integer(10), integer(None, -8)),
        ("-", integer(1, 2), integer(None, 20), integer(-19)),
        ("*", integer(-2, 3), integer(-5, 7), integer(-15, 21)),
        ("*", integer(-2, 3), integer(5), integer()),
        ("*", number(HALF, 1), number(2, 4), number(1, 4)),
        ("*", integer(0, 10**1000), integer(0, 10), integer()),
    ],
)
def test_arithmetic_on_bounds(operator: str, left: ValueType, right: ValueType, result: ValueType) -> None:
    assert result_of(operator, left, right, None) == result


@pytest.mark.parametrize(
    ("left", "right", "division", "result"),
    [
        (integer(1, 10), integer(2, 4), Division(0, "half_up"), integer(0, 5)),
        (integer(1, 10), integer(2, 4), Division(1, "half_up"), number(Decimal("0.3"), 5)),
        (integer(1, 10), integer(-4, -2), Division(0, "down"), integer(-5, 0)),
        (integer(1, 10), integer(0, 4), Division(0, "down"), integer()),
        (integer(1, 10), integer(-4, 0), Division(0, "down"), integer()),
        (integer(1, 10), integer(1), Division(2, "down"), number()),
        (integer(1), integer(1, 2), Division(2, "down"), number()),
    ],
)
def test_a_quotient_is_bounded_where_the_divisor_keeps_its_sign(
    left: ValueType, right: ValueType, division: Division, result: ValueType
) -> None:
    assert result_of("/", left, right, division) == result


@pytest.mark.parametrize(
    ("operator", "left", "right", "fails"),
    [
        ("+", integer(1, 2), integer(1, 2), False),
        ("+", integer(1), integer(1, 2), True),
        ("+", integer(1, 2), integer(None, 2), True),
        ("+", number(1, 2), integer(1, 2), True),
        ("-", integer(1, 2), number(1, 2), True),
        ("*", integer(1, 2), integer(1, 2), False),
        ("*", integer(1, LONGEST - 1), integer(1, LONGEST - 1), True),
        ("+", integer(1, LONGEST - 1), integer(1, LONGEST - 1), False),
        ("/", integer(1, 2), integer(1, 2), False),
        ("/", integer(1, 2), integer(-2, -1), False),
        ("/", integer(1, 2), integer(0, 2), True),
        ("/", integer(1, 2), integer(-2, 0), True),
        ("/", integer(1, 2), integer(-1, 1), True),
    ],
)
def test_arithmetic_may_fail(operator: str, left: ValueType, right: ValueType, *, fails: bool) -> None:
    assert can_fail(operator, left, right) is fails


def test_a_bounded_integer_has_both_bounds_and_room_for_sums() -> None:
    assert LONGEST == 10**990
    assert is_bounded(integer(1 - LONGEST, LONGEST - 1))
    assert not is_bounded(integer(-LONGEST, 0))
    assert not is_bounded(integer(0, LONGEST))


@pytest.mark.parametrize(
    ("value", "least", "most", "bounds"),
    [
        (integer(2, 3), 1, 4, (2, 12)),
        (integer(-2, 3), 1, 4, (-8, 12)),
        (integer(-3, -2), 1, 4, (-12, -2)),
        (integer(0, 0), 5, None, (0, 0)),
        (integer(1, 1), 5, None, (5, None)),
        (integer(-1, -1), 5, None, (None, -5)),
        (integer(), 1, 4, (None, None)),
        (integer(1), 2, 4, (2, None)),
        (integer(None, 1), 2, 4, (None, 4)),
    ],
)
def test_bounds_of_a_sum(value: ValueType, least: int, most: int | None, bounds: tuple[Any, Any]) -> None:
    assert sum_bounds(value, least, most) == bounds


def test_operators_have_functions_of_the_runtime() -> None:
    assert [function_of(operator) for operator in "+-*/"] == ["add", "subtract", "multiply", "divide"]
