"""What compiled mapping rules call: reading paths, the steps, and the one exception that a rule may raise."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from .currencies import EXPONENTS
from .exact_json import digest as _digest
from .exact_json import number_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Marker(Enum):
    """Results that are no JSON value."""

    ABSENT = "absent"
    """There is nothing at the path."""
    OMIT = "omit"
    """The target is left out."""
    FAILED = "failed"
    """The step could not convert its input."""


ABSENT = Marker.ABSENT
OMIT = Marker.OMIT
FAILED = Marker.FAILED


def json_type(value: Any) -> str:
    """Name of a value's JSON type; a marker's own name for a marker."""
    if isinstance(value, Marker):
        return value.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", Decimal: "number", list: "array", dict: "object"}
    return names[type(value)]


class Rejected(Exception):  # noqa: N818 - the payload is rejected, the program is not in error
    """A rule that was marked as fallible refused the payload. Never holds a value of it."""

    def __init__(self, *, rule: str, code: str, pointer: str, expected: str, found: Any, scope: int = 0) -> None:
        """``pointer`` starts at the element that the scope of this number stands at; 0 is the payload.

        Of ``found`` only the JSON type is kept; OMIT where no single value was looked at.
        """
        self.rule = rule
        self.code = code
        self.pointer = pointer
        self.scope = scope
        self.message = f"expected {expected}" + ("" if found is OMIT else f", found {json_type(found)}")
        super().__init__(f"{rule}: {self.message}")


def get(value: Any, *path: str | int) -> Any:
    """What stands at the path, or ABSENT if any part of the way is missing or of another type."""
    for name in path:
        if type(value) is dict:
            value = value.get(name, ABSENT)
        elif type(value) is list and type(name) is int and name < len(value):
            value = value[name]
        else:
            return ABSENT
    return value


def first(*values: Any) -> Any:
    """The first value that is present; null is a value."""
    return next((value for value in values if value is not ABSENT), ABSENT)


def same(left: Any, right: Any) -> bool:
    """Equality as JSON has it, where Python would take true for 1."""
    return (type(left) is bool) is (type(right) is bool) and left == right


def each(make: Callable[[Any], Any], items: Iterable[Any], pointer: str, origin: int, scope: int) -> list[Any]:
    """``make`` of every item; completes the pointer of a rejection inside of the items, whose ``scope`` that is.

    ``pointer`` is the array's own, from the scope ``origin``.
    """
    made = []
    for index, item in enumerate(items):
        try:
            result = make(item)
        except Rejected as rejection:
            if rejection.scope == scope:
                rejection.pointer = f"{pointer}/{index}{rejection.pointer}"
                rejection.scope = origin
            raise
        if result is not OMIT:
            made.append(result)
    return made


def trim(text: str) -> str:
    """Without white space at both ends."""
    return text.strip()


def upper(text: str) -> str:
    """In upper case (Unicode default case conversion, no locale)."""
    return text.upper()


def lower(text: str) -> str:
    """In lower case (Unicode default case conversion, no locale)."""
    return text.lower()


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


_DATE_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?(?:([Zz])|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII
)
_LEAP_SECOND = 60
_DAY = timedelta(days=1)
_LAST_MINUTE = timedelta(hours=23, minutes=59)


def timestamp(text: Any) -> str | Marker:
    """An RFC 3339 time in UTC, every digit of its fraction kept; FAILED for anything else.

    A time whose UTC year would lie outside of 0001 to 9999 stays in its own offset: the same moment, still RFC 3339.
    """
    match = _DATE_TIME.fullmatch(text) if type(text) is str else None
    if match is None:
        return FAILED
    year, month, day, hour, minute, second = map(int, match.group(1, 2, 3, 4, 5, 6))
    fraction, _, sign, offset_hour, offset_minute = match.group(7, 8, 9, 10, 11)
    offset = timedelta(hours=int(offset_hour or 0), minutes=int(offset_minute or 0)) * (-1 if sign == "-" else 1)
    # A leap second is the last second of a day in UTC.
    is_last_minute = (timedelta(hours=hour, minutes=minute) - offset) % _DAY == _LAST_MINUTE
    if second > _LEAP_SECOND or (second == _LEAP_SECOND and not is_last_minute):
        return FAILED
    tail = f":{second:02}{fraction or ''}"
    own_offset = f"{sign}{offset_hour}:{offset_minute}" if sign else "Z"
    unmoved = f"{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}{tail}{own_offset}"
    try:
        # The year 0000 is valid RFC 3339 and outside of Python's calendar; its leap year is checked on 2000.
        moment = datetime(year or 2000, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return FAILED
    if not year:
        return unmoved
    try:
        moment -= offset
    except OverflowError:
        return unmoved
    return f"{moment.year:04}-{moment.month:02}-{moment.day:02}T{moment.hour:02}:{moment.minute:02}{tail}Z"


def join(separator: str, *parts: Any) -> str | Marker:
    """Texts and integers joined; FAILED if a part is anything else, absent or empty."""
    if any(type(part) not in (str, int) or part == "" for part in parts):
        return FAILED
    return separator.join(map(str, parts))


def digest(value: Any) -> str | Marker:
    """Hex SHA-256 of the value's canonical JSON form; FAILED where there is no value."""
    return FAILED if value is ABSENT else _digest(value)


def text_or_failed(value: Any) -> str | Marker:
    """A text that is not empty, an integer as text; FAILED for anything else. Reads what no schema has checked."""
    if type(value) is int:
        return str(value)
    return value if type(value) is str and value else FAILED


@cache
def _compiled(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())


def matches(pattern: str, text: str) -> bool:
    """Whether the text matches a contract's pattern, as validation reads it and in linear time."""
    return _compiled(pattern).is_valid(text)
