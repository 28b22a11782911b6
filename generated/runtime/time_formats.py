"""Formats of dates and times: their tokens, and how a text of one is read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
TOKENS = {
    "YYYY": ("year", r"[0-9]{4}"),
    "MMM": ("month_name", "|".join(MONTHS)),
    "MM": ("month", r"[0-9]{2}"),
    "M": ("month", r"[0-9]{1,2}"),
    "DD": ("day", r"[0-9]{2}"),
    "D": ("day", r"[0-9]{1,2}"),
    "HH": ("hour", r"[0-9]{2}"),
    "H": ("hour", r"[0-9]{1,2}"),
    "hh": ("half_day_hour", r"[0-9]{2}"),
    "h": ("half_day_hour", r"[0-9]{1,2}"),
    "mm": ("minute", r"[0-9]{2}"),
    "ss": ("second", r"[0-9]{2}"),
    "S": ("fraction", r"[0-9]+"),
    "A": ("half_day", r"am|pm"),
    "Z": ("offset", r"z|[+-](?:[01][0-9]|2[0-3]):?[0-5][0-9]"),
}
"""What each token is of, and what it matches in any case of letters."""
_WORD = re.compile(rf"(?P<token>{'|'.join(TOKENS)})|\[(?P<quoted>[^\[\]]*)\]|(?P<mark>[^A-Za-z0-9\[\]]|T)")
_LEAP_SECOND = 60
_LAST_SECOND = (23, 59, 59)
_NOON = 12


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What a text says: a time of a calendar and a clock, and how far the clock is ahead of UTC where it says so."""

    clock: datetime
    """Without a zone; the last second of the minute where ``is_leap``."""
    is_leap: bool
    fraction: str
    """Digits behind the second."""
    offset: timedelta | None


def words_of(form: str) -> list[tuple[str, str]]:
    """A format's tokens, and the texts between them with the token ''. Raises ValueError at what is neither."""
    words = []
    place = 0
    while place < len(form):
        word = _WORD.match(form, place)
        if word is None:
            raise ValueError(form[place])
        place = word.end()
        token = word["token"]
        words.append((token, token) if token else ("", word["mark"] or word["quoted"] or ""))
    return words


def tokens_of(form: str) -> set[str]:
    """The tokens of a format."""
    return {token for token, _ in words_of(form) if token}


@cache
def _pattern(form: str) -> re.Pattern[str]:
    parts = [
        f"(?P<{TOKENS[token][0]}>{TOKENS[token][1]})" if token else re.escape(text) for token, text in words_of(form)
    ]
    return re.compile("".join(parts), re.IGNORECASE | re.ASCII)


def read(text: str, form: str) -> LocalTime | None:
    """The time in a text of the format; None where it is of another one, or the calendar has no such day."""
    match = _pattern(form).fullmatch(text)
    if match is None:
        return None
    found = {name: value for name, value in match.groupdict().items() if value is not None}
    month = MONTHS.index(found["month_name"].lower()) + 1 if "month_name" in found else int(found["month"])
    hour = _hour(found)
    second = int(found.get("second", "0"))
    is_leap = second == _LEAP_SECOND
    if hour is None:
        return None
    try:
        clock = datetime(  # noqa: DTZ001 - of the zone that its caller knows
            int(found["year"]), month, int(found["day"]), hour, int(found.get("minute", "0")), second - is_leap
        )
    except ValueError:
        return None
    return LocalTime(clock, is_leap, found.get("fraction", ""), _offset(found["offset"]) if "offset" in found else None)


def _hour(found: dict[str, str]) -> int | None:
    if "half_day_hour" not in found:
        return int(found.get("hour", "0"))
    hour = int(found["half_day_hour"])
    if not 1 <= hour <= _NOON:
        return None
    return hour % _NOON + (_NOON if found["half_day"].lower() == "pm" else 0)


def _offset(text: str) -> timedelta:
    if text in "zZ":
        return timedelta()
    digits = text[1:].replace(":", "")
    ahead = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return -ahead if text[0] == "-" else ahead


def in_utc(time: LocalTime, offset: timedelta) -> str | None:
    """RFC 3339 in UTC; None outside of the years 0001 to 9999, or for a leap second that ends no day of UTC."""
    try:
        moment = time.clock.replace(tzinfo=UTC) - offset
    except OverflowError:
        return None
    if time.is_leap and (moment.hour, moment.minute, moment.second) != _LAST_SECOND:
        return None
    whole = moment.replace(tzinfo=None).isoformat()
    second = f"{whole[:-2]}{_LEAP_SECOND}" if time.is_leap else whole
    return f"{second}.{time.fraction}Z" if time.fraction else f"{second}Z"
