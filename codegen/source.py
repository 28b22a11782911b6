"""Reads contract files and gives every node of them a place."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from codegen.diagnostics import Code, Diagnostics, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_CHARACTERS = 2_000_000
MAX_DEPTH = 64
MAX_DIGITS = 1_000
"""Of a number's digits, and of its exponent's value: what the run time takes too."""

type Scalar = str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A YAML scalar."""

    span: Span
    value: Scalar
    text: str
    text_span: Span | None
    """Where its text begins, behind an opening quote; None where escapes or line breaks displace the characters."""

    def place(self, offset: int) -> Span:
        """The place of a character of the text, or of the scalar where the characters are displaced."""
        return self.text_span.shifted(offset) if self.text_span else self.span


@dataclass(frozen=True, slots=True)
class ListNode:
    """A YAML sequence."""

    span: Span
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    """A YAML mapping in the order of the file; every key is text and stands once."""

    span: Span
    keys: Mapping[str, ScalarNode]
    members: Mapping[str, Node]


type Node = ScalarNode | ListNode | MapNode


def read_sources(root: Path) -> dict[str, str]:
    """The text of every contract file below ``root``, by path relative to it with forward slashes."""
    patterns = ("mappings/*.yaml", "mappings/*/*.yaml", "schemas/**/*.json", "openapi/*.yaml")
    found: dict[str, str] = {}
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            # Bytes that are no UTF-8 become surrogates, which `is_usable` reports at their place.
            found[path.relative_to(root).as_posix()] = path.read_bytes().decode("utf-8", errors="surrogateescape")
    return found


_NOT_TEXT = re.compile("[\ud800-\udfff]")


def is_usable(path: str, text: str, diagnostics: Diagnostics) -> bool:
    """Whether a file is of a size and of characters that can be parsed; reported if not."""
    if len(text) > MAX_CHARACTERS:
        message = f"the file has more than {MAX_CHARACTERS:,} characters"
        diagnostics.add(Code.FILE_TOO_LARGE, Span(path, 1, 1), message)
        return False
    broken = _NOT_TEXT.search(text)
    if broken:
        message = "a byte here is not UTF-8"
        diagnostics.add(Code.MALFORMED_FILE, place_of(path, text, broken.start()), message, "save the file as UTF-8")
        return False
    return True


def place_of(path: str, text: str, offset: int) -> Span:
    """The place of the character at ``offset``."""
    return Span(path, text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset))


def load_yaml(path: str, text: str, diagnostics: Diagnostics) -> Node | None:
    """Parse one YAML document; None if it was reported as unusable."""
    start = Span(path, 1, 1)
    if not is_usable(path, text, diagnostics):
        return None
    try:
        return _Builder(path, text, diagnostics).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Span(path, mark.line + 1, mark.column + 1) if mark else start
        at_mark = text.splitlines()[mark.line][mark.column :] if mark and mark.line < len(text.splitlines()) else ""
        hint = "indent with spaces" if at_mark.startswith("\t") else ""
        diagnostics.add(Code.MALFORMED_FILE, place, f"{error.problem or error.context}", hint)
    except yaml.YAMLError as error:
        diagnostics.add(Code.MALFORMED_FILE, start, " ".join(str(error).split()))
    except _UnusableError:
        pass
    return None


class _UnusableError(Exception):
    """The document was reported and nothing of it can be used."""


class _Builder:
    """Builds nodes from parser events, so that neither aliases nor nesting can blow up."""

    def __init__(self, path: str, text: str, diagnostics: Diagnostics) -> None:
        self._path = path
        self._diagnostics = diagnostics
        self._events: Iterator[Any] = yaml.parse(text, Loader=yaml.CSafeLoader)

    def document(self) -> Node | None:
        for event in self._events:
            if not isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
                if isinstance(event, yaml.StreamEndEvent):
                    break
                node = self._node(event, 0)
                second = next((later for later in self._events if isinstance(later, yaml.DocumentStartEvent)), None)
                if second is not None:
                    self._refuse(Code.MALFORMED_FILE, self._span(second), "a second YAML document begins here")
                return node
        self._diagnostics.add(Code.MALFORMED_FILE, Span(self._path, 1, 1), "the file is empty")
        return None

    def _refuse(self, code: Code, span: Span, message: str) -> None:
        self._diagnostics.add(code, span, message)
        raise _UnusableError

    def _span(self, event: Any) -> Span:
        return Span(self._path, event.start_mark.line + 1, event.start_mark.column + 1)

    def _node(self, event: Any, depth: int) -> Node:
        span = self._span(event)
        if depth > MAX_DEPTH:
            self._refuse(Code.FILE_TOO_LARGE, span, f"the file is nested more than {MAX_DEPTH} levels deep")
        if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
            self._refuse(Code.ANCHOR, span, f"anchor or alias '{event.anchor}'")
        if event.tag is not None:
            self._refuse(Code.WRONG_FORM, span, f"tag '{event.tag}'; write the value without one")
        if isinstance(event, yaml.ScalarEvent):
            if "\0" in event.value:
                self._refuse(Code.MALFORMED_FILE, span, "a text holds the character U+0000")
            plain = event.style in (None, "")
            quotes = 0 if plain else 1
            length = event.end_mark.column - event.start_mark.column if event.start_mark and event.end_mark else 0
            straight = length == len(event.value) + 2 * quotes and "\n" not in event.value
            value = _plain_value(event.value) if plain else event.value
            return ScalarNode(span, value, event.value, span.shifted(quotes) if straight else None)
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(item, depth + 1))
            return ListNode(span, tuple(items))
        return self._mapping(span, depth)

    def _mapping(self, span: Span, depth: int) -> MapNode:
        keys: dict[str, ScalarNode] = {}
        members: dict[str, Node] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, ScalarNode):
                self._refuse(Code.WRONG_FORM, key.span, "a key is a list or a block; keys are text")
                continue
            if key.text in keys:
                self._diagnostics.add(Code.DUPLICATE_KEY, key.span, f"key '{key.text}' stands twice")
                continue
            keys[key.text] = key
            members[key.text] = value
        return MapNode(span, keys, members)


_NUMBER = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_WORDS: Mapping[str, Scalar] = {"true": True, "false": False, "null": None, "~": None, "": None}


def exact_number(text: str) -> int | Decimal | None:
    """The exact value of a number's text, an ``int`` where it is integral; None if it is beyond MAX_DIGITS."""
    value = Decimal(text)
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if len(digits) > MAX_DIGITS or exponent < -MAX_DIGITS or value.adjusted() >= MAX_DIGITS:
        return None
    return int(value) if value == value.to_integral_value() else value


def _plain_value(text: str) -> Scalar:
    """A plain scalar under YAML 1.2's core schema (`no` and `on` are text), numbers exact."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    number = exact_number(text) if _NUMBER.fullmatch(text) else None
    return text if number is None else number


def plain_value(node: Node) -> Any:
    """The node's value without its places."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [plain_value(item) for item in node.items]
    return {key: plain_value(value) for key, value in node.members.items()}
