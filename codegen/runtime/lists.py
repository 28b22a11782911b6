"""Lists: gathering values from arrays, and the steps that take a list as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .arithmetic import add
from .numbers import string
from .values import ABSENT, FAILED, OMIT, Marker, worked_out

if TYPE_CHECKING:
    from collections.abc import Callable
    from decimal import Decimal


def collect(make: Callable[[Any], Any], items: Any) -> list[Any]:
    """``make`` of every element for which it gives something; nothing where ``items`` is no array."""
    if type(items) is not list:
        return []
    return [made for item in items if (made := make(item)) is not ABSENT]


def collect_all(make: Callable[[Any], list[Any]], items: Any) -> list[Any]:
    """The lists that ``make`` gives for every element, as one list."""
    if type(items) is not list:
        return []
    return [value for item in items for value in make(item)]


def last(values: list[Any]) -> Any:
    """The last value; FAILED of an empty list."""
    return values[-1] if values else FAILED


def only(values: list[Any]) -> Any:
    """The only value; FAILED unless there is exactly one."""
    return values[0] if len(values) == 1 else FAILED


def first(values: list[Any]) -> Any:
    """The first value; FAILED of an empty list."""
    return values[0] if values else FAILED


def count(values: list[Any]) -> int:
    """The number of values."""
    return len(values)


def total(values: list[Any]) -> Any:
    """The exact sum; 0 of an empty list; FAILED where it has too many digits."""
    found: int | Decimal | Marker = 0
    for value in values:
        found = add(found, value)
    return found


def least(values: list[Any]) -> Any:
    """The smallest number; FAILED of an empty list."""
    return min(values, default=FAILED)


def greatest(values: list[Any]) -> Any:
    """The greatest number; FAILED of an empty list."""
    return max(values, default=FAILED)


def distinct(values: list[Any]) -> list[Any]:
    """Each value once, where it stands first. JSON's true and 1 are two values."""
    return list({(type(value) is bool, value): value for value in values}.values())


def ascending(values: list[Any]) -> list[Any]:
    """The values in ascending order, texts by code point."""
    return sorted(values)


def joined_items(values: list[Any], separator: str) -> str:
    """The values that are not empty as texts, with the separator between them."""
    return separator.join(text for value in values if (text := string(value)))


def joined(separator: str, *parts: Any) -> str:
    """The parts that are neither absent, null nor empty as texts, with the separator between them."""
    return joined_items([part for part in parts if part is not ABSENT and part is not None], separator)


def split(text: str, separator: str) -> list[str]:
    """The texts between separators."""
    return text.split(separator)


def kept(values: list[Any]) -> list[Any]:
    """The values that are not left out."""
    return [value for value in values if value is not OMIT]


def pair(key: Any, value: Any) -> tuple[Any, Any] | Marker:
    """A key with its value; OMIT where there is no key, and the value is not asked for then, or it is left out."""
    found = OMIT if key is ABSENT else worked_out(value)
    return OMIT if found is OMIT else (key, found)


def row(*parts: str) -> tuple[str, ...]:
    """A key of several parts."""
    return parts


def grouped(pairs: list[tuple[Any, Any]]) -> list[dict[str, Any]]:
    """The values of each key together, in the order in which keys come first."""
    groups: dict[Any, dict[str, Any]] = {}
    for key, value in pairs:
        groups.setdefault((type(key) is bool, key), {"key": key, "items": []})["items"].append(value)
    return list(groups.values())


def entries(pairs: list[tuple[Any, Any]]) -> Any:
    """The pairs as an object, keys as texts; FAILED where a key stands twice."""
    found = {string(key): value for key, value in pairs}
    return found if len(found) == len(pairs) else FAILED


def members(value: dict[str, Any]) -> list[dict[str, Any]]:
    """The members of an object as `{name, value}`, in their order."""
    return [{"name": name, "value": member} for name, member in value.items()]


def merge(left: dict[str, Any], right: dict[str, Any]) -> dict[str, Any]:
    """The members of both objects; the right one's where both have one."""
    return {**left, **right}
