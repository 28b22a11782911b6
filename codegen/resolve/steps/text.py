"""Steps on texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.resolve.steps.definition import TEXT, Parameter, StepDefinition, constant
from codegen.resolve.steps.known import exact
from codegen.resolve.types import ValueType
from codegen.runtime import mapping as runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from codegen.resolve.steps.definition import Arguments

WHOLE = frozenset({"integer"})
MAX_PADDING = 1_000


def _resized(grows: int, shortest: Callable[[int], int]) -> Callable[[ValueType, Arguments], ValueType]:
    """Of a text whose every character becomes at most ``grows``; ``shortest`` is of its least length."""

    def result(value: ValueType, _: Arguments) -> ValueType:
        longest = value.max_length * grows if value.max_length is not None else None
        return ValueType(kind="string", min_length=shortest(value.min_length), max_length=longest)

    return result


def _substring(value: ValueType, arguments: Arguments) -> ValueType:
    start: int = constant(arguments[0])
    length: int = constant(arguments[1])

    def kept(of: int) -> int:
        return min(length, max(of - start, 0) if start >= 0 else min(of, -start))

    longest = min(length, -start) if start < 0 else length
    return ValueType(
        kind="string",
        min_length=kept(value.min_length),
        max_length=kept(value.max_length) if value.max_length is not None else longest,
    )


def _substring_fault(arguments: Arguments) -> str | None:
    return None if constant(arguments[1]) >= 1 else "'length' must be at least 1"


def _pad_start(value: ValueType, arguments: Arguments) -> ValueType:
    length = constant(arguments[0])
    longest = max(value.max_length, length) if value.max_length is not None else None
    return ValueType(kind="string", min_length=max(value.min_length, length), max_length=longest)


def _pad_start_fault(arguments: Arguments) -> str | None:
    length, fill = map(constant, arguments)
    if not 1 <= length <= MAX_PADDING:
        return f"'length' must be from 1 to {MAX_PADDING:,}"
    return None if len(fill) == 1 else "'fill' must be one character"


def _stripped(value: ValueType, arguments: Arguments) -> ValueType:
    least = max(0, value.min_length - len(constant(arguments[0])))
    return ValueType(kind="string", min_length=least, max_length=value.max_length)


def _strip_fault(arguments: Arguments) -> str | None:
    return None if constant(arguments[0]) else "'text' is empty"


_STRIPPED = Parameter(name="text", takes=TEXT, constant=True)

STEPS = (
    StepDefinition(
        name="trim",
        takes=TEXT,
        result=exact(runtime.trim, _resized(1, lambda _: 0)),
        summary="Removes white space at both ends.",
        example=("sku | trim", '" abc-001"', '"abc-001"'),
    ),
    StepDefinition(
        name="collapse",
        takes=TEXT,
        result=exact(runtime.collapse, _resized(1, lambda _: 0)),
        summary="Removes white space at both ends and makes one blank of every run of it inside.",
        example=("name | collapse", '" Oak\\tdining table"', '"Oak dining table"'),
    ),
    StepDefinition(
        name="upper",
        takes=TEXT,
        result=exact(runtime.upper, _resized(3, lambda least: least)),
        summary="Upper case by Unicode's default rules, no locale. One character may become up to three.",
        example=("sku | upper", '"abc-001"', '"ABC-001"'),
    ),
    StepDefinition(
        name="lower",
        takes=TEXT,
        result=exact(runtime.lower, _resized(3, lambda least: least)),
        summary="Lower case by Unicode's default rules, no locale. One character may become up to three.",
        example=("state | lower", '"SHIPPED"', '"shipped"'),
    ),
    StepDefinition(
        name="nfc",
        takes=TEXT,
        result=exact(runtime.nfc, _resized(3, lambda least: min(least, 1))),
        summary="Unicode's Normalization Form C: a letter and the accent behind it become one character.",
        example=("city | nfc", '"Zu\u0308rich"', '"Zürich"'),
    ),
    StepDefinition(
        name="substring",
        takes=TEXT,
        parameters=(
            Parameter(name="start", takes=WHOLE, constant=True),
            Parameter(name="length", takes=WHOLE, constant=True),
        ),
        result=exact(runtime.substring, _substring),
        fault=_substring_fault,
        summary="At most `length` characters from `start` on, counted from 0, or from the end where it is negative. "
        "What a shorter text has not is left out.",
        example=("card | substring(-4, 4)", '"4111111111111234"', '"1234"'),
    ),
    StepDefinition(
        name="pad_start",
        takes=TEXT,
        parameters=(
            Parameter(name="length", takes=WHOLE, constant=True),
            Parameter(name="fill", takes=TEXT, constant=True),
        ),
        result=exact(runtime.pad_start, _pad_start),
        fault=_pad_start_fault,
        summary="Puts `fill`, one character, in front until there are `length` characters.",
        example=("store | pad_start(4, '0')", '"17"', '"0017"'),
    ),
    StepDefinition(
        name="strip_prefix",
        takes=TEXT,
        parameters=(_STRIPPED,),
        result=exact(runtime.strip_prefix, _stripped),
        fault=_strip_fault,
        summary="Removes the text in front, once; a text that begins otherwise stays as it is.",
        example=("name | strip_prefix('#')", '"#9999"', '"9999"'),
    ),
    StepDefinition(
        name="strip_suffix",
        takes=TEXT,
        parameters=(_STRIPPED,),
        result=exact(runtime.strip_suffix, _stripped),
        fault=_strip_fault,
        summary="Removes the text at the end, once; a text that ends otherwise stays as it is.",
        example=("weight | strip_suffix(' kg')", '"12.5 kg"', '"12.5"'),
    ),
)
