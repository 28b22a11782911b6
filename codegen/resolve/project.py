"""All contracts together: names that must not clash, versions, and what is emitted for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.diagnostics import Code, Diagnostics
from codegen.frontend.json_schema import ASSERTIONS
from codegen.ir import Project, VendorMapping
from codegen.naming import PythonIdentifier
from codegen.resolve.contracts import ContractCompiler
from codegen.resolve.events import EventCompiler, canonical_events, schema_name
from codegen.resolve.reference import language
from codegen.resolve.webhooks import compile_webhook
from codegen.runtime.exact_json import digest
from codegen.source import plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.frontend.document import EventDocument, MappingDocument
    from codegen.frontend.schema_store import SchemaStore
    from codegen.source import Node

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
    contracts = ContractCompiler(store, diagnostics)
    for path in store.names():
        schema = store.schema(path)
        if schema is not None and ASSERTIONS & schema.keywords.keys():
            contracts.add(schema_name(path), schema)
    canonical = canonical_events(store, diagnostics)
    _check_vendors([document for document, _ in mappings], diagnostics)
    vendors = [
        _vendor(document, node, EventCompiler(store, canonical, document, diagnostics), contracts, runtime, diagnostics)
        for document, node in mappings
    ]
    return Project(
        schemas=contracts.all(),
        vendors=tuple(sorted(vendors, key=lambda vendor: vendor.vendor)),
        openapi=openapi,
        language=language(),
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
    contracts: ContractCompiler,
    runtime: Mapping[str, str],
    diagnostics: Diagnostics,
) -> VendorMapping:
    _check_events(document.events, diagnostics)
    _check_webhook(document, diagnostics)
    events = []
    used: dict[str, Any] = {}
    for event in document.events:
        payload = compiler.payload(event)
        if payload is None:
            continue
        contracts.add(payload.name, payload.schema)
        compiled = compiler.event(event, payload)
        if compiled is None:
            continue
        used[payload.name] = contracts.bundle(payload.name)
        used[compiled.canonical_schema] = contracts.bundle(compiled.canonical_schema)
        events.append(compiled)
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
        webhook=compile_webhook(document.webhook, diagnostics) if document.webhook else None,
        events=tuple(events),
    )


def _check_webhook(document: MappingDocument, diagnostics: Diagnostics) -> None:
    if (document.scheme == "api-key") == (document.webhook is not None):
        needs = "takes no webhook block" if document.webhook else "needs a webhook block"
        hint = "a native webhook needs a signature scheme; the envelope API takes api-key"
        message = f"scheme '{document.scheme}' {needs}"
        diagnostics.add(Code.WRONG_FORM, document.vendor_span, message, hint)
    ignored = {name.casefold() for name in (document.webhook.ignore if document.webhook else ())}
    for event in document.events:
        if event.name.casefold() in ignored:
            diagnostics.add(Code.DUPLICATE_NAME, event.span, f"event '{event.name}' is mapped and ignored", "keep one")
