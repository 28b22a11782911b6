"""The events of one mapping document to their compiled form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.json_schema import ASSERTIONS
from codegen.frontend.json_source import JsonSource
from codegen.ir.project import MappedVersion
from codegen.naming import ClassName, PythonIdentifier
from codegen.resolve.blocks import BlockCompiler
from codegen.resolve.lookups import compile_table
from codegen.resolve.output import Output
from codegen.resolve.rules import Target
from codegen.resolve.scopes import Scope
from codegen.resolve.types import type_of_schema
from codegen.resolve.versions import VersionCompiler
from codegen.runtime.json_forms import dump
from codegen.source import MapNode, ScalarNode, plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.frontend.document import EventDocument, MappingDocument, VersionDocument
    from codegen.frontend.json_schema import Schema
    from codegen.frontend.schema_store import SchemaStore
    from codegen.ir.statements import Table

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
        compiled = [compile_table(table, diagnostics) for table in document.lookups.values()]
        self._lookups = {table.name: table for table in compiled if table is not None}
        self.headers: set[str] = set()
        """Headers that the rules compiled so far read."""

    def _bundled(self, schema: Schema) -> str:
        return dump(self._store.bundle(schema.source, pointer=schema.pointer)).decode()

    def tables(self) -> tuple[Table, ...]:
        """The vendor's lookup tables."""
        return tuple(table.emitted() for table in self._lookups.values())

    def payload(self, event: EventDocument, version: VersionDocument) -> PayloadSchema | None:
        """The payload schema of one version of an event; None if it was reported."""
        node = version.payload
        if isinstance(node, MapNode):
            name = f"{event.name} {version.version}".strip()
            value = {"title": str(ClassName(name)), **plain_value(node)}
            source = JsonSource(self._document.path, "", value, node)
            schema = self._store.inline(source)
            at = f"vendors/{self._document.vendor}/{PythonIdentifier(name)}"
            return PayloadSchema(at, source, schema) if schema else None
        path = f"schemas/{node.text}"
        if path not in self._store.names():
            known = [name.removeprefix("schemas/") for name in self._store.names()]
            hint = suggestion(node.text, known)
            self._diagnostics.add(Code.UNKNOWN_SCHEMA, node.span, f"there is no schemas/{node.text}", hint)
            return None
        file, found = self._store.source(path), self._store.schema(path)
        return PayloadSchema(schema_name(path), file, found) if file is not None and found is not None else None

    def _canonical_event(self, node: ScalarNode) -> CanonicalEvent | None:
        canonical = self._canonical.get(node.text)
        if canonical is None:
            hint = suggestion(node.text, self._canonical)
            self._diagnostics.add(Code.UNKNOWN_EVENT, node.span, f"there is no canonical event '{node.text}'", hint)
        return canonical

    def version(self, event: EventDocument, version: VersionDocument, payload: PayloadSchema) -> MappedVersion | None:
        """One compiled version of an event; None if anything in it was reported."""
        canonical = self._canonical_event(version.emits)
        if canonical is None:
            return None
        start = type_of_schema(payload.schema)
        if start.kind != "object" or start.nullable:
            self._diagnostics.add(Code.TYPE_MISMATCH, event.span, "the payload's schema must have `type: object`")
            return None
        words = (event.name, f"version {version.version}") if version.version else (event.name,)
        target = Target(
            schema=canonical.schema,
            required=True,
            span=version.fields_span,
            rule=f"{event.name}@{version.version}" if version.version else event.name,
            words=words,
        )
        output = Output(self._diagnostics, target, self._bundled)
        blocks = BlockCompiler(self._diagnostics, output, self._lookups)
        compiled = VersionCompiler(version, blocks, (Scope(start, "", 0, ""),), target)
        body, applies = compiled.body(), compiled.applies()
        self.headers |= output.headers
        if body is None:
            return None
        name, _, schema_version = version.emits.text.partition("@")
        return MappedVersion(
            version=version.version,
            applies=applies,
            function=PythonIdentifier.of_path((f"map {event.name}", *words[1:])),
            emits=name,
            schema_version=schema_version,
            payload_schema=payload.name,
            canonical_schema=schema_name(canonical.path),
            functions=tuple(output.functions),
            tables=tuple(output.tables),
            explodes=version.explode is not None,
            body=body,
            traces=tuple(sorted(output.traces, key=lambda trace: (trace.path, trace.line, trace.rule))),
            blocks=tuple(sorted(output.blocks, key=lambda place: (place.path, place.line, place.block))),
        )
