"""JSON contracts: exact values, and the place of any part of them."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from codegen.diagnostics import Code, Diagnostics, Span, shown
from codegen.source import MAX_DEPTH, MAX_DIGITS, ListNode, MapNode, exact_number, is_usable, load_yaml, place_of

if TYPE_CHECKING:
    from decimal import Decimal

    from codegen.source import Node


class JsonSource:
    """A JSON contract: its exact value, and the place of any pointer, worked out only when something is wrong."""

    def __init__(self, path: str, text: str, value: Any, at: Node | None = None) -> None:
        """``at`` is the node of a schema that stands inline in a YAML file."""
        self.path = path
        self.value = value
        self._text = text
        self._node = at

    def span(self, pointer: str) -> Span:
        """The place of what an RFC 6901 pointer names, or of the nearest thing above it."""
        if self._node is None:
            found = load_yaml(self.path, _as_yaml(self._text), Diagnostics())
            self._node = found or ListNode(Span(self.path, 1, 1), ())
        node: Node = self._node
        span = node.span
        for name in pointer_names(pointer):
            if isinstance(node, MapNode) and name in node.members:
                span = node.keys[name].span
                node = node.members[name]
            elif isinstance(node, ListNode) and name.isdecimal() and int(name) < len(node.items):
                node = node.items[int(name)]
                span = node.span
            else:
                break
        return span


def pointer_names(pointer: str) -> list[str]:
    """The reference tokens of a JSON Pointer, unescaped."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def escaped(name: str | int) -> str:
    """A member's name or an index as a token of a JSON Pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")


class _FaultError(Exception):
    def __init__(self, code: Code, literal: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.literal = literal
        self.message = message


def load_json(path: str, text: str, diagnostics: Diagnostics) -> JsonSource | None:
    """Parse one JSON contract, numbers exact; None if it was reported as unusable."""
    if not is_usable(path, text, diagnostics):
        return None
    repeated = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            repeated.append(pairs)
        return found

    try:
        value = json.loads(
            text, parse_int=_number, parse_float=_number, parse_constant=_no_number, object_pairs_hook=members
        )
    except json.JSONDecodeError as error:
        diagnostics.add(Code.MALFORMED_FILE, Span(path, error.lineno, error.colno), f"not JSON: {error.msg}")
        return None
    except _FaultError as fault:
        diagnostics.add(fault.code, _place_of_literal(path, text, fault.literal), fault.message)
        return None
    except RecursionError:
        value = None
    too_deep = value is None or _is_deep(value)
    if repeated or too_deep:
        code = Code.FILE_TOO_LARGE if too_deep else Code.DUPLICATE_KEY
        message = f"nested more than {MAX_DEPTH} levels deep" if too_deep else "a key stands twice in one object"
        _report_in_place(path, text, diagnostics, code, message)
        return None
    odd = _odd_character(value)
    if odd is not None:
        source = JsonSource(path, text, value)
        message = f"the text at {shown(odd)} holds the character U+0000 or half of a surrogate pair"
        diagnostics.add(Code.MALFORMED_FILE, source.span(odd), message)
        return None
    return JsonSource(path, text, value)


def _number(text: str) -> int | Decimal:
    value = exact_number(text)
    if value is None:
        raise _FaultError(Code.FILE_TOO_LARGE, text, f"a number has more than {MAX_DIGITS:,} digits")
    return value


def _no_number(name: str) -> Any:
    raise _FaultError(Code.MALFORMED_FILE, name, f"{name} is not JSON")


_STRING_OR_NUMBER = re.compile(r'"(?:[^"\\]|\\.)*"|(-?[0-9][0-9.eE+-]*|-?Infinity|NaN)')


def _place_of_literal(path: str, text: str, literal: str) -> Span:
    found = next((one for one in _STRING_OR_NUMBER.finditer(text) if one[1] == literal), None)
    return place_of(path, text, found.start() if found else 0)


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [
            below
            for container in level
            if isinstance(container, dict | list)
            for below in (container.values() if isinstance(container, dict) else container)
        ]
    return bool(level)


def _report_in_place(path: str, text: str, diagnostics: Diagnostics, code: Code, message: str) -> None:
    """Let the reader that knows places report what is wrong; at the file's start if it does not see it."""
    places = Diagnostics()
    load_yaml(path, _as_yaml(text), places)
    reported = [found for found in places.sorted() if found.code is code]
    for found in reported:
        diagnostics.add(found.code, found.span, found.message)
    if not reported:
        diagnostics.add(code, Span(path, 1, 1), message)


_ODD = re.compile("[\0\ud800-\udfff]")


def _odd_character(value: Any, pointer: str = "") -> str | None:
    """Pointer of the first text that no UTF-8 file can hold; None if there is none."""
    if isinstance(value, str):
        return pointer if _ODD.search(value) else None
    if isinstance(value, dict):
        if any(_ODD.search(name) for name in value):
            return pointer
        members = [(escaped(name), below) for name, below in value.items()]
    else:
        members = [(str(index), below) for index, below in enumerate(value)] if isinstance(value, list) else []
    found = (_odd_character(below, f"{pointer}/{name}") for name, below in members)
    return next((place for place in found if place is not None), None)


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def _as_yaml(text: str) -> str:
    """The text as a YAML parser takes it, every character in its place: no tabs, no escaped surrogates."""
    return _SURROGATE.sub("?" * 6, text.replace("\t", " "))
