"""Contracts, mappings and the language as they are emitted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.diagnostics import Span
    from codegen.ir.statements import ObjectFunction, RuleFunction, Statement, Table
    from codegen.naming import PythonIdentifier


@dataclass(frozen=True, slots=True)
class RuleTrace:
    """Lineage of one canonical field."""

    rule: str
    target: str
    sources: tuple[str, ...]
    steps: tuple[str, ...]
    expression: str
    path: str
    """The file that the rule stands in."""
    line: int
    last_line: int


@dataclass(frozen=True, slots=True)
class BlockPlace:
    """Where the rules of one object begin: the line of the key that they stand below."""

    block: str
    path: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MappedVersion:
    """One version of a vendor event; an event without versions has one whose ``version`` is empty."""

    version: str
    applies: RuleFunction | None
    """Whether a payload that names no version is of this one; None where any is that no other takes."""
    function: PythonIdentifier
    emits: str
    schema_version: str
    payload_schema: str
    canonical_schema: str
    functions: tuple[RuleFunction | ObjectFunction, ...]
    tables: tuple[Table, ...]
    explodes: bool
    """Whether one payload becomes several canonical events."""
    body: tuple[Statement, ...]
    """How the payload becomes a list of canonical events."""
    traces: tuple[RuleTrace, ...]
    blocks: tuple[BlockPlace, ...]


@dataclass(frozen=True, slots=True)
class MappedEvent:
    """One vendor event."""

    event_type: str
    lane: str
    versions: tuple[MappedVersion, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """How a native webhook's envelope is read: one function for each of its three parts."""

    event_type: RuleFunction
    external_event_id: RuleFunction
    occurred_at: RuleFunction
    ignore: tuple[str, ...]
    digest_without: tuple[tuple[str, ...], ...]
    split: tuple[str, ...] | None
    answer: str | None
    headers: tuple[str, ...]
    """In lower case: what the parts and the rules read."""
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
    tables: tuple[Table, ...]
    """Lookups."""
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
    roundings: tuple[str, ...]
    canonical_keywords: tuple[str, ...]
    payload_keywords: tuple[str, ...]
    """Those that only payloads may use."""
    annotations: tuple[str, ...]
    refused_keywords: tuple[tuple[str, str], ...]
    """Each with the reason."""
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
