"""Payload to canonical data: the pure part of normalize. No store, no clock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from generated.runtime.mapping import Rejected
from handlers.core.validation import MOST_VIOLATIONS, violations_of
from handlers.values import ReasonCode, Violation

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from generated.runtime.binding import EventBinding, Registry, VendorProfile


@dataclass(frozen=True, slots=True)
class Mapped:
    """Canonical data, one object for each canonical event. ``binding`` is None for an ignored event type."""

    binding: EventBinding | None
    data: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the payload becomes no canonical event."""

    reason: ReasonCode
    violations: tuple[Violation, ...]


def normalize_payload(
    registry: Registry, profile: VendorProfile, event_type: str, payload: Any, envelope: Mapping[str, Any]
) -> Mapped | Refused:
    """Validate, map, validate. ``envelope`` is what ``EventBinding.mapper`` takes. Total on any JSON payload."""
    binding = profile.binding(event_type, payload, envelope)
    if binding is None and event_type in profile.events:
        known = ", ".join(version.version for version in profile.events[event_type])
        message = f"{profile.source} maps no such version of '{event_type}'; it maps {known}."
        return refused(ReasonCode.NO_MAPPING, message)
    if binding is None:
        if profile.webhook is not None and event_type in profile.webhook.ignore:
            return Mapped(None, ())
        known = ", ".join(sorted(profile.events))
        return refused(ReasonCode.NO_MAPPING, f"{profile.source} maps no such event type; it maps {known}.")
    violations = violations_of(registry.validator(binding.payload_schema), payload)
    if violations:
        return Refused(ReasonCode.PAYLOAD_INVALID, violations)
    try:
        data = binding.mapper(payload, envelope)
    except Rejected as rejection:
        rule = registry.rule_location(profile.vendor_id, rejection.rule)
        violation = Violation(rejection.pointer, rejection.code, rejection.message, rule)
        return Refused(ReasonCode.MAPPING_REJECTED, (violation,))
    violations = tuple(islice(_canonical_violations(registry, binding, data), MOST_VIOLATIONS))
    return Refused(ReasonCode.CANONICAL_INVALID, violations) if violations else Mapped(binding, tuple(data))


def refused(reason: ReasonCode, message: str) -> Refused:
    """A refusal that concerns the document as a whole."""
    return Refused(reason, (Violation("", reason, message),))


def _canonical_violations(registry: Registry, binding: EventBinding, data: list[dict[str, Any]]) -> Iterator[Violation]:
    """What is wrong with mapped data; pointers start at the list of the payload's canonical events."""
    validator = registry.validator(binding.canonical_schema)
    for index, item in enumerate(data):
        for violation in violations_of(validator, item):
            yield replace(violation, pointer=f"/{index}{violation.pointer}")
