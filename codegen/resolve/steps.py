"""The registry of steps: one entry feeds the type checker, the language reference and the editor's schema."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codegen.frontend.schema_reader import whole_bound
from codegen.resolve.types import ValueType
from codegen.runtime import mapping as runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    type Arguments = tuple[ValueType, ...]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a step."""

    name: str
    takes: frozenset[str]
    """JSON types."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepDefinition:
    """One step. Its run time is the function of the same name in the runtime."""

    name: str
    takes: frozenset[str]
    parameters: tuple[Parameter, ...] = ()
    result: Callable[[ValueType, Arguments], ValueType]
    fallible: Callable[[ValueType], bool]
    summary: str
    fails: str
    """When it fails, in the reference's words; empty for a step that cannot."""
    example: tuple[str, str, str]
    """An expression, a value that its path gives, and the result, for the reference. All three are tested."""


def _text_step(
    function: Callable[[str], str], *, grows: int, may_empty: bool
) -> Callable[[ValueType, Arguments], ValueType]:
    def result(value: ValueType, _: Arguments) -> ValueType:
        enum = tuple(dict.fromkeys(function(item) for item in value.enum)) if value.enum is not None else None
        return ValueType(
            kind="string",
            enum=enum,
            min_length=0 if may_empty else min(value.min_length, 1),
            max_length=value.max_length * grows if value.max_length is not None else None,
        )

    return result


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


def _timestamp(_: ValueType, __: Arguments) -> ValueType:
    return ValueType(kind="string", format="date-time")


_TEXT = frozenset({"string"})
_NUMERIC = frozenset({"string", "integer", "number"})

_ALL = (
    StepDefinition(
        name="trim",
        takes=_TEXT,
        result=_text_step(runtime.trim, grows=1, may_empty=True),
        fallible=lambda _: False,
        summary="Removes white space at both ends.",
        fails="",
        example=("sku | trim", '" abc-001"', '"abc-001"'),
    ),
    StepDefinition(
        name="upper",
        takes=_TEXT,
        result=_text_step(runtime.upper, grows=3, may_empty=False),
        fallible=lambda _: False,
        summary="Upper case by Unicode's default rules, no locale. One character may become up to three.",
        fails="",
        example=("sku | upper", '"abc-001"', '"ABC-001"'),
    ),
    StepDefinition(
        name="lower",
        takes=_TEXT,
        result=_text_step(runtime.lower, grows=3, may_empty=False),
        fallible=lambda _: False,
        summary="Lower case by Unicode's default rules, no locale. One character may become up to three.",
        fails="",
        example=("state | lower", '"SHIPPED"', '"shipped"'),
    ),
    StepDefinition(
        name="string",
        takes=frozenset({"string", "integer", "number", "boolean"}),
        result=_string,
        fallible=lambda _: False,
        summary="The value as text: numbers in plain decimal notation by exact value, booleans as `true` or `false`.",
        fails="",
        example=("id | string", "820982911946154508", '"820982911946154508"'),
    ),
    StepDefinition(
        name="integer",
        takes=_NUMERIC,
        result=_integer,
        fallible=lambda value: value.kind != "integer",
        summary="The exact integer that a text or number stands for.",
        fails="the text is no number, or the number is no integer",
        example=("quantity | integer or quarantine", '"100"', "100"),
    ),
    StepDefinition(
        name="minor_units",
        takes=_NUMERIC,
        parameters=(Parameter("currency", _TEXT),),
        result=_minor_units,
        fallible=lambda _: True,
        summary="A decimal amount in the minor units of its currency (ISO 4217): 398.00 USD is 39800, 398 JPY is 398.",
        fails="the text is no decimal number, the currency is unknown, or a fraction of a minor unit remains",
        example=("total | minor_units('USD') or quarantine", '"398.00"', "39800"),
    ),
    StepDefinition(
        name="timestamp",
        takes=_TEXT,
        result=_timestamp,
        fallible=lambda value: value.format != "date-time",
        summary="An RFC 3339 time in UTC with all digits of its fraction. On a `date-time` it cannot fail.",
        fails="the text is no RFC 3339 time with an offset",
        example=("at | timestamp or quarantine", '"2026-01-30T15:15:12-05:00"', '"2026-01-30T20:15:12Z"'),
    ),
)

STEPS = {step.name: step for step in _ALL}
"""Every step by name."""


def result_type(step: StepDefinition, value: ValueType, arguments: Arguments) -> ValueType:
    """What the step makes of a value that is neither absent nor null."""
    return replace(step.result(value, arguments), absent=False, nullable=False)
