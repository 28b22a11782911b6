"""The intermediate representation: what the emitters see of the contracts. Frozen data, no schema and no YAML.

A mapping becomes functions of straight-line statements. ``depth`` counts the scopes a function can see: scope 0 is the
payload, scope n the element or object that the n-th enclosing `each:`, `from:` or `explode:` stands at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from codegen.diagnostics import Span
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
    """A constant."""

    value: str | int | Decimal | bool | None


@dataclass(frozen=True, slots=True)
class Current:
    """The value that the function has worked out so far."""


@dataclass(frozen=True, slots=True)
class Apply:
    """A function of the runtime on values."""

    function: str
    arguments: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Invoke:
    """Another function of the same mapper, in the same or (``origin`` given) one deeper scope."""

    function: PythonIdentifier
    depth: int
    """Scopes that the called function sees."""
    inner: Value | None = None
    """What its innermost scope is bound to; None if it sees the caller's scopes."""


@dataclass(frozen=True, slots=True)
class EachOf:
    """A function of every element of an array."""

    function: PythonIdentifier
    items: Value
    keep: Condition | None
    pointer: str
    """The array's place, from the scope ``origin``."""
    origin: int
    depth: int
    """Scopes that the called function sees."""


@dataclass(frozen=True, slots=True)
class Lookup:
    """The value that a table gives for the current one; FAILED where it has none, unless it is ``complete``."""

    table: PythonIdentifier
    complete: bool


type Value = Read | Fixed | Current | Apply | Invoke | EachOf | Lookup


@dataclass(frozen=True, slots=True)
class Equals:
    """`path == literal`."""

    left: Value
    literal: Fixed


@dataclass(frozen=True, slots=True)
class IsPresent:
    """`present(path)`."""

    value: Read


@dataclass(frozen=True, slots=True)
class Negated:
    """`not`."""

    inner: Condition


@dataclass(frozen=True, slots=True)
class Joined:
    """`and`, `or`."""

    word: str
    terms: tuple[Condition, ...]


type Condition = Equals | IsPresent | Negated | Joined


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
class ReturnIf:
    """End where a condition holds."""

    condition: Condition
    end: End


@dataclass(frozen=True, slots=True)
class Return:
    """End."""

    end: End


type Statement = Guard | Assign | Convert | ReturnIf | Return


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


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """Lineage of one canonical field."""

    rule: str
    target: str
    sources: tuple[str, ...]
    steps: tuple[str, ...]
    expression: str
    line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """Where the rules of one object begin: the line of the key that they stand below."""

    block: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedEvent:
    """One vendor event."""

    event_type: str
    function: PythonIdentifier
    emits: str
    schema_version: str
    payload_schema: str
    canonical_schema: str
    lane: str
    functions: tuple[RuleFunction | ObjectFunction, ...]
    tables: tuple[Table, ...]
    root: PythonIdentifier
    """The function that builds one canonical event's data."""
    explode: tuple[Statement, ...]
    """How the payload becomes several events; empty where it becomes one."""
    traces: tuple[RuleTrace, ...]
    blocks: tuple[BlockPlace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """How a native webhook's envelope is read: one function for each of its three parts."""

    event_type: RuleFunction
    external_event_id: RuleFunction
    occurred_at: RuleFunction
    ignore: tuple[str, ...]
    digest_without: tuple[tuple[str, ...], ...]
    traces: tuple[RuleTrace, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorMapping:
    """One compiled mapping."""

    vendor: str
    module: PythonIdentifier
    path: str
    name: str
    priority: int
    contact: str
    scheme: str
    requests_per_second: int
    burst: int
    max_payload_bytes: int
    mapping_version: str
    webhook: Webhook | None
    events: tuple[MappedEvent, ...]


@dataclass(frozen=True, slots=True)
class FieldDoc:
    """One field of a contract, for its page."""

    pointer: str
    type: str
    required: bool
    sensitive: bool
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractSchema:
    """One schema as the run time and the model generator need it."""

    name: str
    """Path below ``schemas/`` without ``.schema.json``."""
    title: str
    description: str
    bundle: Mapping[str, Any]
    fields: tuple[FieldDoc, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class StepDoc:
    """One step, for the language's page."""

    name: str
    form: str
    """With its arguments."""
    takes: str
    summary: str
    fails: str
    example: tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """What the language's page is made of."""

    steps: tuple[StepDoc, ...]
    schemes: tuple[str, ...]
    lanes: tuple[str, ...]
    envelope: tuple[str, ...]
    assertions: tuple[str, ...]
    formats: tuple[str, ...]
    max_events: int
    default_payload_bytes: int
    max_payload_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """Everything that is emitted, sorted."""

    schemas: tuple[ContractSchema, ...]
    vendors: tuple[VendorMapping, ...]
    openapi: Mapping[str, Any] | None
    language: Language
