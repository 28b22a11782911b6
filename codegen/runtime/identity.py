"""What names a native webhook's event. Reads what no schema has checked."""

from __future__ import annotations

from typing import Any

from .json_forms import digest as _digest
from .values import ABSENT, FAILED, Marker, json_type


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


def of_type(value: Any, kinds: tuple[str, ...]) -> Any:
    """A value of one of these JSON types; FAILED for anything else. Reads what no schema has checked."""
    return value if json_type(value) in kinds else FAILED
