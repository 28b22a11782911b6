"""Steps on times as texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.resolve.steps.definition import TEXT, Parameter, StepDefinition, constant
from codegen.resolve.steps.known import always, exact, failing
from codegen.resolve.steps.time_formats import format_fault
from codegen.resolve.types import ValueType
from codegen.runtime import mapping as runtime
from codegen.runtime.time_formats import tokens_of
from codegen.runtime.zones import zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codegen.resolve.steps.definition import Arguments

SHORTEST = len("0001-01-01T00:00:00Z")
FORMAT = Parameter(name="format", takes=TEXT, constant=True)


def _moment(formats: Arguments) -> ValueType:
    has_fraction = not formats or any("S" in tokens_of(constant(form)) for form in formats)
    longest = None if has_fraction else SHORTEST
    return ValueType(kind="string", format="date-time", min_length=SHORTEST, max_length=longest)


def _timestamp_fails(value: ValueType, formats: Arguments) -> bool:
    return bool(formats) or value.format != "date-time"


def _timestamp_fault(formats: Arguments) -> str | None:
    return _first(format_fault(constant(form), has_offset=True) for form in formats)


def _local_fault(arguments: Arguments) -> str | None:
    name = constant(arguments[0])
    if zone(name) is None:
        return f"there is no zone '{name}': use an IANA name, UTC or an offset like +02:00"
    return _first(format_fault(constant(form), has_offset=False) for form in arguments[1:])


def _first(faults: Iterable[str | None]) -> str | None:
    return next((fault for fault in faults if fault is not None), None)


STEPS = (
    StepDefinition(
        name="timestamp",
        takes=TEXT,
        rest=FORMAT,
        result=exact(runtime.timestamp, lambda _, formats: _moment(formats)),
        fallible=failing(runtime.timestamp, _timestamp_fails),
        fault=_timestamp_fault,
        summary="An RFC 3339 time in UTC with all digits of its fraction. On a `date-time` it cannot fail. With "
        "formats, the first that fits; each must have an offset (`Z`).",
        fails="the text is no RFC 3339 time with an offset, or no format fits",
        example=("at | timestamp or quarantine", '"2026-01-30T15:15:12-05:00"', '"2026-01-30T20:15:12Z"'),
    ),
    StepDefinition(
        name="local_timestamp",
        takes=TEXT,
        parameters=(Parameter(name="zone", takes=TEXT, constant=True),),
        rest=FORMAT,
        result=exact(runtime.local_timestamp, lambda _, arguments: _moment(arguments[1:])),
        fallible=failing(runtime.local_timestamp, always),
        fault=_local_fault,
        libraries=("tzdata",),
        summary="A zone's local time (`Europe/Paris`, `UTC`, `+02:00`) as RFC 3339 in UTC: `YYYY-MM-DDTHH:mm`, with "
        "seconds and their fraction or without, with `T` or a blank; with formats, the first that fits. Tokens: `YYYY` "
        "`MM` `M` `MMM` (Jan) `DD` `D` `HH` `H` (24 hours) `hh` `h` `A` (12 hours, AM or PM) `mm` `ss` `S` (all digits "
        "of the fraction) `Z` (`+02:00`, `+0200` or `Z`); a date alone is its midnight; other letters stand in "
        "`[brackets]`.",
        fails="no format fits, there is no such day, or the zone's clocks skip that time or show it twice",
        example=(
            "created | local_timestamp('Europe/Paris') or quarantine",
            '"2026-01-30T21:15:12"',
            '"2026-01-30T20:15:12Z"',
        ),
    ),
)
