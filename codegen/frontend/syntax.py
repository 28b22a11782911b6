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
class Every:
    """`[*]`, or `[?predicate]`: the elements of an array, all or those for which the predicate holds."""

    span: Span
    keep: Predicate | None


type Segment = str | int | Every


@dataclass(frozen=True, slots=True)
class Path:
    """A path below a root; ``root`` is the scope ('' for the nearest, 'parent', 'parent.parent', 'envelope', ...)."""

    span: Span
    root: str
    segments: tuple[Segment, ...]
    text: str

    @property
    def is_many(self) -> bool:
        """Whether it leads to many values."""
        return any(isinstance(segment, Every) for segment in self.segments)


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


@dataclass(frozen=True, slots=True)
class Group:
    """An expression in parentheses."""

    span: Span
    expression: Expression


@dataclass(frozen=True, slots=True)
class Division:
    """How a quotient is rounded: `scale 3 half_up`."""

    scale: int
    rounding: str


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`a + b`, `a - b`, `a * b`, `a / b scale 3 half_up`; ``division`` stands with `/` alone."""

    span: Span
    operator: str
    left: Operand
    right: Operand
    division: Division | None


type Operand = Path | Literal | Call | Group | Arithmetic


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a pipeline with the outcomes declared for it."""

    span: Span
    name: str
    arguments: tuple[Operand, ...]
    outcomes: tuple[Outcome, ...]


@dataclass(frozen=True, slots=True)
class Expression:
    """`a ?? b on null or omit | step or quarantine`."""

    span: Span
    text: str
    operands: tuple[Operand, ...]
    skipped: tuple[Condition, ...]
    """What `??` passes over besides what is absent."""
    outcomes: tuple[Outcome, ...]
    steps: tuple[Step, ...]


class Comparison(StrEnum):
    """The comparisons of the predicate grammar."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    AT_MOST = "<="
    AT_LEAST = ">="
    LESS = "<"
    MORE = ">"


@dataclass(frozen=True, slots=True)
class Compare:
    """`path == literal`, `path < path`; the left side may be an expression in parentheses."""

    span: Span
    left: Path | Group
    comparison: Comparison
    right: Path | Literal


@dataclass(frozen=True, slots=True)
class OneOf:
    """`path in ('a', 'b')`."""

    span: Span
    left: Path | Group
    literals: tuple[Literal, ...]


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


type Predicate = Compare | OneOf | Present | Not | Joined
