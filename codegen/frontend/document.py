"""The typed document of one mapping file, every part with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.diagnostics import Span
    from codegen.frontend.syntax import Expression, Predicate
    from codegen.source import MapNode, Node, Scalar, ScalarNode


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written out: `const: EACH`, or a case of a match."""

    span: Span
    value: Scalar


@dataclass(frozen=True, slots=True)
class Refusal:
    """`quarantine` or `omit` where a value could stand (a case, an `else:`)."""

    span: Span
    omit: bool


@dataclass(frozen=True, slots=True)
class ObjectBlock:
    """`object:` with its fields; ``origin`` is the `from:` that its paths start at."""

    span: Span
    origin: Expression | None
    fields: tuple[Field, ...]
    fields_span: Span


@dataclass(frozen=True, slots=True)
class EachBlock:
    """`each:` over an array, kept elements by `where:`, each mapped by `map:` or made by `value:`."""

    span: Span
    source: Expression
    where: Predicate | None
    body: FieldsBody | ValueBody


@dataclass(frozen=True, slots=True)
class FieldsBody:
    """`map:` with its fields."""

    fields: tuple[Field, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ValueBody:
    """`value:` with an expression or a block."""

    source: Expression | Block
    span: Span


@dataclass(frozen=True, slots=True)
class GroupBlock:
    """`group:` over an array: one object for each value of `by:`."""

    span: Span
    source: Expression
    where: Predicate | None
    by: Expression
    body: FieldsBody


@dataclass(frozen=True, slots=True)
class EntriesBlock:
    """`entries:` over an array: one member for each element."""

    span: Span
    source: Expression
    where: Predicate | None
    key: Expression
    value: ValueBody


@dataclass(frozen=True, slots=True)
class LookupBlock:
    """`lookup:` in a table by `key:`, and perhaps `else:`."""

    span: Span
    table: str
    table_span: Span
    keys: tuple[Expression, ...]
    otherwise: Block | Refusal | None


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a match."""

    span: Span
    literal: Scalar
    value: Block | Refusal


@dataclass(frozen=True, slots=True)
class MatchBlock:
    """`match:` on a value with `cases:` and perhaps `else:`."""

    span: Span
    source: Expression
    cases: tuple[Case, ...]
    otherwise: Block | Refusal | None


@dataclass(frozen=True, slots=True)
class Branch:
    """One `if:`/`then:` of a when."""

    span: Span
    predicate: Predicate
    value: Block | Refusal


@dataclass(frozen=True, slots=True)
class WhenBlock:
    """`when:`, the first branch whose predicate holds, and its `else:`."""

    span: Span
    branches: tuple[Branch, ...]
    otherwise: Block | Refusal


@dataclass(frozen=True, slots=True)
class ValueBlock:
    """`value:`, an expression where a block stands."""

    span: Span
    expression: Expression


@dataclass(frozen=True, slots=True)
class ListBlock:
    """`list:`, an array of what its expressions and blocks give."""

    span: Span
    items: tuple[Expression | Block, ...]


type Block = (
    ValueBlock
    | ListBlock
    | Constant
    | ObjectBlock
    | EachBlock
    | GroupBlock
    | EntriesBlock
    | LookupBlock
    | MatchBlock
    | WhenBlock
)


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical field and how it is made."""

    name: str
    span: Span
    source: Expression | Block | None
    """None if it was reported."""


@dataclass(frozen=True, slots=True)
class VersionDocument:
    """One version of an event: what its payload is and what becomes of it."""

    version: str
    """As the envelope's schemaVersion has it; empty where the event has no versions."""
    span: Span
    when: Predicate | None
    payload: ScalarNode | MapNode
    emits: ScalarNode
    filter: Predicate | None
    explode: Expression | None
    where: Predicate | None
    fields: tuple[Field, ...]
    fields_span: Span


@dataclass(frozen=True, slots=True)
class EventDocument:
    """One entry of `events:`."""

    name: str
    span: Span
    lane: str
    versions: tuple[VersionDocument, ...]


@dataclass(frozen=True, slots=True)
class WebhookDocument:
    """How a native webhook's envelope is found."""

    span: Span
    event_type: Expression
    external_event_id: Expression
    occurred_at: Expression
    digest_without: tuple[tuple[str, ...], ...]
    ignore: tuple[str, ...]
    split: tuple[str, ...] | None
    """Names leading to the array whose elements are events of their own."""
    answer: str | None


@dataclass(frozen=True, slots=True)
class LookupDocument:
    """One table of `lookups:`; its rows are nested blocks, one level for each part of the key."""

    name: str
    span: Span
    rows: MapNode


@dataclass(frozen=True, slots=True)
class MappingDocument:
    """One mapping file."""

    path: str
    vendor: str
    vendor_span: Span
    name: str
    priority: int
    contact: str
    scheme: str
    requests_per_second: int
    burst: int
    max_payload_bytes: int
    webhook: WebhookDocument | None
    lookups: Mapping[str, LookupDocument]
    events: tuple[EventDocument, ...]
    shared: Mapping[str, Node]
    """The files below mappings/ that it uses, by path."""
