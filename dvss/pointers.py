"""JSON Pointers as lineage has them: ``*`` for every element of an array, ``-1`` for its last."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ABSENT: Final = object()
"""Stands for what is not there."""


def names(pointer: str) -> list[str]:
    """The names on the way to a place."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def value_at(document: Any, pointer: str) -> Any:
    """What stands at a pointer, or ABSENT; with a ``*`` in it the list of what stands there."""
    found = [document]
    is_list = False
    for name in names(pointer):
        if name == "*":
            is_list = True
            found = [item for one in found if type(one) is list for item in one]
        else:
            found = [below for one in found if (below := _below(one, name)) is not ABSENT]
    if is_list:
        return found
    return found[0] if found else ABSENT


def _below(value: Any, name: str) -> Any:
    if type(value) is dict:
        return value.get(name, ABSENT)
    if type(value) is list and name.lstrip("-").isdecimal():
        index = int(name)
        return value[index] if -len(value) <= index < len(value) else ABSENT
    return ABSENT


def resolved(document: Any, pointer: str) -> str:
    """The pointer with indexes from an array's start where it has them from the end."""
    tokens = pointer.split("/")
    for number, token in enumerate(tokens):
        if token.startswith("-") and token[1:].isdecimal():
            array = value_at(document, "/".join(tokens[:number]))
            if type(array) is list and len(array) >= -int(token):
                tokens[number] = str(len(array) + int(token))
    return "/".join(tokens)


def expanded(document: Any, pattern: str) -> list[str]:
    """The pointer of everything that a pattern with ``*`` stands for, in the document's order."""
    return list(_expanded(document, pattern.split("/")[1:], ""))


def _expanded(value: Any, tokens: list[str], above: str) -> Iterator[str]:
    if not tokens:
        yield above
    elif tokens[0] != "*":
        (name,) = names(f"/{tokens[0]}")
        below = _below(value, name)
        if below is not ABSENT:
            yield from _expanded(below, tokens[1:], f"{above}/{tokens[0]}")
    elif type(value) is list:
        for index, item in enumerate(value):
            yield from _expanded(item, tokens[1:], f"{above}/{index}")
