"""Steps on times that are counted from 1970 on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from .numbers import decimal
from .values import FAILED, Marker

FIRST_SECOND = -62_135_596_800
"""Of the year 1."""
AFTER_LAST_SECOND = 253_402_300_800
"""Of the year 9999."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def epoch_seconds(value: Any) -> Any:
    """Seconds since 1970 as an RFC 3339 time in UTC, every digit of a fraction kept; FAILED outside of 0001 to 9999."""
    return _moment(value, 0)


def epoch_milliseconds(value: Any) -> Any:
    """Milliseconds since 1970 as ``epoch_seconds`` has seconds."""
    return _moment(value, 3)


def epoch_microseconds(value: Any) -> Any:
    """Microseconds since 1970 as ``epoch_seconds`` has seconds."""
    return _moment(value, 6)


def _moment(value: Any, unit: int) -> str | Marker:
    exact = decimal(value)
    if isinstance(exact, Marker):
        return FAILED
    sign, digits, exponent = Decimal(exact).as_tuple()
    assert isinstance(exponent, int)
    places = unit - exponent
    count = int("".join(map(str, digits))) * (-1 if sign else 1)
    seconds, rest = divmod(count, 10**places)
    if not FIRST_SECOND <= seconds < AFTER_LAST_SECOND:
        return FAILED
    fraction = f".{rest:0{places}}".rstrip("0") if rest else ""
    return f"{(_EPOCH + timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()}{fraction}Z"
