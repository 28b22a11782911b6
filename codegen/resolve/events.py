"""The events of one mapping document to their compiled form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.json_schema import ASSERTIONS
from codegen.frontend.json_source import JsonSource
from codegen.ir.project import MappedEvent, RuleTrace
from codegen.ir.statements import Current, Give, Return
from codegen.naming import ClassName, PythonIdentifier
from codegen.resolve.blocks import BlockCompiler, Output
from codegen.resolve.rules import Target, fold
from codegen.resolve.scopes import Scope
from codegen.resolve.summaries import where_words
from codegen.resolve.types import type_of_schema
from codegen.source import MapNode, ScalarNode, plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.frontend.document import EventDocument, MappingDocument
    from codegen.frontend.json_schema import Schema
    from codegen.frontend.schema_store import SchemaStore
    from codegen.frontend.syntax import Expression
    from codegen.ir.statements import Statement

_VERSIONED = re.compile(r"schemas/canonical/[a-z-]+\.v(\d+)(?:\.(\d+))?\.schema\.json")


@dataclass(frozen=True, slots=True)
class CanonicalEvent:
    """A canonical event type in one version."""

    path: str
    schema: Schema


def canonical_events(store: SchemaStore, diagnostics: Diagnostics) -> dict[str, CanonicalEvent]:
    """Every canonical event by ``<Name>@<version>``; the file's name carries the version, its title the name."""
    found: dict[str, CanonicalEvent] = {}
    for path in store.names():
        match = _VERSIONED.fullmatch(path)
        schema = store.schema(path) if match else None
        if not match or not schema or not ASSERTIONS & schema.keywords.keys():
            continue
        version = f"{match.group(1)}.{match.group(2) or 0}"
        event = CanonicalEvent(path, schema)
        earlier = found.setdefault(f"{schema.title}@{version}", event)
        if not schema.title:
            message = "a canonical event has no title, which is its name"
            diagnostics.add(Code.WRONG_FORM, schema.span, message, 'add "title"')
        elif earlier is not event:
            message = f"{schema.title}@{version} stands in {earlier.path} already"
            diagnostics.add(Code.DUPLICATE_NAME, schema.span, message, "rename one of the two")
    return found


def schema_name(path: str) -> str:
    """Name of a schema file at run time."""
    return path.removeprefix("schemas/").removesuffix(".schema.json")


@dataclass(frozen=True, slots=True)
class PayloadSchema:
    """The schema of a payload with its name at run time."""

    name: str
    source: JsonSource
    schema: Schema


class EventCompiler:
    """Compiles the events of one vendor."""

    def __init__(
        self,
        store: SchemaStore,
        canonical: Mapping[str, CanonicalEvent],
        document: MappingDocument,
        diagnostics: Diagnostics,
    ) -> None:
        self._store = store
        self._canonical = canonical
        self._document = document
        self._diagnostics = diagnostics

    def payload(self, event: EventDocument) -> PayloadSchema | None:
        """The event's payload schema; None if it was reported."""
        node = event.payload
        if isinstance(node, MapNode):
            value = {"title": str(ClassName(event.name)), **plain_value(node)}
            source = JsonSource(self._document.path, "", value, node)
            schema = self._store.inline(source)
            name = f"vendors/{self._document.vendor}/{PythonIdentifier(event.name)}"
            return PayloadSchema(name, source, schema) if schema else None
        path = f"schemas/{node.text}"
        if path not in self._store.names():
            known = [name.removeprefix("schemas/") for name in self._store.names()]
            hint = suggestion(node.text, known)
            self._diagnostics.add(Code.UNKNOWN_SCHEMA, node.span, f"there is no schemas/{node.text}", hint)
            return None
        file, found = self._store.source(path), self._store.schema(path)
        return PayloadSchema(schema_name(path), file, found) if file is not None and found is not None else None

    def _target(self, node: ScalarNode) -> CanonicalEvent | None:
        canonical = self._canonical.get(node.text)
        if canonical is None:
            hint = suggestion(node.text, self._canonical)
            self._diagnostics.add(Code.UNKNOWN_EVENT, node.span, f"there is no canonical event '{node.text}'", hint)
        return canonical

    def event(self, event: EventDocument, payload: PayloadSchema) -> MappedEvent | None:
        """The compiled event; None if anything in it was reported."""
        canonical = self._target(event.emits)
        if canonical is None:
            return None
        start = type_of_schema(payload.schema)
        if start.kind != "object" or start.nullable:
            self._diagnostics.add(Code.TYPE_MISMATCH, event.span, "the payload's schema must have `type: object`")
            return None
        output = Output()
        blocks = BlockCompiler(self._diagnostics, output)
        scopes: tuple[Scope, ...] = (Scope(start, "", 0, ""),)
        target = Target(
            schema=canonical.schema, required=True, span=event.fields_span, rule=event.name, words=(event.name,)
        )
        explode: tuple[Statement, ...] = ()
        if event.explode is not None:
            exploded = self._explode(event, event.explode, blocks, scopes, target)
            if exploded is None:
                return None
            explode, inner = exploded
            scopes = (*scopes, inner)
        root = blocks.assemble(event.fields, scopes, target, event.fields_span)
        name, _, version = event.emits.text.partition("@")
        return MappedEvent(
            event_type=event.name,
            function=PythonIdentifier(f"map {event.name}"),
            emits=name,
            schema_version=version,
            payload_schema=payload.name,
            canonical_schema=schema_name(canonical.path),
            lane=event.lane,
            functions=tuple(output.functions),
            tables=tuple(output.tables),
            root=root.name,
            explode=explode,
            traces=tuple(sorted(output.traces, key=lambda trace: (trace.line, trace.rule))),
            blocks=tuple(sorted(output.blocks, key=lambda place: (place.line, place.block))),
        )

    @staticmethod
    def _explode(
        event: EventDocument, source: Expression, blocks: BlockCompiler, scopes: tuple[Scope, ...], target: Target
    ) -> tuple[tuple[Statement, ...], Scope] | None:
        """How the payload becomes several events, and the scope of each; None if it was reported."""
        pipeline = blocks.structure(source, "array", scopes, target)
        if pipeline is None:
            return None
        found = blocks.arrays.elements(source, pipeline, event.where, scopes)
        guards = blocks.arrays.at_most_events(source, pipeline, target)
        if found is None:
            return None
        inner, keep = found
        blocks.outcomes.report_needless(pipeline, source)
        read = tuple(dict.fromkeys(pipeline.sources))
        words = f"explode {source.text}{where_words(event.where)}"
        blocks.trace(RuleTrace(target.rule, "", read, (), words, source.span.line, source.span.line))
        each = blocks.arrays.every(PythonIdentifier.of_path(target.words), pipeline, keep, scopes)
        return fold([*pipeline.statements, *guards, each, Return(Give(Current()))]), inner
