"""Steps on numbers, and between numbers and texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.frontend.schema_keywords import whole_bound
from codegen.resolve.steps.definition import NUMERIC, PLAIN, TEXT, Parameter, StepDefinition
from codegen.resolve.types import ValueType
from codegen.runtime import mapping as runtime

if TYPE_CHECKING:
    from codegen.resolve.steps.definition import Arguments


def _string(value: ValueType, _: Arguments) -> ValueType:
    if value.kind == "string":
        return value
    enum = tuple(runtime.string(item) for item in value.enum) if value.enum is not None else None
    if value.kind == "boolean":
        return ValueType(kind="string", enum=enum or ("false", "true"), min_length=1, max_length=5)
    longest = None
    if value.kind == "integer" and value.minimum is not None and value.maximum is not None:
        longest = max(len(str(value.minimum)), len(str(value.maximum)))
    return ValueType(kind="string", enum=enum, min_length=1, max_length=longest)


def _integer(value: ValueType, _: Arguments) -> ValueType:
    if value.kind == "string":
        return ValueType(kind="integer")
    minimum = whole_bound(value.minimum, "minimum") if value.minimum is not None else None
    maximum = whole_bound(value.maximum, "maximum") if value.maximum is not None else None
    return ValueType(kind="integer", minimum=minimum, maximum=maximum)


def _minor_units(value: ValueType, _: Arguments) -> ValueType:
    at_least_zero = value.kind != "string" and value.minimum is not None and value.minimum >= 0
    return ValueType(kind="integer", minimum=0 if at_least_zero else None)


STEPS = (
    StepDefinition(
        name="string",
        takes=PLAIN,
        result=_string,
        summary="The value as text: numbers in plain decimal notation by exact value, booleans as `true` or `false`.",
        example=("id | string", "820982911946154508", '"820982911946154508"'),
    ),
    StepDefinition(
        name="integer",
        takes=NUMERIC,
        result=_integer,
        fallible=lambda value, _: value.kind != "integer",
        summary="The exact integer that a text or number stands for.",
        fails="the text is no number, or the number is no integer",
        example=("quantity | integer or quarantine", '"100"', "100"),
    ),
    StepDefinition(
        name="minor_units",
        takes=NUMERIC,
        parameters=(Parameter(name="currency", takes=TEXT),),
        result=_minor_units,
        fallible=lambda _, __: True,
        summary="A decimal amount in the minor units of its currency (ISO 4217): 398.00 USD is 39800, 398 JPY is 398.",
        fails="the text is no decimal number, the currency is unknown, or a fraction of a minor unit remains",
        example=("total | minor_units('USD') or quarantine", '"398.00"', "39800"),
    ),
)
