"""What a step makes of a value is of the type that its entry in the registry says, and fails only where it says so."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.frontend.json_schema import type_of_value
from codegen.resolve.steps.definition import StepDefinition, result_type
from codegen.resolve.steps.registry import STEPS
from codegen.resolve.types import ValueType, certain, type_of_literal, type_of_schema
from codegen.runtime import exact_json, json_forms
from codegen.runtime import mapping as runtime
from tests.codegen.effort import examples
from tests.codegen.mappings import PATTERNS
from tests.codegen.payloads import FORMATTED, LETTERS, WORDS
from tests.codegen.shapes import read, validator
from tests.codegen.step_arguments import constants_of, types_of

type Json = dict[str, Any]

SCALAR_STEPS = sorted(
    name
    for name, step in STEPS.items()
    if not step.takes & {"array", "object"} and not step.content_type and name != "split"
)
DATE_TIME = jsonschema_rs.Draft202012Validator({"format": "date-time"}, validate_formats=True)
TOKEN_KEY = bytes(range(32)).hex()
MEANT = [
    "Yes", "off", "1", "0", "39800", "1769804112", "-62135596801", "253402300799999", "United States", "de", "GBR",
    "usd", "€", "pcs", "kg.", "PALLET", "(201) 555-0123", "+44 20 7946 0018", "030 901820", "w6QgYg==", "YR==", "AA==",
    "2026-01-30 20:15", "2026-03-29T02:30:00", "2026-01-30", "01/30/2026 08:15 pm", "30.1.2026 +02:00",
    "2026-01-30T20:15:12.5+0100", "2026-01-30T20:15:12-05:00", "#9999", "Zu\u0308rich", "gid://acme/Order/123", "a  b",
]  # fmt: skip
"""Texts that the steps are for."""
NUMBERS: list[int | Decimal] = [
    0, 1, -1, 2, 5, -5, 39800, 10**9, 1769804112, 253402300799, 253402300800, -62135596800, -62135596801, 10**16,
    253402300799999, 253402300800000000, 10**30, -(10**30), 10**990, Decimal("0.5"), Decimal("-0.5"), Decimal("2.5"),
    Decimal("0.005"), Decimal("12.345"), Decimal("-99.995"), Decimal("253402300799.9"), Decimal("1E-990"),
    Decimal("1234567890.123456789012345678901234567890"),
]  # fmt: skip


@st.composite
def schemas(draw: st.DrawFn, kind: str) -> Json:
    """The schema of a plain value of the kind, with and without each constraint."""
    if kind == "boolean":
        known: list[Json] = [{}, {"enum": [True]}, {"enum": [True, False]}]
        return {"type": kind, **draw(st.sampled_from(known))}
    if kind == "string":
        texts = st.lists(st.sampled_from(MEANT + WORDS), min_size=1, max_size=3, unique=True)
        low, more = draw(st.integers(0, 12)), draw(st.integers(0, 12))
        constraints: list[Json] = [
            {}, {"minLength": low}, {"maxLength": low + more}, {"minLength": low, "maxLength": low + more},
            {"enum": draw(texts)}, {"pattern": draw(st.sampled_from(PATTERNS))}, {"format": "date-time"},
        ]  # fmt: skip
        return {"type": kind, **draw(st.sampled_from(constraints))}
    # Beyond that bounds are for integers: the validator would round them.
    allowed = [
        number for number in NUMBERS if (isinstance(number, int) if kind == "integer" else -(2**53) <= number <= 2**53)
    ]
    least, most = sorted(draw(st.lists(st.sampled_from(allowed), min_size=2, max_size=2)))
    bounds: list[Json] = [
        {}, {"minimum": least}, {"maximum": most}, {"minimum": least, "maximum": most}, {"enum": [least, most]},
    ]  # fmt: skip
    return {"type": kind, **draw(st.sampled_from(bounds))}


def values(schema: Json) -> st.SearchStrategy[Any]:
    """Values that are valid under a schema, those of its edges among them."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "boolean":
        return st.booleans()
    if schema["type"] == "string":
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 12_000)
        is_valid = validator(json.dumps(schema)).is_valid
        fitting = [word for word in MEANT + WORDS if is_valid(word)]
        repeated = st.builds(
            lambda letter, size: letter * size, st.sampled_from("a0é"), st.sampled_from([shortest, longest])
        )
        free = st.text(LETTERS, min_size=shortest, max_size=min(longest, 30))
        texts: list[st.SearchStrategy[str]] = [repeated, FORMATTED["date-time"] if "format" in schema else free]
        texts += [st.from_regex(schema["pattern"]).map(str)] if "pattern" in schema else []
        texts += [st.sampled_from(fitting)] if fitting else []
        return st.one_of(texts).filter(lambda text: "\0" not in text and is_valid(text))
    low, high = schema.get("minimum", -(10**995)), schema.get("maximum", 10**995)
    inside = [number for number in (*NUMBERS, low, high) if low <= number <= high]
    whole = [number for number in inside if isinstance(number, int)]
    if schema["type"] == "integer":
        return st.sampled_from(whole)
    between = st.integers(0, 10**12).map(lambda part: settled(Decimal(low) + (Decimal(high) - low) * part / 10**12))
    return st.one_of(st.sampled_from(inside), between.filter(lambda number: low <= number <= high))


def settled(number: Decimal) -> int | Decimal:
    return int(number) if number == number.to_integral_value() else number


def type_under(schema: Json) -> ValueType:
    """The type of a value that is there and valid under the schema."""
    return certain(type_of_schema(read(schema)))


@st.composite
def arguments(draw: st.DrawFn, step: StepDefinition) -> tuple[tuple[ValueType, ...], tuple[Any, ...]]:
    """The types of a step's arguments and values of them. What need not be constant is known, or not, or missing."""
    constants = draw(st.sampled_from(constants_of(step.name)))
    if not step.parameters or step.parameters[0].constant or draw(st.booleans()):
        return types_of(constants), constants
    several = draw(st.sampled_from([("USD", "KWD"), ("JPY", "CLF", "USD"), ("XXX", "JPY"), ("JPY",)]))
    known = replace(type_of_literal(several[0]), enum=several, absent=draw(st.booleans()), nullable=draw(st.booleans()))
    free = ValueType(kind="string", absent=draw(st.booleans()))
    found, texts = draw(st.sampled_from([(known, several), (free, ("USD", "KWD", "usd"))]))
    lacking = [runtime.ABSENT] * found.absent + [None] * found.nullable
    return (found,), (draw(st.sampled_from([*texts, *lacking])),)


def mistakes(value: Any, claimed: ValueType) -> list[str]:
    """Where a value is not of a type."""
    kind = type_of_value(value)
    found = [] if kind == claimed.kind or (kind, claimed.kind) == ("integer", "number") else [f"is {kind}"]
    if claimed.enum is not None and (kind, value) not in [(type_of_value(item), item) for item in claimed.enum]:
        found.append(f"is not one of {claimed.enum}")
    if kind == "string":
        longest = len(value) if claimed.max_length is None else claimed.max_length
        found += [] if claimed.min_length <= len(value) <= longest else [f"has the length {len(value)}"]
        found += [] if claimed.pattern is None or runtime.matches(claimed.pattern, value) else ["matches not"]
        assert claimed.format in (None, "date-time")
        found += [] if claimed.format is None or DATE_TIME.is_valid(value) else ["is no time"]
    elif kind in ("integer", "number"):
        low = value if claimed.minimum is None else claimed.minimum
        high = value if claimed.maximum is None else claimed.maximum
        found += [] if low <= value <= high else ["is out of bounds"]
    return found


@pytest.mark.parametrize("name", SCALAR_STEPS)
@examples(100)
@given(st.data())
def test_a_result_is_of_the_type_that_the_registry_says(name: str, data: st.DataObject) -> None:
    step = STEPS[name]
    schema = data.draw(schemas(data.draw(st.sampled_from(sorted(step.takes)))))
    before, value = type_under(schema), data.draw(values(schema))
    types, given_arguments = data.draw(arguments(step))
    assert mistakes(value, before) == []
    assert not step.parameters or not step.parameters[0].constant or step.fault(types) is None
    after = getattr(runtime, step.function or name)(value, *given_arguments, *[TOKEN_KEY] * len(step.envelope))
    if after is runtime.FAILED:
        assert step.fallible(before, types)
        return
    claimed = result_type(step, before, types)
    assert (claimed.absent, claimed.nullable) == (False, False)
    assert mistakes(after, claimed) == []
    assert exact_json.parse(json_forms.dump([after])) == [after]
