"""Reading paths, arrays and patterns."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from .values import ABSENT, OMIT, Rejected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


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


@cache
def _compiled(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern}, pattern_options=jsonschema_rs.RegexOptions())


def matches(pattern: str, text: str) -> bool:
    """Whether the text matches a contract's pattern, as validation reads it and in linear time."""
    return _compiled(pattern).is_valid(text)
