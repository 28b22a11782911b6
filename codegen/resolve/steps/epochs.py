"""Steps on times that are counted from 1970 on."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from codegen.resolve.steps.definition import NUMERIC, StepDefinition
from codegen.resolve.steps.known import exact, failing
from codegen.resolve.steps.times import SHORTEST
from codegen.resolve.types import ValueType
from codegen.runtime import mapping as runtime
from codegen.runtime.epochs import AFTER_LAST_SECOND, FIRST_SECOND

if TYPE_CHECKING:
    from codegen.resolve.steps.definition import Arguments


def _of_epoch(digits: int, value: ValueType, _: Arguments) -> ValueType:
    """A time with as many digits behind the second as the unit has, unless the number has digits of its own."""
    longest = SHORTEST + (digits + 1 if digits else 0) if value.kind == "integer" else None
    return ValueType(kind="string", format="date-time", min_length=SHORTEST, max_length=longest)


def _outside(digits: int, value: ValueType, _: Arguments) -> bool:
    """Whether the moment may lie outside of the years 0001 to 9999."""
    low, high = value.minimum, value.maximum
    if value.kind == "string" or low is None or high is None:
        return True
    is_inside: bool = low >= FIRST_SECOND * 10**digits and high < AFTER_LAST_SECOND * 10**digits
    return not is_inside


def _epoch(unit: str, digits: int, example: str) -> StepDefinition:
    name = f"epoch_{unit}"
    run = getattr(runtime, name)
    return StepDefinition(
        name=name,
        takes=NUMERIC,
        result=exact(run, partial(_of_epoch, digits)),
        fallible=failing(run, partial(_outside, digits)),
        summary=f"The RFC 3339 time in UTC that so many {unit} after 1970 began, a fraction included. "
        "On a number with bounds within the years 0001 to 9999 it cannot fail.",
        fails="the text is no number, or the year lies outside of 0001 to 9999",
        example=(f"created | {name} or quarantine", example, '"2026-01-30T20:15:12Z"'),
    )


STEPS = (
    _epoch("seconds", 0, "1769804112"),
    _epoch("milliseconds", 3, "1769804112000"),
    _epoch("microseconds", 6, "1769804112000000"),
)
