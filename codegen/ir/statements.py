"""A mapping as functions of straight-line statements.

``depth`` counts the scopes that a function can see: scope 0 is the payload, scope n the element or object that the n-th
enclosing `each:`, `from:` or `explode:` stands at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from decimal import Decimal

    from codegen.naming import PythonIdentifier


@dataclass(frozen=True, slots=True)
class Read:
    """A value at a path. ``certain``: the schema proves that it is there."""

    scope: int | str
    """Number of a scope, or the name of another root (``envelope``, ``body``, ``path``)."""
    path: tuple[str | int, ...]
    certain: bool


@dataclass(frozen=True, slots=True)
class Fixed:
    """A constant, or a tuple of them."""

    value: Any


@dataclass(frozen=True, slots=True)
class Current:
    """The value that the function has worked out so far."""


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of the runtime on values."""

    function: str
    arguments: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Later:
    """A value that is worked out only if the runtime's function asks for it, for it may reject the payload."""

    value: Value


@dataclass(frozen=True, slots=True)
class Invoke:
    """Another function of the same mapper, in the same or (``origin`` given) one deeper scope."""

    function: PythonIdentifier
    depth: int
    """Scopes that the called function sees."""
    inner: Value | None = None
    """What its innermost scope is bound to; None if it sees the caller's scopes."""


@dataclass(frozen=True, slots=True)
class Item:
    """The element of a list that ``PerItem`` or ``SettleItems`` stands at."""


@dataclass(frozen=True, slots=True)
class PerItem:
    """A value for every element of a list."""

    items: Value
    value: Value


@dataclass(frozen=True, slots=True)
class Collect:
    """A value for every element of an array for which there is one; no value at all where there is no array."""

    items: Value
    scope: int
    """Number of the scope that an element is."""
    keep: Condition | None
    value: Value
    flat: bool
    """The values are lists and become one."""


@dataclass(frozen=True, slots=True)
class EachOf:
    """A value for every element of an array; rejections inside get the element's index."""

    value: Value
    items: Value
    keep: Condition | None
    pointer: str
    """The array's place, from the scope ``origin``."""
    origin: int
    scope: int
    """Number of the scope that an element is."""
    flat: bool = False
    """The values are lists and become one."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The value that a table gives for the current one; FAILED where it has none, unless it is ``complete``."""

    table: PythonIdentifier
    complete: bool


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of these values."""

    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Nothing:
    """No value, as if there was nothing at a path."""


type Value = (
    Read | Fixed | Current | Item | Nothing | ListOf | Apply | Later | Invoke | PerItem | Collect | EachOf | Lookup
)


@dataclass(frozen=True, slots=True)
class Equals:
    """`path == literal`."""

    left: Value
    literal: Fixed


@dataclass(frozen=True, slots=True)
class IsPresent:
    """`present(path)`."""

    value: Value


@dataclass(frozen=True, slots=True)
class Holds:
    """A function of the runtime that says yes or no."""

    value: Apply


@dataclass(frozen=True, slots=True)
class Negated:
    """`not`."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class Joined:
    """`and`, `or`."""

    word: str
    terms: tuple[Condition, ...]


type Condition = Equals | IsPresent | Holds | Negated | Joined


class Test(StrEnum):
    """What a guard looks for in the current value."""

    ABSENT = "absent"
    NULL = "null"
    MISSING = "missing"
    OMITTED = "omitted"
    EMPTY = "empty"
    FAILED = "failed"
    OUTSIDE_RANGE = "outside_range"
    OUTSIDE_LENGTH = "outside_length"
    NO_MATCH = "no_match"
    NOT_LISTED = "not_listed"


@dataclass(frozen=True, slots=True)
class Reject:
    """The payload is quarantined."""

    rule: str
    code: str
    pointer: str
    expected: str
    scope: int
    """Number of the scope that ``pointer`` starts at."""


@dataclass(frozen=True, slots=True)
class Give:
    """The rule ends with a value; None leaves the target out."""

    value: Value | None


type End = Reject | Give


@dataclass(frozen=True, slots=True)
class Guard:
    """If the test holds, the consequence; otherwise go on."""

    test: Test
    consequence: End
    low: int | Decimal | None = None
    high: int | Decimal | None = None
    pattern: str | None = None
    values: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class Assign:
    """Work out the current value."""

    value: Value


@dataclass(frozen=True, slots=True)
class Convert:
    """Replace the current value by a conversion that may fail, with what happens then."""

    value: Value
    consequence: End


@dataclass(frozen=True, slots=True)
class SettleItems:
    """What becomes of the elements that the guard finds: the rule ends, they become a value, or they are left out."""

    guard: Guard


@dataclass(frozen=True, slots=True)
class ReturnIf:
    """End where a condition holds."""

    condition: Condition
    end: End


@dataclass(frozen=True, slots=True)
class Return:
    """End."""

    end: End


type Statement = Guard | Assign | Convert | SettleItems | ReturnIf | Return


@dataclass(frozen=True, slots=True)
class RuleFunction:
    """One rule that is more than a total expression."""

    name: PythonIdentifier
    depth: int
    text: str
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Member:
    """One member of an assembled object."""

    name: str
    text: str
    """The rule as the mapping has it, for the comment beside it."""
    value: Value
    unless: Test | None
    """The member is left out where the value is absent, null, either (MISSING) or given up (OMITTED)."""
    result: Value
    """What the member becomes, in terms of the current value."""


@dataclass(frozen=True, slots=True)
class ObjectFunction:
    """Builds one object, a member a rule."""

    name: PythonIdentifier
    depth: int
    members: tuple[Member, ...]
    omit_empty: bool
    """Whether an object without members is left out."""


@dataclass(frozen=True, slots=True)
class Table:
    """Constants of a match."""

    name: PythonIdentifier
    entries: tuple[tuple[Any, Any], ...]
    """A key that has several parts is a tuple."""
