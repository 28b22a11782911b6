"""Says where a document differs from what is expected of it: expected members must be there, others may."""

import re
from typing import Any


def differences(expected: Any, actual: Any, pointer: str = "") -> list[str]:
    """Empty if `actual` has all that is expected.

    `{"$matches": regex}` stands for a text, `{"$atLeast": n}` for a number, `{"$any": true}` for whatever is there.
    """
    match expected:
        case {"$matches": str(pattern)}:
            fits = isinstance(actual, str) and re.fullmatch(pattern, actual) is not None
            return [] if fits else [f"{pointer or '/'}: {_shown(actual)} does not match {pattern}"]
        case {"$atLeast": int(least)}:
            fits = isinstance(actual, int | float) and actual >= least
            return [] if fits else [f"{pointer or '/'}: {_shown(actual)} is not at least {least}"]
        case {"$any": True}:
            return []
        case dict():
            return _members(expected, actual, pointer)
        case list():
            return _items(expected, actual, pointer)
        case _:
            # JSON's 1 is not its true.
            same = expected == actual and isinstance(expected, bool) == isinstance(actual, bool)
            return [] if same else [f"{pointer or '/'}: {_shown(actual)} is not {_shown(expected)}"]


def _members(expected: dict[str, Any], actual: Any, pointer: str) -> list[str]:
    if not isinstance(actual, dict):
        return [f"{pointer or '/'}: {_shown(actual)} is no object"]
    found = []
    for name, member in expected.items():
        at = f"{pointer}/{name}"
        found += differences(member, actual[name], at) if name in actual else [f"{at}: is missing"]
    return found


def _items(expected: list[Any], actual: Any, pointer: str) -> list[str]:
    if not isinstance(actual, list) or len(actual) != len(expected):
        return [f"{pointer or '/'}: {_shown(actual)} does not have {len(expected)} items"]
    pairs = enumerate(zip(expected, actual, strict=True))
    return [difference for index, (one, other) in pairs for difference in differences(one, other, f"{pointer}/{index}")]


def at(document: Any, pointer: str) -> Any:
    """The value at a JSON Pointer. Raises LookupError if there is none."""
    value = document
    for escaped in pointer.split("/")[1:]:
        token = escaped.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(token)] if isinstance(value, list) else value[token]
        except (TypeError, ValueError, LookupError):
            message = f"there is nothing at {pointer} of {_shown(document)}"
            raise LookupError(message) from None
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
