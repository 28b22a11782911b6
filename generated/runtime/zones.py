"""Local times of a zone. Zones are those of the distribution `tzdata`, never of the system: the same everywhere."""

from __future__ import annotations

import re
from datetime import timedelta, timezone
from functools import cache
from typing import TYPE_CHECKING, Any

from .time_formats import in_utc, read
from .values import FAILED

if TYPE_CHECKING:
    from datetime import tzinfo

_ISO = tuple(f"YYYY-MM-DD{between}{clock}" for clock in ("HH:mm:ss", "HH:mm:ss.S", "HH:mm") for between in ("T", " "))
_FIXED = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])")


@cache
def zone(name: str) -> tzinfo | None:
    """The zone of an IANA name, ``UTC`` or an offset like ``+02:00``; None if there is none of the name."""
    fixed = _FIXED.fullmatch(name)
    if fixed:
        ahead = timedelta(hours=int(fixed[2]), minutes=int(fixed[3]))
        return timezone(-ahead if fixed[1] == "-" else ahead)
    from importlib.resources import files
    from zoneinfo import ZoneInfo

    distribution = files("tzdata")
    if name not in (distribution / "zones").read_text(encoding="utf-8").split():
        return None
    with (distribution / "zoneinfo" / name).open("rb") as source:
        return ZoneInfo.from_file(source, key=name)


def local_timestamp(text: Any, zone_name: str, *formats: str) -> Any:
    """A zone's local time as RFC 3339 in UTC, ISO 8601 where no format is named.

    FAILED where no format fits, and for a time that the zone's clocks skip or show twice.
    """
    place = zone(zone_name)
    time = next((found for form in formats or _ISO if (found := read(text, form))), None)
    if time is None or place is None:
        return FAILED
    first, second = (time.clock.replace(tzinfo=place, fold=fold).utcoffset() for fold in (0, 1))
    if first is None or first != second:
        return FAILED
    return in_utc(time, first) or FAILED
