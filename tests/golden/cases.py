"""Vendor bytes through the contracts, as the pipeline runs them, without a store."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from generated.registry import REGISTRY
from handlers.core.envelopes import identify, read_envelope, read_webhook
from handlers.core.mapping import Mapped, Refused, normalize_payload
from handlers.values import ReasonCode, Violation
from handlers.wire import violation_list

if TYPE_CHECKING:
    from handlers.core.envelopes import Delivery

RECEIVED_AT = "2026-02-01T12:00:00.000Z"


@dataclass(frozen=True)
class Result:
    """``canonical`` data in order, or the ``quarantine`` document."""

    canonical: list[dict[str, Any]] | None
    quarantine: dict[str, Any] | None


def sent(vendor_id: str, event_type: str, payload: bytes) -> bytes:
    """What the vendor sends: the payload as it is, or in an envelope where it posts no webhooks of its own."""
    profile = REGISTRY.vendor(vendor_id)
    assert profile is not None
    if profile.webhook is not None:
        return payload
    envelope = {"vendorId": vendor_id, "externalEventId": "1", "eventType": event_type, "occurredAt": RECEIVED_AT}
    return json.dumps(envelope)[:-1].encode() + b', "payload": ' + payload + b"}"


def deliver(vendor_id: str, event_type: str, raw: bytes) -> Delivery:
    """The bytes as the vendor's endpoint takes them; a native webhook is posted to the topic ``event_type``."""
    profile = REGISTRY.vendor(vendor_id)
    assert profile is not None
    if profile.webhook is None:
        return read_envelope(REGISTRY, profile, raw)
    return read_webhook(REGISTRY, profile, event_type, raw)


def outcome_of(delivery: Delivery) -> Mapped | Refused:
    """What normalize makes of the delivery."""
    if delivery.topic is not None:
        identity = identify(REGISTRY, delivery.profile, delivery.topic, delivery.payload)
        if isinstance(identity, Violation):
            return Refused(ReasonCode.ENVELOPE_UNREADABLE, (identity,))
    envelope: dict[str, Any] = {
        "vendorId": delivery.profile.vendor_id,
        "externalEventId": delivery.external_event_id,
        "eventType": delivery.event_type,
        "occurredAt": delivery.occurred_at,
        "receivedAt": RECEIVED_AT,
        "headers": {},
    }
    return normalize_payload(REGISTRY, delivery.profile, delivery.event_type, delivery.payload, envelope)


def normalize(delivery: Delivery) -> Result:
    """What the delivery becomes."""
    mapped = outcome_of(delivery)
    if isinstance(mapped, Mapped):
        return Result(list(mapped.data), None)
    # The rule's line is left out: a rule that is inserted above must not change a golden file.
    violations = violation_list([replace(one, rule=None) for one in mapped.violations])
    return Result(None, {"reason": mapped.reason, "violations": violations})


def text_of(document: Any) -> str:
    """A golden file's text."""
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
