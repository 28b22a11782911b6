"""All contracts together: names that must not clash, versions, and what is emitted for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.diagnostics import Code, Diagnostics
from codegen.ir import ContractSchema, FieldDoc, Project, VendorMapping
from codegen.naming import ClassName, PythonIdentifier
from codegen.resolve.events import EventCompiler, canonical_events, schema_name
from codegen.resolve.scopes import token
from codegen.runtime.exact_json import digest
from codegen.source import plain_value

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from codegen.frontend.json_schema import Schema, SchemaStore
    from codegen.frontend.mapping import EventDocument, MappingDocument
    from codegen.source import JsonSource, Node

COMPILER_VERSION = "1"
"""Raised when the compiler gives other output for the same contracts; part of every mapping version."""


def resolve_project(
    mappings: Sequence[tuple[MappingDocument, Node]],
    store: SchemaStore,
    openapi: Mapping[str, Any] | None,
    runtime: Mapping[str, str],
    diagnostics: Diagnostics,
) -> Project:
    """The project's intermediate representation. ``runtime`` holds the sources that mappers call, by file name."""
    schemas: dict[str, ContractSchema] = {}
    for path in store.names():
        schema, source = store.schema(path), store.source(path)
        if schema is not None and source is not None and "type" in source.value:
            schemas[schema_name(path)] = contract_schema(schema_name(path), source, schema, store)
    canonical = canonical_events(store)
    _check_vendors([document for document, _ in mappings], diagnostics)
    vendors = []
    for document, node in mappings:
        compiler = EventCompiler(store, canonical, document, diagnostics)
        vendor = _vendor(document, node, compiler, schemas, store, runtime, diagnostics)
        vendors.append(vendor)
    return Project(
        schemas=tuple(schemas[name] for name in sorted(schemas)),
        vendors=tuple(sorted(vendors, key=lambda vendor: vendor.vendor)),
        openapi=openapi,
    )


def _check_vendors(documents: Sequence[MappingDocument], diagnostics: Diagnostics) -> None:
    seen: dict[str, MappingDocument] = {}
    for document in documents:
        earlier = seen.setdefault(document.vendor.casefold(), document)
        if earlier is not document:
            message = f"vendor '{document.vendor}' has the same name as the one at {earlier.vendor_span}"
            diagnostics.add(Code.DUPLICATE_NAME, document.vendor_span, message, "rename one of the two")
    modules: dict[str, MappingDocument] = {}
    for document in documents:
        earlier = modules.setdefault(PythonIdentifier(document.vendor), document)
        if earlier.vendor.casefold() != document.vendor.casefold():
            message = f"vendor '{document.vendor}' gets the same module name as '{earlier.vendor}'"
            diagnostics.add(Code.NAME_CLASH, document.vendor_span, message, "rename one of the two")


def _check_events(events: Sequence[EventDocument], diagnostics: Diagnostics) -> None:
    seen: dict[str, EventDocument] = {}
    for event in events:
        earlier = seen.setdefault(event.name.casefold(), event)
        if earlier is not event:
            message = f"event '{event.name}' has the same name as the one at {earlier.span}"
            diagnostics.add(Code.DUPLICATE_NAME, event.span, message, "rename one of the two")
            continue
    functions: dict[str, EventDocument] = {}
    for event in events:
        earlier = functions.setdefault(PythonIdentifier(event.name), event)
        if earlier.name.casefold() != event.name.casefold():
            message = f"event '{event.name}' gets the same name in generated code as '{earlier.name}'"
            diagnostics.add(Code.NAME_CLASH, event.span, message, "rename one of the two")


def _vendor(  # noqa: PLR0917 - one vendor and all that it is resolved against
    document: MappingDocument,
    node: Node,
    compiler: EventCompiler,
    schemas: dict[str, ContractSchema],
    store: SchemaStore,
    runtime: Mapping[str, str],
    diagnostics: Diagnostics,
) -> VendorMapping:
    _check_events(document.events, diagnostics)
    if (document.scheme == "api-key") == (document.webhook is not None):
        message = (
            f"scheme '{document.scheme}' {'takes no webhook block' if document.webhook else 'needs a webhook block'}"
        )
        hint = "a native webhook needs a signature scheme; the envelope API takes api-key"
        diagnostics.add(Code.WRONG_FORM, document.vendor_span, message, hint)
    events = []
    used: dict[str, Any] = {}
    for event in document.events:
        payload = compiler.payload(event)
        if payload is None:
            continue
        if payload.name not in schemas:
            schemas[payload.name] = contract_schema(payload.name, payload.source, payload.schema, store)
        compiled = compiler.event(event, payload)
        if compiled is None:
            continue
        used[payload.name] = schemas[payload.name].bundle
        used[compiled.canonical_schema] = schemas[compiled.canonical_schema].bundle
        events.append(compiled)
    ignored = {name.casefold() for name in (document.webhook.ignore if document.webhook else ())}
    for event in document.events:
        if event.name.casefold() in ignored:
            diagnostics.add(Code.DUPLICATE_NAME, event.span, f"event '{event.name}' is mapped and ignored", "keep one")
    parts = {"compiler": COMPILER_VERSION, "mapping": plain_value(node), "schemas": used, "runtime": dict(runtime)}
    return VendorMapping(
        vendor=document.vendor,
        module=PythonIdentifier(document.vendor),
        path=document.path,
        name=document.name,
        priority=document.priority,
        contact=document.contact,
        scheme=document.scheme,
        requests_per_second=document.requests_per_second,
        burst=document.burst,
        max_payload_bytes=document.max_payload_bytes,
        mapping_version=f"sha256:{digest(parts)}",
        webhook=compiler.webhook(document.webhook) if document.webhook else None,
        events=tuple(events),
    )


def contract_schema(name: str, source: JsonSource, schema: Schema, store: SchemaStore) -> ContractSchema:
    """A schema as it is emitted."""
    title = schema.title or ClassName(name.rpartition("/")[2])
    bundle = {"title": title, **store.bundle(source)}
    return ContractSchema(
        name=name, title=title, description=schema.description, bundle=bundle, fields=tuple(_fields(schema, ""))
    )


def _fields(schema: Schema, pointer: str) -> Iterator[FieldDoc]:
    for name, below in schema.properties.items():
        at = f"{pointer}/{token(name)}"
        yield FieldDoc(at, _describe(below), name in schema.required, below.sensitive, below.description)
        yield from _fields(below, at)
        if below.items is not None:
            yield from _fields(below.items, f"{at}/*")


def _describe(schema: Schema) -> str:
    words = " or ".join(schema.types)
    if schema.format:
        words += f" ({schema.format})"
    if schema.enum is not None:
        words += f": {', '.join(map(str, schema.enum))}"
    return words
