"""What the compiled mappers make of the examples in the vendors' schemas, for the vendors' pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from codegen.render.json_text import to_json
from codegen.runtime.exact_json import parse
from codegen.runtime.json_forms import dump
from codegen.runtime.values import Rejected

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.ir.project import ContractSchema, MappedEvent, MappedVersion, VendorMapping
    from codegen.naming import PythonIdentifier

TIME = "2026-01-30T20:15:12Z"
ENVELOPE: Mapping[str, Any] = {
    "externalEventId": "example-1",
    "occurredAt": TIME,
    "receivedAt": TIME,
    "headers": {},
    "tokenKey": "00" * 32,
}
"""What an example is mapped with: one time, no headers, and a token key of zeros."""


@dataclass(frozen=True, slots=True)
class Example:
    """A payload, and what becomes of it."""

    payload: str
    outcome: str
    """In words."""
    events: str
    """The canonical events' data as JSON; empty where there are none."""


def examples_of(
    vendor: VendorMapping, mapper: str, schemas: Mapping[str, ContractSchema]
) -> Mapping[PythonIdentifier, list[Example]]:
    """The first valid example of each version of each event, by the name of its function.

    ``mapper`` is the text of the vendor's module.
    """
    versions = [(event, version) for event in vendor.events for version in event.versions]
    payloads = {version.function: _payloads(schemas[version.payload_schema]) for _, version in versions}
    namespace: dict[str, Any] = {}
    if any(payloads.values()):
        # The compiler never imports what it generated; the runtime is the same file here and there.
        exec(mapper.replace("from generated.runtime", "from codegen.runtime"), namespace)  # nosec B102 # noqa: S102 - just rendered
    return {
        version.function: [_made(namespace, vendor, event, version, payload) for payload in payloads[version.function]]
        for event, version in versions
    }


def _payloads(schema: ContractSchema) -> list[Any]:
    examples = schema.bundle.get("examples", ())
    if not examples:
        return []
    is_valid = jsonschema_rs.Draft202012Validator(dump(dict(schema.bundle)).decode(), validate_formats=True).is_valid
    return [example for example in map(_read_again, examples) if is_valid(example)][:1]


def _read_again(value: Any) -> Any:
    """The value as it is read after it was written."""
    return parse(dump(value))


def _made(
    namespace: Mapping[str, Any], vendor: VendorMapping, event: MappedEvent, version: MappedVersion, payload: Any
) -> Example:
    envelope = {"vendorId": vendor.vendor, "eventType": event.event_type, **ENVELOPE}
    shown = to_json(payload).rstrip()
    try:
        events = namespace[version.function](payload, envelope)
    except Rejected as rejection:
        place = rejection.pointer or "the payload"
        return Example(shown, f"It is quarantined: {rejection.code} at {place}, {rejection.message}.", "")
    if not events:
        return Example(shown, "It becomes no canonical event.", "")
    outcome = "It becomes:" if len(events) == 1 else f"It becomes {len(events)} events:"
    return Example(shown, outcome, "\n".join(to_json(_read_again(data)).rstrip() for data in events))
