"""All contracts together: names that must not clash, versions, and what is emitted for each."""

from __future__ import annotations

import re
from importlib.metadata import version as version_of
from typing import TYPE_CHECKING, Any

from codegen.diagnostics import Code, Diagnostics
from codegen.frontend.json_schema import ASSERTIONS
from codegen.ir.project import MappedEvent, Project, VendorMapping
from codegen.naming import PythonIdentifier
from codegen.resolve.contracts import ContractCompiler
from codegen.resolve.events import EventCompiler, canonical_events, schema_name
from codegen.resolve.reference import language
from codegen.resolve.steps.registry import STEPS
from codegen.resolve.webhooks import compile_webhook
from codegen.runtime import mapping as runtime_functions
from codegen.runtime.json_forms import digest
from codegen.source import plain_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from codegen.frontend.document import EventDocument, MappingDocument, VersionDocument
    from codegen.frontend.schema_store import SchemaStore
    from codegen.source import Node

_ALWAYS_CALLED = ("arithmetic", "identity", "lists", "places")
_IMPORT = re.compile(r"^ *from \.(\w+) import", re.MULTILINE)

COMPILER_VERSION = "1"
"""Raised when the compiler gives other output for the same contracts; part of every mapping version."""


def resolve_project(
    mappings: Sequence[tuple[MappingDocument, Node]],
    store: SchemaStore,
    openapi: Mapping[str, Any] | None,
    runtime: Mapping[str, str],
    diagnostics: Diagnostics,
) -> Project:
    """The project's intermediate representation. ``runtime`` holds the sources that mappers call, by module."""
    contracts = ContractCompiler(store, diagnostics)
    for path in store.names():
        source, schema = store.source(path), store.schema(path)
        if source is not None and schema is not None and ASSERTIONS & schema.keywords.keys():
            contracts.add(schema_name(path), source, schema)
    canonical = canonical_events(store, diagnostics)
    vendors = [
        _vendor(document, node, EventCompiler(store, canonical, document, diagnostics), contracts, runtime, diagnostics)
        for document, node in _distinct_vendors(mappings, diagnostics)
    ]
    return Project(
        schemas=contracts.all(),
        vendors=tuple(sorted(vendors, key=lambda vendor: vendor.vendor)),
        openapi=openapi,
        language=language(),
    )


def _distinct_vendors(
    mappings: Sequence[tuple[MappingDocument, Node]], diagnostics: Diagnostics
) -> list[tuple[MappingDocument, Node]]:
    """The mappings without those that have another's name, which are reported."""
    names: dict[str, MappingDocument] = {}
    modules: dict[str, MappingDocument] = {}
    distinct = []
    for document, node in mappings:
        same = names.setdefault(document.vendor.casefold(), document)
        alike = modules.setdefault(PythonIdentifier(document.vendor), document)
        if same is not document:
            message = f"vendor '{document.vendor}' has the same name as the one at {same.vendor_span}"
            diagnostics.add(Code.DUPLICATE_NAME, document.vendor_span, message, "rename one of the two")
        elif alike is not document:
            message = f"vendor '{document.vendor}' gets the same name in generated code as '{alike.vendor}'"
            diagnostics.add(Code.NAME_CLASH, document.vendor_span, message, "rename one of the two")
        else:
            distinct.append((document, node))
    return distinct


def _distinct_events(events: Sequence[EventDocument], diagnostics: Diagnostics) -> list[EventDocument]:
    """The events without those that have another's name, which are reported."""
    names: dict[str, EventDocument] = {}
    functions: dict[str, EventDocument] = {}
    distinct = []
    for event in events:
        same = names.setdefault(event.name.casefold(), event)
        alike = functions.setdefault(PythonIdentifier(event.name), event)
        if same is not event:
            message = f"event '{event.name}' has the same name as the one at {same.span}"
            diagnostics.add(Code.DUPLICATE_NAME, event.span, message, "rename one of the two")
        elif alike is not event:
            message = f"event '{event.name}' gets the same name in generated code as '{alike.name}'"
            diagnostics.add(Code.NAME_CLASH, event.span, message, "rename one of the two")
        else:
            distinct.append(event)
    return distinct


def _distinct_versions(event: EventDocument, diagnostics: Diagnostics) -> list[VersionDocument]:
    """The versions without those that have another's name and those that no payload can reach, which are reported."""
    names: dict[str, VersionDocument] = {}
    modules: dict[str, VersionDocument] = {}
    distinct: list[VersionDocument] = []
    for version in event.versions:
        same = names.setdefault(version.version.casefold(), version)
        alike = modules.setdefault(PythonIdentifier(f"version {version.version}"), version)
        if same is not version:
            message = f"version '{version.version}' has the same name as the one at {same.span}"
            diagnostics.add(Code.DUPLICATE_NAME, version.span, message, "rename one of the two")
        elif alike is not version:
            message = f"version '{version.version}' gets the same name in generated code as '{alike.version}'"
            diagnostics.add(Code.NAME_CLASH, version.span, message, "rename one of the two")
        elif version.when is None and any(one.when is None for one in distinct):
            message = "two versions without 'when': only the first is taken where the envelope names none"
            diagnostics.add(Code.UNREACHABLE, version.span, message, "add a 'when' to one of the two")
        else:
            distinct.append(version)
    return distinct


def _vendor(  # noqa: PLR0917 - one vendor and all that it is resolved against
    document: MappingDocument,
    node: Node,
    compiler: EventCompiler,
    contracts: ContractCompiler,
    runtime: Mapping[str, str],
    diagnostics: Diagnostics,
) -> VendorMapping:
    ignored = {name.casefold() for name in (document.webhook.ignore if document.webhook else ())}
    events = []
    used: dict[str, Any] = {}
    for event in _distinct_events(document.events, diagnostics):
        if event.name.casefold() in ignored:
            diagnostics.add(Code.DUPLICATE_NAME, event.span, f"event '{event.name}' is mapped and ignored", "keep one")
        versions = []
        for version in _distinct_versions(event, diagnostics):
            payload = compiler.payload(event, version)
            if payload is None:
                continue
            contracts.add(payload.name, payload.source, payload.schema)
            compiled = compiler.version(event, version, payload)
            if compiled is None:
                continue
            used[payload.name] = contracts.bundle(payload.name)
            used[compiled.canonical_schema] = contracts.bundle(compiled.canonical_schema)
            versions.append(compiled)
        events.append(MappedEvent(event.name, event.lane, tuple(versions)))
    webhook = compile_webhook(document.webhook, compiler.headers, diagnostics) if document.webhook else None
    traces = [trace for event in events for version in event.versions for trace in version.traces]
    steps = {step for trace in traces for step in trace.steps}
    parts = {
        "compiler": COMPILER_VERSION,
        "mapping": plain_value(node),
        "shared": {path: plain_value(shared) for path, shared in document.shared.items()},
        "schemas": used,
        "runtime": _runtime_of(steps, runtime),
        "libraries": {name: version_of(name) for step in steps for name in STEPS[step].libraries},
    }
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
        webhook=webhook,
        tables=compiler.tables(),
        events=tuple(events),
    )


def _runtime_of(steps: Iterable[str], runtime: Mapping[str, str]) -> dict[str, str]:
    """The sources of the runtime's modules that a mapper with these steps runs through."""
    functions = [getattr(runtime_functions, STEPS[step].function or step) for step in steps]
    modules = [*_ALWAYS_CALLED, *(function.__module__.rpartition(".")[2] for function in functions)]
    found: dict[str, str] = {}
    while modules:
        module = modules.pop()
        if module not in found:
            found[module] = runtime[module]
            modules += _IMPORT.findall(runtime[module])
    return found
