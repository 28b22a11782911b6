"""The two forms that JSON values are written in without loss: as they are, and the canonical one of digests."""

from __future__ import annotations

import hashlib
import json
from decimal import MAX_PREC, Context, Decimal
from typing import Any


class _HoldsDecimalError(Exception):
    pass


def _refuse_decimal(value: Any) -> Any:
    if isinstance(value, Decimal):
        raise _HoldsDecimalError
    message = f"{type(value).__name__} is not a JSON value"
    raise TypeError(message)


_in_order = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_refuse_decimal)
_sorted = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_refuse_decimal, sort_keys=True
)


def dump(value: Any) -> bytes:
    """Compact UTF-8 JSON with the members in their own order and every number exact."""
    try:
        return _in_order.encode(value).encode()
    except _HoldsDecimalError:
        return _text(value, in_order=True).encode()


def canonical(value: Any) -> bytes:
    """The canonical form that digests are made of: members sorted by code point, no white space, minimal escapes.

    A number is written by its value, an integer plainly and any other as ``<digits>e<exponent>`` without trailing
    zeros; RFC 8785 would pass numbers through doubles.
    """
    try:
        return _sorted.encode(value).encode()
    except _HoldsDecimalError:
        return _text(value, in_order=False).encode()


def digest(value: Any) -> str:
    """Hex SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _text(value: Any, *, in_order: bool) -> str:
    if isinstance(value, dict):
        members = value.items() if in_order else sorted(value.items())
        return "{" + ",".join(f"{_in_order.encode(k)}:{_text(v, in_order=in_order)}" for k, v in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(item, in_order=in_order) for item in value) + "]"
    if isinstance(value, Decimal):
        return number_text(value) if in_order else _canonical_number(value)
    return _in_order.encode(value)


def number_text(value: int | Decimal) -> str:
    """A number in plain decimal notation, by value: no exponent, no trailing zeros."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


_UNROUNDED = Context(prec=MAX_PREC)


def _canonical_number(value: Decimal) -> str:
    text = str(value.normalize(_UNROUNDED))
    mantissa, _, exponent = text.partition("E")
    whole, _, fraction = mantissa.partition(".")
    places = int(exponent or 0) - len(fraction)
    if places >= 0:
        return str(int(value))
    return f"{'-' * value.is_signed()}{(whole + fraction).lstrip('-0')}e{places}"
