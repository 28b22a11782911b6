"""The words of the expression language, and a cursor over them."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codegen.diagnostics import Span
    from codegen.source import ScalarNode

MAX_DEPTH = 20
_UNEXPECTED = {
    **dict.fromkeys(("??", "+", "-", "*", "/"), "what has steps or outcomes stands in parentheses: `(a | trim) ?? b`"),
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">="), "comparisons stand in `if:`, `where:`, `filter:` and `[?...]`"),
}
MAX_TOKENS = 1_000

_PATTERN = re.compile(
    r"""(?P<space>[ \t]+)
      | (?P<text>'(?:[^']|'')*')
      | (?P<number>[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<mark>\?\?|==|!=|<=|>=|[|(),.\[\]$?<>+*/-])""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One word; the last one of every text has the kind ``end``."""

    kind: str
    text: str
    offset: int


class SyntaxFaultError(Exception):
    """The text cannot be read from ``offset`` on."""

    def __init__(self, offset: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.hint = hint


def _split(text: str) -> list[Token]:
    tokens: list[Token] = []
    offset = 0
    while offset < len(text):
        match = _PATTERN.match(text, offset)
        if match is None:
            hint = "texts stand in single quotes" if text[offset] == '"' else ""
            raise SyntaxFaultError(offset, f"unexpected character {text[offset]!a}", hint)
        kind = match.lastgroup or ""
        if kind != "space":
            tokens.append(Token(kind, match.group(), offset))
        offset = match.end()
        if len(tokens) > MAX_TOKENS:
            raise SyntaxFaultError(offset, f"an expression has at most {MAX_TOKENS:,} parts")
    tokens.append(Token("end", "", len(text)))
    return tokens


class Cursor:
    """Reads the words of one text in turn."""

    def __init__(self, node: ScalarNode) -> None:
        self.text = node.text
        self._node = node
        self.tokens = _split(node.text)
        self.at = 0
        self._depth = 0

    @property
    def next(self) -> Token:
        return self.tokens[self.at]

    def place(self, token: Token) -> Span:
        return self._node.place(token.offset)

    def since(self, start: Token) -> str:
        """The text from a word to the last one that was read."""
        last = self.tokens[self.at - 1]
        return self.text[start.offset : last.offset + len(last.text)]

    def take(self, text: str) -> bool:
        if self.next.text == text and self.next.kind in ("mark", "name"):
            self.at += 1
            return True
        return False

    def need(self, text: str) -> None:
        if not self.take(text):
            raise SyntaxFaultError(self.next.offset, f"expected '{text}', found {self.found()}")

    def found(self) -> str:
        return f"'{self.next.text}'" if self.next.kind != "end" else "the end"

    def pop(self, kind: str, what: str) -> Token:
        token = self.next
        if token.kind != kind:
            raise SyntaxFaultError(token.offset, f"expected {what}, found {self.found()}")
        self.at += 1
        return token

    def end(self) -> None:
        if self.next.kind != "end":
            hint = _UNEXPECTED.get(self.next.text, "steps are joined with '|'")
            raise SyntaxFaultError(self.next.offset, f"unexpected {self.found()}", hint)

    @contextmanager
    def deeper(self, token: Token) -> Iterator[None]:
        """What is read inside stands one level deeper."""
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise SyntaxFaultError(token.offset, f"nested more than {MAX_DEPTH} deep")
        yield
        self._depth -= 1
