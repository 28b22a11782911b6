"""What arithmetic makes of bounded numbers. ``None`` is no bound."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.resolve.types import ValueType
from codegen.runtime import arithmetic
from codegen.runtime.values import Marker

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal

    from codegen.frontend.syntax import Division

    type Number = int | Decimal
    type Bounds = tuple[Number | None, Number | None]

LONGEST = 10 ** (arithmetic.MAX_DIGITS - 10)
"""Below this a sum of as many values as a document can hold has no more digits than a number may have."""

_FUNCTIONS = {"+": "add", "-": "subtract", "*": "multiply", "/": "divide"}


def function_of(operator: str) -> str:
    """The runtime's function for an operator."""
    return _FUNCTIONS[operator]


def is_bounded(value: ValueType) -> bool:
    """Whether a sum of such values cannot have too many digits."""
    if value.kind != "integer" or value.minimum is None or value.maximum is None:
        return False
    return all(abs(bound) < LONGEST for bound in (value.minimum, value.maximum))


def sum_bounds(value: ValueType, least: int, most: int | None) -> Bounds:
    """Bounds of a sum of ``least`` to ``most`` values."""
    low, high = value.minimum, value.maximum
    if low is not None:
        low = _times(low, least) if low >= 0 else None if most is None else _times(low, most)
    if high is not None:
        high = _times(high, least) if high <= 0 else None if most is None else _times(high, most)
    return low, high


def result_of(operator: str, left: ValueType, right: ValueType, division: Division | None) -> ValueType:
    """The type of `left operator right`, where it is a number at all."""
    if division is not None:
        low, high = _quotient(left, right, division)
        return ValueType(kind="number" if division.scale else "integer", minimum=low, maximum=high)
    kind = "integer" if left.kind == right.kind == "integer" else "number"
    match operator:
        case "+":
            low, high = _sum(left.minimum, right.minimum), _sum(left.maximum, right.maximum)
        case "-":
            low, high = _sum(left.minimum, _minus(right.maximum)), _sum(left.maximum, _minus(right.minimum))
        case _:
            low, high = _extremes(left, right, _times)
    return ValueType(kind=kind, minimum=low, maximum=high)


def can_fail(operator: str, left: ValueType, right: ValueType) -> bool:
    """Whether a result may have too many digits, or a divisor may be 0."""
    if operator == "/" and not _is_off_zero(right):
        return True
    if not is_bounded(left) or not is_bounded(right):
        return True
    return operator == "*" and not is_bounded(result_of(operator, left, right, None))


def _is_off_zero(value: ValueType) -> bool:
    return (value.minimum is not None and value.minimum > 0) or (value.maximum is not None and value.maximum < 0)


def _quotient(left: ValueType, right: ValueType, division: Division) -> Bounds:
    """A quotient is monotone in both where the divisor keeps its sign; rounding keeps the order."""
    if not _is_off_zero(right):
        return None, None

    def rounded(dividend: Number, divisor: Number) -> Number | None:
        return _exact(arithmetic.divide(dividend, divisor, division.scale, division.rounding))

    return _extremes(left, right, rounded)


def _extremes(left: ValueType, right: ValueType, combine: Callable[[Number, Number], Number | None]) -> Bounds:
    """The least and greatest of what the four corners give."""
    ends: list[Number] = []
    for a in (left.minimum, left.maximum):
        for b in (right.minimum, right.maximum):
            end = None if a is None or b is None else combine(a, b)
            if end is None:
                return None, None
            ends.append(end)
    return min(ends), max(ends)


def _sum(left: Number | None, right: Number | None) -> Number | None:
    return None if left is None or right is None else _exact(arithmetic.add(left, right))


def _minus(value: Number | None) -> Number | None:
    return None if value is None else _exact(arithmetic.multiply(value, -1))


def _times(left: Number, right: Number) -> Number | None:
    return _exact(arithmetic.multiply(left, right))


def _exact(value: Number | Marker) -> Number | None:
    return None if isinstance(value, Marker) else value
