"""The expression language: `path | step | step(argument) or outcome`, parsed to a tree that carries its places."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, Span, suggestion

if TYPE_CHECKING:
    from codegen.source import Scalar


class Condition(StrEnum):
    """What an outcome answers to."""

    ABSENT = "absent"
    NULL = "null"
    EMPTY = "empty"
    FAILURE = "failure"


class Action(StrEnum):
    """What an outcome does instead of going on."""

    QUARANTINE = "quarantine"
    OMIT = "omit"
    VALUE = "value"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`or quarantine`, `or omit on null`, `or 'x' on absent, null`. ``conditions`` is empty where none is named."""

    span: Span
    action: Action
    value: Scalar
    conditions: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Path:
    """A path below a root; ``root`` is the scope ('' for the nearest, 'parent', 'parent.parent', 'envelope', ...)."""

    span: Span
    root: str
    segments: tuple[str | int, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant in an expression."""

    span: Span
    value: Scalar


@dataclass(frozen=True, slots=True)
class Call:
    """A function that stands where a path may: `join('/', a, b)`."""

    span: Span
    name: str
    arguments: tuple[Operand, ...]


type Operand = Path | Literal | Call


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a pipeline with the outcomes declared for it."""

    span: Span
    name: str
    arguments: tuple[Operand, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """`a ?? b or omit | step or quarantine`."""

    span: Span
    text: str
    operands: tuple[Operand, ...]
    outcomes: tuple[Outcome, ...]
    steps: tuple[Step, ...]


class Comparison(StrEnum):
    """The comparisons of the predicate grammar."""

    EQUAL = "=="
    NOT_EQUAL = "!="


@dataclass(frozen=True, slots=True)
class Compare:
    """`path == literal`."""

    span: Span
    path: Path
    comparison: Comparison
    literal: Literal


@dataclass(frozen=True, slots=True)
class Present:
    """`present(path)`: there is a value, which may be null."""

    span: Span
    path: Path


@dataclass(frozen=True, slots=True)
class Not:
    """`not predicate`."""

    span: Span
    inner: Predicate


@dataclass(frozen=True, slots=True)
class Both:
    """`a and b`, `a or b`."""

    span: Span
    word: str
    left: Predicate
    right: Predicate
    grouped: bool = False
    """It stood in parentheses."""


type Predicate = Compare | Present | Not | Both

_TOKEN = re.compile(
    r"""(?P<space>[ \t]+)
      | (?P<text>'(?:[^']|'')*')
      | (?P<number>-?[0-9]+(?:\.[0-9]+)?)
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<mark>\?\?|==|!=|[|(),.\[\]$])""",
    re.VERBOSE,
)
_ROOTS = frozenset({"parent", "envelope", "body", "path", "header"})
_MAX_DEPTH = 20


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    offset: int


class _SyntaxError(Exception):
    def __init__(self, offset: int, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.offset = offset
        self.message = message
        self.hint = hint


def parse_expression(text: str, span: Span, diagnostics: Diagnostics) -> Expression | None:
    """Parse a rule's right side; None if it was reported. ``span`` is where ``text`` begins."""
    try:
        return _Parser(text, span).expression()
    except _SyntaxError as error:
        diagnostics.add(Code.BAD_EXPRESSION, span.shifted(error.offset), error.message, error.hint)
        return None


def parse_predicate(text: str, span: Span, diagnostics: Diagnostics) -> Predicate | None:
    """Parse the condition of a `where:` or an `if:`; None if it was reported."""
    try:
        return _Parser(text, span).whole_predicate()
    except _SyntaxError as error:
        diagnostics.add(Code.BAD_EXPRESSION, span.shifted(error.offset), error.message, error.hint)
        return None


def _tokens(text: str) -> list[_Token]:
    tokens: list[_Token] = []
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            hint = "texts stand in single quotes" if text[offset] == '"' else ""
            raise _SyntaxError(offset, f"unexpected character {text[offset]!a}", hint)
        kind = match.lastgroup or ""
        if kind != "space":
            tokens.append(_Token(kind, match.group(), offset))
        offset = match.end()
    tokens.append(_Token("end", "", len(text)))
    return tokens


class _Parser:
    def __init__(self, text: str, span: Span) -> None:
        self._text = text
        self._span = span
        self._tokens = _tokens(text)
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> _Token:
        return self._tokens[self._at]

    def _place(self, token: _Token) -> Span:
        return self._span.shifted(token.offset)

    def _take(self, text: str) -> bool:
        if self._next.text == text and self._next.kind in ("mark", "name"):
            self._at += 1
            return True
        return False

    def _need(self, text: str) -> None:
        if not self._take(text):
            raise _SyntaxError(self._next.offset, f"expected '{text}', found {self._found()}")

    def _found(self) -> str:
        return f"'{self._next.text}'" if self._next.kind != "end" else "the end"

    def _pop(self, kind: str, what: str) -> _Token:
        token = self._next
        if token.kind != kind:
            raise _SyntaxError(token.offset, f"expected {what}, found {self._found()}")
        self._at += 1
        return token

    def _end(self) -> None:
        if self._next.kind != "end":
            raise _SyntaxError(self._next.offset, f"unexpected {self._found()}", "steps are joined with '|'")

    def expression(self) -> Expression:
        operands = [self._operand()]
        while self._take("??"):
            operands.append(self._operand())
        outcomes = self._outcomes()
        steps = []
        while self._take("|"):
            steps.append(self._step())
        self._end()
        return Expression(self._span, self._text, tuple(operands), outcomes, tuple(steps))

    def _step(self) -> Step:
        token = self._pop("name", "the name of a step")
        arguments: tuple[Operand, ...] = self._arguments() if self._take("(") else ()
        return Step(self._place(token), token.text, arguments, self._outcomes())

    def _arguments(self) -> tuple[Operand, ...]:
        if self._take(")"):
            return ()
        arguments = [self._operand()]
        while self._take(","):
            arguments.append(self._operand())
        self._need(")")
        return tuple(arguments)

    def _outcomes(self) -> tuple[Outcome, ...]:
        outcomes = []
        while self._next.text == "or" and self._next.kind == "name":
            token = self._next
            self._at += 1
            action, value = self._action()
            outcomes.append(Outcome(self._place(token), action, value, self._conditions()))
        return tuple(outcomes)

    def _action(self) -> tuple[Action, Scalar]:
        if self._take(Action.QUARANTINE):
            return Action.QUARANTINE, None
        if self._take(Action.OMIT):
            return Action.OMIT, None
        token = self._next
        literal = self._literal()
        if literal is None:
            hint = "outcomes: quarantine, omit, null, 'text', a number, true, false"
            raise _SyntaxError(token.offset, f"expected an outcome behind 'or', found {self._found()}", hint)
        return Action.VALUE, literal.value

    def _conditions(self) -> tuple[Condition, ...]:
        if not self._take("on"):
            return ()
        conditions = [self._condition()]
        while self._take(","):
            conditions.append(self._condition())
        return tuple(conditions)

    def _condition(self) -> Condition:
        token = self._pop("name", "a condition")
        if token.text not in list(Condition):
            raise _SyntaxError(token.offset, f"no condition '{token.text}'", suggestion(token.text, Condition))
        return Condition(token.text)

    def _literal(self) -> Literal | None:
        token = self._next
        words: dict[str, Scalar] = {"true": True, "false": False, "null": None}
        if token.kind == "text":
            value: Scalar = token.text[1:-1].replace("''", "'")
        elif token.kind == "number":
            value = Decimal(token.text) if "." in token.text else int(token.text)
        elif token.kind == "name" and token.text in words:
            value = words[token.text]
        else:
            return None
        self._at += 1
        return Literal(self._place(token), value)

    def _operand(self) -> Operand:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise _SyntaxError(self._next.offset, f"nested more than {_MAX_DEPTH} deep")
        try:
            literal = self._literal()
            if literal is not None:
                return literal
            following = self._tokens[self._at + 1 : self._at + 2]
            if self._next.kind == "name" and following and following[0].text == "(":
                token = self._pop("name", "a function")
                self._need("(")
                return Call(self._place(token), token.text, self._arguments())
            return self._path()
        finally:
            self._depth -= 1

    def _path(self) -> Path:
        start = self._next
        segments: list[str | int] = []
        pinned = self._take("$")
        if not pinned and self._next.text != "[":
            segments.append(self._pop("name", "a path").text)
        while True:
            if self._take("."):
                segments.append(self._pop("name", "a field name").text)
            elif self._take("["):
                segments.append(self._selector())
                self._need("]")
            else:
                break
        root, rest = self._root(segments, pinned=pinned)
        text = self._text[start.offset : self._tokens[self._at - 1].offset + len(self._tokens[self._at - 1].text)]
        return Path(self._place(start), root, tuple(rest), text)

    def _selector(self) -> str | int:
        token = self._next
        literal = self._literal()
        if literal is None or isinstance(literal.value, bool | Decimal) or literal.value is None:
            hint = "use ['name'] or [0]"
            raise _SyntaxError(token.offset, f"expected a name or an index, found {self._found()}", hint)
        if isinstance(literal.value, int) and literal.value < 0:
            raise _SyntaxError(token.offset, "an index counts from 0")
        return literal.value

    @staticmethod
    def _root(segments: list[str | int], *, pinned: bool) -> tuple[str, list[str | int]]:
        if pinned or not segments or segments[0] not in _ROOTS:
            return "", segments
        first = str(segments[0])
        rest = segments[1:]
        while first.startswith("parent") and rest and rest[0] == "parent":
            first += ".parent"
            rest = rest[1:]
        return first, rest

    def whole_predicate(self) -> Predicate:
        predicate = self._predicate()
        self._end()
        return predicate

    def _predicate(self) -> Predicate:
        left = self._term()
        while self._next.text in ("and", "or") and self._next.kind == "name":
            token = self._next
            self._at += 1
            right = self._term()
            if isinstance(left, Both) and not left.grouped and left.word != token.text:
                raise _SyntaxError(token.offset, "'and' and 'or' side by side", "group one of them with parentheses")
            left = Both(self._place(token), token.text, left, right)
        return left

    def _term(self) -> Predicate:
        token = self._next
        if self._take("not"):
            return Not(self._place(token), self._term())
        if self._take("("):
            self._depth += 1
            if self._depth > _MAX_DEPTH:
                raise _SyntaxError(token.offset, f"nested more than {_MAX_DEPTH} deep")
            inner = self._predicate()
            self._need(")")
            self._depth -= 1
            return replace(inner, grouped=True) if isinstance(inner, Both) else inner
        if token.text == "present" and self._tokens[self._at + 1].text == "(":
            self._at += 2
            path = self._path()
            self._need(")")
            return Present(self._place(token), path)
        path = self._path()
        for comparison in Comparison:
            if self._take(comparison):
                place = self._next
                literal = self._literal()
                if literal is None:
                    raise _SyntaxError(place.offset, f"expected a constant, found {self._found()}")
                return Compare(self._place(token), path, comparison, literal)
        raise _SyntaxError(self._next.offset, f"expected '==' or '!=', found {self._found()}")
