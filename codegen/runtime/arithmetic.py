"""Exact arithmetic and comparisons. No context of the decimal module rounds here but where a scale is asked for."""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, ROUND_UP, Context, Decimal
from typing import Any

from .values import FAILED, Marker

MAX_DIGITS = 1_000
"""Of a result, and of its exponent's value: what JSON is read with."""
# Terms have at most 1,000 digits and exponents to +-1,000, so that this holds every sum and product exactly.
_EXACT = Context(prec=10 * MAX_DIGITS, Emax=MAX_EMAX, Emin=MIN_EMIN)
ROUNDINGS = {"down": ROUND_DOWN, "half_even": ROUND_HALF_EVEN, "half_up": ROUND_HALF_UP, "up": ROUND_UP}


def settled(value: Decimal) -> int | Decimal | Marker:
    """An integral value as an integer; FAILED for one of more digits than a number may have."""
    value = _EXACT.normalize(value)
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if len(digits) > MAX_DIGITS or exponent < -MAX_DIGITS or value.adjusted() >= MAX_DIGITS:
        return FAILED
    return int(value) if exponent >= 0 else value


def add(left: Any, right: Any) -> int | Decimal | Marker:
    """The exact sum; FAILED where it has too many digits or a term is FAILED."""
    return FAILED if left is FAILED or right is FAILED else settled(_EXACT.add(Decimal(left), Decimal(right)))


def subtract(left: Any, right: Any) -> int | Decimal | Marker:
    """The exact difference; FAILED where it has too many digits or a term is FAILED."""
    return FAILED if left is FAILED or right is FAILED else settled(_EXACT.subtract(Decimal(left), Decimal(right)))


def multiply(left: Any, right: Any) -> int | Decimal | Marker:
    """The exact product; FAILED where it has too many digits or a term is FAILED."""
    return FAILED if left is FAILED or right is FAILED else settled(_EXACT.multiply(Decimal(left), Decimal(right)))


def divide(left: Any, right: Any, scale: int, rounding: str) -> int | Decimal | Marker:
    """The quotient rounded once to ``scale`` digits; FAILED for a divisor of 0 or a result of too many digits."""
    if left is FAILED or right is FAILED or right == 0:
        return FAILED
    sign, digits, exponent = Decimal(left).as_tuple()
    divisor_sign, divisor_digits, divisor_exponent = Decimal(right).as_tuple()
    assert isinstance(exponent, int)
    assert isinstance(divisor_exponent, int)
    shift = exponent - divisor_exponent + scale
    dividend = int("".join(map(str, digits))) * 10 ** max(shift, 0)
    divisor = int("".join(map(str, divisor_digits))) * 10 ** max(-shift, 0)
    whole, rest = divmod(dividend, divisor)
    if _rounds_up(whole, rest, divisor, rounding):
        whole += 1
    value = Decimal(((sign ^ divisor_sign), tuple(map(int, str(whole))), -scale))
    return settled(value)


def _rounds_up(whole: int, rest: int, divisor: int, rounding: str) -> bool:
    match ROUNDINGS[rounding]:
        case "ROUND_UP":
            return rest > 0
        case "ROUND_HALF_UP":
            return 2 * rest >= divisor
        case "ROUND_HALF_EVEN":
            return 2 * rest > divisor or (2 * rest == divisor and whole % 2 == 1)
        case _:
            return False


def same(left: Any, right: Any) -> bool:
    """Equality as JSON has it, where Python would take true for 1. What is absent equals nothing."""
    if isinstance(left, Marker) or isinstance(right, Marker):
        return False
    return (type(left) is bool) is (type(right) is bool) and left == right


def different(left: Any, right: Any) -> bool:
    """Whether there are two values that are not the same."""
    return not isinstance(left, Marker) and not isinstance(right, Marker) and not same(left, right)


def less(left: Any, right: Any) -> bool:
    """Whether two numbers are in ascending order; false of anything that is no number."""
    return _is_number(left) and _is_number(right) and left < right


def at_most(left: Any, right: Any) -> bool:
    """Whether two numbers are equal or in ascending order; false of anything that is no number."""
    return _is_number(left) and _is_number(right) and left <= right


def one_of(value: Any, constants: tuple[Any, ...]) -> bool:
    """Whether the value is one of the constants."""
    return any(same(value, constant) for constant in constants)


def _is_number(value: Any) -> bool:
    return type(value) is int or type(value) is Decimal
