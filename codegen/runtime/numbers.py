"""Steps on numbers, and between numbers and texts. Exact: no float, no rounding that is not asked for."""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Any

from .arithmetic import MAX_DIGITS, ROUNDINGS, settled
from .currencies import EXPONENTS
from .json_forms import number_text
from .values import FAILED, Marker

_DECIMAL_TEXT = re.compile(r"[+-]?[0-9]{1,1000}(?:\.[0-9]{1,1000})?")
MAX_SCALE = 100
# Of what has at most 1,000 digits in front of the point, all of them and the scale's are exact.
_EXACT = Context(prec=2 * MAX_DIGITS)
_TRUE = frozenset(("true", "yes", "on", "1", "y", "t"))
_FALSE = frozenset(("false", "no", "off", "0", "n", "f"))


def string(value: Any) -> str:
    """A text as it is, a number in plain decimal notation by its exact value, a boolean as ``true`` or ``false``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value)


def decimal(value: Any) -> Any:
    """The exact number that a text in plain decimal notation stands for; FAILED for anything else (``1e3``)."""
    if type(value) is int or type(value) is Decimal:
        return value
    if type(value) is not str or not _DECIMAL_TEXT.fullmatch(value):
        return FAILED
    # Decimal() copies its argument exactly, whatever the context's precision.
    return settled(Decimal(value))


def shifted(value: int | Decimal, places: int) -> int | Decimal | Marker:
    """The exact value times ten to the power of ``places``; FAILED where it has more digits than a number may have."""
    sign, digits, exponent = Decimal(value).as_tuple()
    assert isinstance(exponent, int)
    return settled(Decimal((sign, digits, exponent + places)))


def integer(value: Any) -> Any:
    """The exact integer that a text or number stands for; FAILED for anything else (``1.5``, the text ``1e3``)."""
    exact = decimal(value)
    return exact if type(exact) is int else FAILED


def boolean(value: Any) -> Any:
    """What 1 and 0, and words for yes and no in any case, stand for; FAILED for anything else."""
    if type(value) is bool:
        return value
    word = string(value).lower()
    if word in _TRUE:
        return True
    return False if word in _FALSE else FAILED


def minor_units(value: Any, currency: Any) -> Any:
    """An amount in minor units of the currency; FAILED for an unknown currency or a fraction of a minor unit."""
    exact = decimal(value)
    places = EXPONENTS.get(currency) if type(currency) is str else None
    if isinstance(exact, Marker) or places is None:
        return FAILED
    return integer(shifted(exact, places))


def major_units(value: Any, currency: Any) -> Any:
    """An integer of minor units as an exact amount; FAILED for an unknown currency or what is no integer."""
    whole = integer(value)
    places = EXPONENTS.get(currency) if type(currency) is str else None
    if isinstance(whole, Marker) or places is None:
        return FAILED
    return shifted(whole, -places)


def absolute(value: int | Decimal) -> int | Decimal:
    """The number without its sign, exact."""
    return abs(value) if isinstance(value, int) else value.copy_abs()


def rounded(value: int | Decimal, scale: int, rounding: str) -> int | Decimal:
    """The number with at most ``scale`` digits behind the point. ``up`` is away from zero, ``down`` towards it."""
    exponent = Decimal(value).as_tuple().exponent
    assert isinstance(exponent, int)
    if isinstance(value, int) or -exponent <= scale:
        return value
    nearest: Decimal = value.quantize(Decimal((0, (1,), -scale)), rounding=ROUNDINGS[rounding], context=_EXACT)
    return int(nearest) if nearest == nearest.to_integral_value() else nearest
