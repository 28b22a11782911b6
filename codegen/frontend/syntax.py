"""The tree of the expression language, each part with its place."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codegen.diagnostics import Span
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
class Joined:
    """`a and b`, `a or b`; one that is a term itself stood in parentheses."""

    span: Span
    word: str
    terms: tuple[Predicate, ...]


type Predicate = Compare | Present | Not | Joined
