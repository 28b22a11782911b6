"""Times as a person types them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from dvss.cli import terminal

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_AGO = re.compile(r"([0-9]{1,6})([smhd])")


def moment(text: str | None, now: datetime) -> datetime | None:
    """``2026-01-30``, ``2026-01-30T20:15:00Z``, or how long ago: ``90s``, ``15m``, ``2h``, ``7d``; no zone is UTC."""
    if text is None:
        return None
    ago = _AGO.fullmatch(text)
    if ago:
        return now - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        terminal.fail(
            f"'{text}' is no time. Give one like 2026-01-30T20:15:00Z, or 2h for two hours ago.", terminal.Exit.USAGE
        )
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
