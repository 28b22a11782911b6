"""What a compiled mapping is, seen from the run time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

import jsonschema_rs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    type Mapper = Callable[[Any, Mapping[str, Any]], list[dict[str, Any]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventBinding:
    """One vendor event in one version: how its payload is checked and what becomes of it."""

    event_type: str
    """As the vendor names it."""
    version: str = ""
    """As the envelope's schemaVersion has it; empty where the event has no versions."""
    applies: Callable[[Any, Any], bool] | None = None
    """``applies(payload, envelope)``: whether a payload that names no version is of this one; for any JSON value."""
    emits: str
    """Canonical event type, e.g. ``InventoryUpdated``."""
    schema_version: str
    """Version of the canonical event, e.g. ``1.0``."""
    payload_schema: str
    """Name for ``Registry.validator``."""
    canonical_schema: str
    """Name for ``Registry.validator``; it describes the canonical event's ``data``."""
    lane: str
    mapper: Mapper
    """``mapper(payload, envelope)``: one ``data`` object per canonical event, in order.

    ``envelope`` holds vendorId, externalEventId, eventType, occurredAt (RFC 3339), receivedAt (RFC 3339), schemaVersion
    where the sender names one, headers (lower-case name to value, of those that ``WebhookBinding.headers`` lists) and
    tokenKey (hexadecimal). Total on payloads that are valid under ``payload_schema``; raises Rejected only at rules
    marked as fallible.
    """


@dataclass(frozen=True, slots=True)
class WebhookEnvelope:
    """What a native webhook says where the envelope API has an envelope."""

    event_type: str
    external_event_id: str
    occurred_at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookBinding:
    """How a vendor's native webhook is read."""

    read: Callable[[Any, str, Mapping[str, str], Any], WebhookEnvelope]
    """``read(body, topic, headers, item)`` for any JSON body; raises Rejected where it lacks what the mapping names.

    ``item`` is the element that the event is; the body itself where nothing is split.
    """
    ignore: frozenset[str]
    """Event types that are acknowledged and stored raw, and become no canonical event."""
    headers: tuple[str, ...] = ()
    """The request's headers that the mapping reads, in lower case. One that comes twice counts as absent."""
    split: tuple[str, ...] | None = None
    """Member names from the body to the array of which each element is an event; None where the body is one event."""
    answer: str | None = None
    """The body of a 2xx answer, as plain text; None for our own in JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorProfile:
    """One vendor, as its mapping declares it."""

    vendor_id: str
    name: str
    priority: int
    scheme: str
    """Authentication scheme: ``api-key`` or the name of a signature scheme."""
    requests_per_second: int
    burst: int
    max_payload_bytes: int
    mapping_version: str
    """``sha256:<hex>`` over everything that determines this vendor's output."""
    source: str
    """The mapping file, relative to the project's root."""
    digest_without: tuple[tuple[str, ...], ...] = ()
    """Member names, from the payload's root, of what a sender changes on each retry."""
    webhook: WebhookBinding | None = None
    events: Mapping[str, tuple[EventBinding, ...]] = field(default_factory=dict)
    """The versions of each event type."""

    def binding(self, event_type: str, payload: Any, envelope: Mapping[str, Any]) -> EventBinding | None:
        """The version that a payload is of; None if no version of the mapping takes it.

        The envelope's schemaVersion decides; where there is none, the first version whose `when` holds, else the one
        without a `when`.
        """
        versions = self.events.get(event_type, ())
        named = envelope.get("schemaVersion")
        if named is not None and any(version.version for version in versions):
            return next((version for version in versions if version.version == named), None)
        fitting = (
            version for version in versions if version.applies is not None and version.applies(payload, envelope)
        )
        return next(fitting, None) or next((version for version in versions if version.applies is None), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleLineage:
    """Where one canonical field comes from."""

    rule: str
    """``<eventType>/<target path>``, as in ``Rejected.rule``."""
    target: str
    """JSON Pointer in the canonical event's data; ``*`` stands for an array's index."""
    sources: tuple[str, ...]
    """JSON Pointers in the payload (or ``envelope:``/``const:`` entries); ``*`` stands for an array's index."""
    steps: tuple[str, ...]
    expression: str
    path: str
    """The file of the rule: the mapping, or a fragment that it uses."""
    line: int
    """Line in that file, from 1."""


class Registry:
    """The compiled contracts of one ``generated`` package. A vendor's module is imported when it is first asked for."""

    def __init__(self, package: str, root: Path, modules: Mapping[str, str]) -> None:
        """``modules`` maps vendor ids to module names below ``<package>.mappers``; ``root`` is the package's folder."""
        self._package = package
        self._root = root
        self._modules = modules
        self.vendor = cache(self._vendor)
        self.validator = cache(self._validator)
        self.lineage = cache(self._lineage)

    def vendor_ids(self) -> Sequence[str]:
        """Every vendor with a mapping, sorted."""
        return sorted(self._modules)

    def _vendor(self, vendor_id: str) -> VendorProfile | None:
        module = self._modules.get(vendor_id)
        if module is None:
            return None
        profile: VendorProfile = import_module(f"{self._package}.mappers.{module}").PROFILE
        return profile

    def _validator(self, name: str) -> jsonschema_rs.Draft202012Validator:
        """The JSON Schema validator of a contract, e.g. ``envelope`` or ``vendors/vendorA/inventory_update.v1``.

        Messages name no value of the document.
        """
        return jsonschema_rs.Draft202012Validator(
            self.schema(name), validate_formats=True, mask="the value", offline=True
        )

    def schema(self, name: str) -> str:
        """The text of a contract's JSON Schema by its name for ``validator``; it refers to no other file."""
        return (self._root / "schemas" / f"{name}.json").read_text(encoding="utf-8")

    def _lineage(self, vendor_id: str) -> Sequence[RuleLineage]:
        """Every rule of the vendor's mapping in the file's order; empty for an unknown vendor."""
        module = self._modules.get(vendor_id)
        if module is None:
            return ()
        document = json.loads((self._root / "lineage" / f"{module}.json").read_text(encoding="utf-8"))
        return tuple(rule for source in document["sources"] for rule in _rules(source["path"], source["entries"]))

    def contracts(self, vendor_id: str) -> Mapping[str, str]:
        """The texts of the contract files that the vendor's mapping was compiled from, by path."""
        manifest = json.loads((self._root / "manifest.json").read_text(encoding="utf-8"))
        paths = manifest["contracts"].get(vendor_id, ())
        return {path: (self._root / "contracts" / path).read_bytes().decode() for path in paths}

    def rule_location(self, vendor_id: str, rule: str) -> str | None:
        """``mappings/<vendor>.yaml:<line>`` of a rule; None if the vendor has no such rule."""
        return next((f"{one.path}:{one.line}" for one in self.lineage(vendor_id) if one.rule == rule), None)


def _rules(path: str, entries: Iterable[Mapping[str, Any]]) -> Iterator[RuleLineage]:
    """The rules of one file."""
    end = 0
    for entry in entries:
        # Lines are kept as steps from the entry before, so that a rule inserted above changes no other entry.
        line = end + entry["linesAfterPrevious"]
        end = line + entry["lines"] - 1
        if "rule" in entry:
            yield RuleLineage(
                rule=entry["rule"],
                target=entry["target"],
                sources=tuple(entry["sources"]),
                steps=tuple(entry["steps"]),
                expression=entry["expression"],
                path=path,
                line=line,
            )
