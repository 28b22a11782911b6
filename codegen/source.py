"""Reads contract files and gives every node of them a place."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import yaml

from codegen.diagnostics import Code, Diagnostics, Span

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

MAX_FILE_BYTES = 2_000_000
MAX_DEPTH = 64
MAX_DIGITS = 1_000

type Scalar = str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class ScalarNode:
    """A YAML scalar; ``text_span`` is where its text begins, behind an opening quote."""

    span: Span
    value: Scalar
    text: str
    text_span: Span


@dataclass(frozen=True, slots=True)
class ListNode:
    """A YAML sequence."""

    span: Span
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class MapNode:
    """A YAML mapping in the order of the file; every key is text and stands once."""

    span: Span
    keys: Mapping[str, Span]
    members: Mapping[str, Node]


type Node = ScalarNode | ListNode | MapNode


def read_sources(root: Path) -> dict[str, str]:
    """The text of every contract file below ``root``, by path relative to it with forward slashes."""
    patterns = ("mappings/*.yaml", "schemas/**/*.json", "openapi/*.yaml")
    found: dict[str, str] = {}
    for pattern in patterns:
        for path in sorted(root.glob(pattern)):
            # Bytes that are no UTF-8 become U+FFFD and are reported by the parser at their place.
            found[path.relative_to(root).as_posix()] = path.read_bytes().decode("utf-8", errors="replace")
    return found


def load_yaml(path: str, text: str, diagnostics: Diagnostics) -> Node | None:
    """Parse one YAML document; None if it was reported as unusable."""
    start = Span(path, 1, 1)
    if len(text) > MAX_FILE_BYTES:
        diagnostics.add(Code.FILE_TOO_LARGE, start, f"the file has more than {MAX_FILE_BYTES:,} characters")
        return None
    try:
        return _Builder(path, text, diagnostics).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Span(path, mark.line + 1, mark.column + 1) if mark else start
        hint = "indent with spaces" if "\\t" in str(error.problem) or "'\t'" in str(error.problem) else ""
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
                rest = list(self._events)
                if any(isinstance(later, yaml.DocumentStartEvent) for later in rest):
                    self._refuse(Code.MALFORMED_FILE, node.span, "the file holds more than one YAML document")
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
        if isinstance(event, yaml.ScalarEvent):
            plain = event.style in (None, "")
            value = _plain_value(event.value) if plain else event.value
            return ScalarNode(span, value, event.value, span if plain else span.shifted(1))
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            while not isinstance(item := next(self._events), yaml.SequenceEndEvent):
                items.append(self._node(item, depth + 1))
            return ListNode(span, tuple(items))
        return self._mapping(span, depth)

    def _mapping(self, span: Span, depth: int) -> MapNode:
        keys: dict[str, Span] = {}
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
            keys[key.text] = key.span
            members[key.text] = value
        return MapNode(span, keys, members)


_INTEGER = re.compile(r"[-+]?[0-9]+")
_DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]{1,4})?")
_WORDS: Mapping[str, Scalar] = {"true": True, "false": False, "null": None, "~": None, "": None}


def _plain_value(text: str) -> Scalar:
    """A plain scalar under YAML 1.2's core schema (`no` and `on` are text), numbers exact."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if len(text) <= MAX_DIGITS and _INTEGER.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return Decimal(text)
    return text


def plain_value(node: Node) -> Any:
    """The node's value without its places."""
    if isinstance(node, ScalarNode):
        return node.value
    if isinstance(node, ListNode):
        return [plain_value(item) for item in node.items]
    return {key: plain_value(value) for key, value in node.members.items()}


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
            self._node = load_yaml(self.path, self._text, Diagnostics()) or ListNode(Span(self.path, 1, 1), ())
        node: Node = self._node
        span = node.span
        for token in pointer.split("/")[1:]:
            name = token.replace("~1", "/").replace("~0", "~")
            if isinstance(node, MapNode) and name in node.members:
                span = node.keys[name]
                node = node.members[name]
            elif isinstance(node, ListNode) and name.isdecimal() and int(name) < len(node.items):
                node = node.items[int(name)]
                span = node.span
            else:
                break
        return span


def load_json(path: str, text: str, diagnostics: Diagnostics) -> JsonSource | None:
    """Parse one JSON contract, numbers exact; None if it was reported as unusable."""
    start = Span(path, 1, 1)
    if len(text) > MAX_FILE_BYTES:
        diagnostics.add(Code.FILE_TOO_LARGE, start, f"the file has more than {MAX_FILE_BYTES:,} characters")
        return None
    repeated: list[str] = []

    def members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names = [name for name, _ in pairs]
        repeated.extend(name for name in set(names) if names.count(name) > 1)
        return dict(pairs)

    try:
        value = json.loads(text, parse_float=Decimal, parse_constant=_refuse_constant, object_pairs_hook=members)
    except json.JSONDecodeError as error:
        diagnostics.add(Code.MALFORMED_FILE, Span(path, error.lineno, error.colno), f"not JSON: {error.msg}")
        return None
    except (RecursionError, ValueError) as error:
        diagnostics.add(Code.FILE_TOO_LARGE, start, f"not usable JSON: {error}")
        return None
    for name in sorted(repeated):
        line = next(n for n, row in enumerate(text.splitlines(), 1) if row.count(json.dumps(name)) > 0)
        diagnostics.add(Code.DUPLICATE_KEY, Span(path, line, 1), f"key '{name}' stands twice in one object")
    return JsonSource(path, text, value)


def _refuse_constant(name: str) -> Any:
    message = f"{name} is not JSON"
    raise ValueError(message)
