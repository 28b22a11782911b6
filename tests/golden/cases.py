"""Vendor bytes through the contracts, as the pipeline runs them, without a store."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from generated.registry import REGISTRY
from generated.runtime.exact_json import parse
from handlers.core.envelopes import read_envelope
from handlers.core.mapping import Mapped, Refused, normalize_payload
from handlers.core.reading import mapper_envelope
from handlers.core.webhooks import WebhookEvent, events_in, identify, read_webhook
from handlers.values import ReasonCode, Violation
from handlers.wire import violation_list

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.core.envelopes import Delivery

RECEIVED_AT = "2026-02-01T12:00:00.000Z"
TOKEN_KEY = bytes(32)


@dataclass(frozen=True)
class Result:
    """``canonical`` data in order, or the ``quarantine`` document."""

    canonical: list[dict[str, Any]] | None
    quarantine: dict[str, Any] | None


@dataclass(frozen=True)
class Arrival:
    """One event as the endpoint takes it; ``event`` is None for one in an envelope."""

    delivery: Delivery
    event: WebhookEvent | None


def sent(vendor_id: str, event_type: str, payload: bytes) -> bytes:
    """What the vendor sends: the payload as it is, or in an envelope where it posts no webhooks of its own."""
    profile = REGISTRY.vendor(vendor_id)
    assert profile is not None
    if profile.webhook is not None:
        return payload
    envelope = {"vendorId": vendor_id, "externalEventId": "1", "eventType": event_type, "occurredAt": RECEIVED_AT}
    return json.dumps(envelope)[:-1].encode() + b', "payload": ' + payload + b"}"


def deliver(vendor_id: str, event_type: str, raw: bytes, headers: Mapping[str, str] | None = None) -> list[Arrival]:
    """What the bytes hold: one event, or several where the vendor posts them in one body.

    A native webhook is posted to the topic ``event_type``.
    """
    profile = REGISTRY.vendor(vendor_id)
    assert profile is not None
    if profile.webhook is None:
        return [Arrival(read_envelope(REGISTRY, profile, raw), None)]
    given = {name.lower(): value for name, value in (headers or {}).items()}
    deliveries = read_webhook(REGISTRY, profile, event_type, {name: [value] for name, value in given.items()}, raw)
    events = events_in(profile.webhook, event_type, given, parse(raw))
    return [Arrival(*one) for one in zip(deliveries, events, strict=True)]


def outcome_of(arrival: Arrival) -> Mapped | Refused:
    """What normalize makes of the event."""
    delivery = arrival.delivery
    if arrival.event is not None:
        identity = identify(REGISTRY, delivery.profile, arrival.event)
        if isinstance(identity, Violation):
            return Refused(ReasonCode.ENVELOPE_UNREADABLE, (identity,))
    envelope = mapper_envelope(
        vendor_id=delivery.profile.vendor_id,
        external_event_id=delivery.external_event_id,
        event_type=delivery.event_type,
        occurred_at=delivery.occurred_at,
        received_at=RECEIVED_AT,
        schema_version=parse(delivery.raw).get("schemaVersion") if arrival.event is None else None,
        headers=delivery.headers,
        token_key=TOKEN_KEY,
    )
    return normalize_payload(REGISTRY, delivery.profile, delivery.event_type, delivery.payload, envelope)


def normalize(arrival: Arrival) -> Result:
    """What the event becomes."""
    mapped = outcome_of(arrival)
    if isinstance(mapped, Mapped):
        return Result(list(mapped.data), None)
    # The rule's line is left out: a rule that is inserted above must not change a golden file.
    violations = violation_list([replace(one, rule=None) for one in mapped.violations])
    return Result(None, {"reason": mapped.reason, "violations": violations})


def text_of(document: Any) -> str:
    """A golden file's text."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
