"""Steps on numbers, and between numbers and texts. Exact: no float, no rounding that is not asked for."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from .currencies import EXPONENTS
from .exact_json import number_text
from .values import FAILED, Marker


def string(value: Any) -> str:
    """A text as it is, a number in plain decimal notation by its exact value, a boolean as ``true`` or ``false``."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return number_text(value)


_DECIMAL_TEXT = re.compile(r"[+-]?[0-9]{1,1000}(?:\.[0-9]{1,1000})?")


def _exact(value: Any) -> int | Decimal | Marker:
    if type(value) is int or type(value) is Decimal:
        return value
    if type(value) is str and _DECIMAL_TEXT.fullmatch(value):
        # Decimal() copies its argument exactly, whatever the context's precision.
        return Decimal(value)
    return FAILED


def integer(value: Any) -> int | Marker:
    """The exact integer that a text or number stands for; FAILED for anything else (``1.5``, the text ``1e3``)."""
    exact = _exact(value)
    if isinstance(exact, Marker) or exact != exact.__trunc__():
        return FAILED
    return int(exact)


def minor_units(value: Any, currency: Any) -> int | Marker:
    """An amount in minor units of the currency; FAILED for an unknown currency or a fraction of a minor unit."""
    exact = _exact(value)
    exponent = EXPONENTS.get(currency) if type(currency) is str else None
    if isinstance(exact, Marker) or exponent is None:
        return FAILED
    sign, digits, scale = Decimal(exact).as_tuple()
    assert isinstance(scale, int)
    return integer(Decimal((sign, digits, scale + exponent)))
