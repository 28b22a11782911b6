"""Steps on times."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.resolve.steps.definition import TEXT, StepDefinition
from codegen.resolve.types import ValueType

if TYPE_CHECKING:
    from codegen.resolve.steps.definition import Arguments


def _timestamp(_: ValueType, __: Arguments) -> ValueType:
    return ValueType(kind="string", format="date-time")


STEPS = (
    StepDefinition(
        name="timestamp",
        takes=TEXT,
        result=_timestamp,
        fallible=lambda value, _: value.format != "date-time",
        summary="An RFC 3339 time in UTC with all digits of its fraction. On a `date-time` it cannot fail.",
        fails="the text is no RFC 3339 time with an offset",
        example=("at | timestamp or quarantine", '"2026-01-30T15:15:12-05:00"', '"2026-01-30T20:15:12Z"'),
    ),
)
