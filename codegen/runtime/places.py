"""Reading paths, arrays and patterns."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from .values import ABSENT, OMIT, Rejected, worked_out

if TYPE_CHECKING:
    from collections.abc import Callable


def get(value: Any, *path: str | int) -> Any:
    """What stands at the path, or ABSENT if any part of the way is missing or of another type."""
    for name in path:
        if type(value) is dict:
            value = value.get(name, ABSENT)
        elif type(value) is list and type(name) is int and -len(value) <= name < len(value):
            value = value[name]
        else:
            return ABSENT
    return value


def coalesce(*values: Any) -> Any:
    """The first value that is present; null is a value. One that is a function is called when its turn comes."""
    return next((value for value in map(worked_out, values) if value is not ABSENT), ABSENT)


def coalesce_but(skipped: tuple[str, ...], *values: Any) -> Any:
    """The first value that is present and none of `null`, `empty`; the last one if there is none."""
    for value in map(worked_out, values[:-1]):
        is_skipped = (value is None and "null" in skipped) or (value in ("", []) and "empty" in skipped)
        if value is not ABSENT and not is_skipped:
            return value
    return worked_out(values[-1])


def each(make: Callable[[Any], Any], items: Any, pointer: str, origin: int, scope: int) -> list[Any]:
    """``make`` of every item but for those that are left out; none where ``items`` is no array.

    Completes the pointer of a rejection inside of the items, whose ``scope`` that is. ``pointer`` is the array's own,
    from the scope ``origin``.
    """
    made = []
    for index, item in enumerate(items if type(items) is list else ()):
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


def each_of_each(make: Callable[[Any], list[Any]], items: Any, pointer: str, origin: int, scope: int) -> list[Any]:
    """The lists that ``make`` gives for every item, as one list; pointers as in ``each``."""
    return [value for made in each(make, items, pointer, origin, scope) for value in made]


@cache
def _compiled(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())


def matches(pattern: str, text: str) -> bool:
    """Whether the text matches a contract's pattern, as validation reads it and in linear time."""
    return _compiled(pattern).is_valid(text)
