"""Steps on times."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from .time_formats import in_utc, read
from .values import FAILED, Marker

_DATE_TIME = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(\.\d+)?(?:([Zz])|([+-])([01]\d|2[0-3]):([0-5]\d))", re.ASCII
)
_LEAP_SECOND = 60
_DAY = timedelta(days=1)
_LAST_MINUTE = timedelta(hours=23, minutes=59)


def timestamp(text: Any, *formats: str) -> Any:
    """A time with an offset as RFC 3339 in UTC, every digit of its fraction kept; FAILED where no format fits.

    Without formats the text is RFC 3339 itself.
    """
    if not formats:
        return _of_rfc_3339(text)
    time = next((found for form in formats if (found := read(text, form))), None)
    if time is None or time.offset is None:
        return FAILED
    return in_utc(time, time.offset) or FAILED


def _of_rfc_3339(text: Any) -> str | Marker:
    """The same moment in UTC; FAILED for anything else.

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
