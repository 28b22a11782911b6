"""Steps between amounts and the minor units of their currency."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.frontend.schema_keywords import whole_bound
from codegen.resolve.steps.definition import NUMERIC, TEXT, Parameter, StepDefinition
from codegen.resolve.steps.known import exact, failing
from codegen.resolve.types import ValueType
from codegen.runtime import mapping as runtime
from codegen.runtime.currencies import EXPONENTS
from codegen.runtime.numbers import shifted
from codegen.runtime.values import Marker

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from codegen.resolve.steps.definition import Arguments

    type Number = int | Decimal


def _is_known(currency: ValueType) -> bool:
    always_there = not currency.absent and not currency.nullable
    return always_there and currency.enum is not None and EXPONENTS.keys() >= set(currency.enum)


def _moved(value: ValueType, currency: ValueType, sign: int) -> ValueType:
    """The number with its point moved by the digits of whatever currency it may be."""
    codes = EXPONENTS.keys() & set(currency.enum) if currency.enum is not None else EXPONENTS.keys()
    places = {sign * EXPONENTS[code] for code in codes}
    if value.kind == "string" or not places:
        return ValueType(kind="number")
    return ValueType(
        kind="number",
        minimum=_outermost(min, value.minimum, places),
        maximum=_outermost(max, value.maximum, places),
    )


def _outermost(pick: Callable[[list[Number]], Number], bound: Number | None, places: set[int]) -> Number | None:
    if bound is None:
        return None
    moved = [shifted(bound, by) for by in places]
    numbers = [one for one in moved if not isinstance(one, Marker)]
    return pick(numbers) if len(numbers) == len(moved) else None


def _minor_units(value: ValueType, arguments: Arguments) -> ValueType:
    moved = _moved(value, arguments[0], 1)
    low, high = moved.minimum, moved.maximum
    return ValueType(
        kind="integer",
        minimum=None if low is None else whole_bound(low, "minimum"),
        maximum=None if high is None else whole_bound(high, "maximum"),
    )


def _minor_units_fail(value: ValueType, arguments: Arguments) -> bool:
    moved = _moved(value, arguments[0], 1)
    is_bounded = moved.minimum is not None and moved.maximum is not None
    return value.kind != "integer" or not is_bounded or not _is_known(arguments[0])


def _major_units_fail(value: ValueType, arguments: Arguments) -> bool:
    return value.kind != "integer" or not _is_known(arguments[0])


CURRENCY = Parameter(name="currency", takes=TEXT)

STEPS = (
    StepDefinition(
        name="minor_units",
        takes=NUMERIC,
        parameters=(CURRENCY,),
        result=exact(runtime.minor_units, _minor_units),
        fallible=failing(runtime.minor_units, _minor_units_fail),
        summary="A decimal amount in the minor units of its currency (ISO 4217): 398.00 USD is 39800, 398 JPY is 398.",
        fails="the text is no decimal number, the currency is unknown, or a fraction of a minor unit remains",
        example=("total | minor_units('USD') or quarantine", '"398.00"', "39800"),
    ),
    StepDefinition(
        name="major_units",
        takes=NUMERIC,
        parameters=(CURRENCY,),
        result=exact(runtime.major_units, lambda value, arguments: _moved(value, arguments[0], -1)),
        fallible=failing(runtime.major_units, _major_units_fail),
        summary="Minor units of a currency (ISO 4217) as an amount: 39800 is 398 USD, 1005 is 1.005 KWD.",
        fails="the value is no integer, or the currency is unknown",
        example=("total | major_units('KWD') or quarantine", "1005", "1.005"),
    ),
)
