"""Steps on numbers, and between numbers and texts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codegen.frontend.schema_keywords import whole_bound
from codegen.resolve.steps.definition import NUMERIC, PLAIN, TEXT, Parameter, StepDefinition, constant
from codegen.resolve.steps.known import exact, failing
from codegen.resolve.steps.text import WHOLE
from codegen.resolve.types import ValueType
from codegen.runtime import mapping as runtime
from codegen.runtime.arithmetic import MAX_DIGITS, ROUNDINGS
from codegen.runtime.numbers import MAX_SCALE

if TYPE_CHECKING:
    from decimal import Decimal

    from codegen.resolve.steps.definition import Arguments

NUMBERS = frozenset({"integer", "number"})


def _string(value: ValueType, _: Arguments) -> ValueType:
    if value.kind == "string":
        return value
    if value.kind == "boolean":
        return ValueType(kind="string", enum=("false", "true"), min_length=4, max_length=5)
    if value.kind == "number":
        return ValueType(kind="string", min_length=1)
    low, high = value.minimum, value.maximum
    lengths = [len(str(bound)) for bound in (low, high) if bound is not None]
    is_signed = low is None or low < 0
    shortest = 1 if is_signed and (high is None or high >= 0) else len(str(high if is_signed else low))
    return ValueType(
        kind="string",
        min_length=shortest,
        max_length=max(lengths) if len(lengths) == 2 else None,  # noqa: PLR2004 - both bounds
        pattern="^-?[0-9]+$" if is_signed else "^[0-9]+$",
    )


def _of_text(kind: str, value: ValueType) -> ValueType:
    """Digits of a text of bounded length make a bounded number."""
    if value.max_length is None or value.max_length > MAX_DIGITS:
        return ValueType(kind=kind)
    return ValueType(kind=kind, minimum=1 - 10 ** max(value.max_length - 1, 0), maximum=10**value.max_length - 1)


def _integer(value: ValueType, _: Arguments) -> ValueType:
    if value.kind == "string":
        return _of_text("integer", value)
    minimum = whole_bound(value.minimum, "minimum") if value.minimum is not None else None
    maximum = whole_bound(value.maximum, "maximum") if value.maximum is not None else None
    return ValueType(kind="integer", minimum=minimum, maximum=maximum)


def _decimal(value: ValueType, _: Arguments) -> ValueType:
    return _of_text("number", value) if value.kind == "string" else replace(value, schema=None)


def _absolute(value: ValueType, _: Arguments) -> ValueType:
    low, high = value.minimum, value.maximum
    if low is not None and low >= 0:
        return ValueType(kind=value.kind, minimum=low, maximum=high)
    far = None if low is None else _negative(low)
    if high is not None and high <= 0:
        return ValueType(kind=value.kind, minimum=_negative(high), maximum=far)
    return ValueType(kind=value.kind, minimum=0, maximum=None if high is None or far is None else max(far, high))


def _round(value: ValueType, arguments: Arguments) -> ValueType:
    scale, rounding = map(constant, arguments)
    low, high = (
        None if bound is None else runtime.rounded(bound, scale, rounding) for bound in (value.minimum, value.maximum)
    )
    return ValueType(kind="integer" if scale == 0 else value.kind, minimum=low, maximum=high)


def _round_fault(arguments: Arguments) -> str | None:
    scale, rounding = map(constant, arguments)
    if not 0 <= scale <= MAX_SCALE:
        return f"'scale' must be from 0 to {MAX_SCALE}"
    return None if rounding in ROUNDINGS else f"'{rounding}' is no rounding: use {', '.join(ROUNDINGS)}"


def _negative(value: int | Decimal) -> int | Decimal:
    return -value if isinstance(value, int) else value.copy_negate()


STEPS = (
    StepDefinition(
        name="string",
        takes=PLAIN,
        result=exact(runtime.string, _string),
        summary="The value as text: numbers in plain decimal notation by exact value, booleans as `true` or `false`.",
        example=("id | string", "820982911946154508", '"820982911946154508"'),
    ),
    StepDefinition(
        name="integer",
        takes=NUMERIC,
        result=exact(runtime.integer, _integer),
        fallible=failing(runtime.integer, lambda value, _: value.kind != "integer"),
        summary="The exact integer that a text or number stands for.",
        fails="the text is no number, or the number is no integer",
        example=("quantity | integer or quarantine", '"100"', "100"),
    ),
    StepDefinition(
        name="decimal",
        takes=NUMERIC,
        result=exact(runtime.decimal, _decimal),
        fallible=failing(runtime.decimal, lambda value, _: value.kind == "string"),
        summary="The exact number that a text in plain decimal notation stands for; a number as it is.",
        fails="the text is no number in plain decimal notation, or has more than 1,000 digits",
        example=("weight | decimal or quarantine", '"12.50"', "12.5"),
    ),
    StepDefinition(
        name="boolean",
        takes=PLAIN,
        result=exact(runtime.boolean, lambda _, __: ValueType(kind="boolean")),
        fallible=failing(runtime.boolean, lambda value, _: not _is_bit(value)),
        summary="Yes or no: `true`, `yes`, `on`, `1`, `y` and `t`, or `false`, `no`, `off`, `0`, `n` and `f`, in any "
        "case; the numbers 1 and 0.",
        fails="it is none of these",
        example=("gift | boolean or quarantine", '"Yes"', "true"),
    ),
    StepDefinition(
        name="round",
        takes=NUMBERS,
        function="rounded",
        parameters=(
            Parameter(name="scale", takes=WHOLE, constant=True),
            Parameter(name="rounding", takes=TEXT, constant=True),
        ),
        result=exact(runtime.rounded, _round),
        fault=_round_fault,
        summary="The number with at most `scale` digits behind the point. A tie goes away from zero (`half_up`) or to "
        "the even digit (`half_even`); `down` is towards zero and `up` away from it.",
        example=("weight | round(2, 'half_up')", "12.345", "12.35"),
    ),
    StepDefinition(
        name="absolute",
        takes=NUMBERS,
        result=exact(runtime.absolute, _absolute),
        summary="The number without its sign.",
        example=("change | absolute", "-5", "5"),
    ),
)


def _is_bit(value: ValueType) -> bool:
    is_whole = value.kind == "integer" and value.minimum is not None and value.maximum is not None
    return value.kind == "boolean" or (is_whole and value.minimum >= 0 and value.maximum <= 1)  # type: ignore[operator]
