"""The page of one vendor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.render.examples import TIME, examples_of
from codegen.render.json_text import to_json
from codegen.runtime.exact_json import parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from jinja2 import Environment

    from codegen.ir.project import ContractSchema, VendorMapping
    from codegen.naming import PythonIdentifier
    from codegen.render.examples import Example


def vendor_page(
    environment: Environment, vendor: VendorMapping, mapper: str, schemas: Mapping[str, ContractSchema]
) -> str:
    """The page's text. ``mapper`` is the text of the vendor's module, which is run on the examples."""
    examples = examples_of(vendor, mapper, schemas)
    return environment.get_template("vendor.md.jinja").render(
        vendor=vendor,
        schemas=schemas,
        examples=examples,
        topic=_topic(vendor),
        envelope=_envelope(vendor, examples),
    )


def _topic(vendor: VendorMapping) -> str:
    """A topic that a webhook of the vendor may be subscribed at."""
    sources = [source for trace in vendor.webhook.traces for source in trace.sources] if vendor.webhook else []
    return vendor.events[0].event_type if "path:topic" in sources else "events"


def _envelope(vendor: VendorMapping, examples: Mapping[PythonIdentifier, Sequence[Example]]) -> str:
    """The first example as it is sent without a webhook."""
    found = [
        (event.event_type, parse(example.payload.encode()))
        for event in vendor.events
        for version in event.versions
        for example in examples[version.function]
    ]
    event_type, payload = found[0] if found else (vendor.events[0].event_type, {})
    return to_json({
        "vendorId": vendor.vendor, "externalEventId": "example-1", "eventType": event_type, "occurredAt": TIME,
        "payload": payload,
    }).rstrip()  # fmt: skip
