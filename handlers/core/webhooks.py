"""A native webhook's request to the deliveries in it: one for its body, or one for each element of an array in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import pointer_token
from generated.runtime.json_forms import digest
from generated.runtime.mapping import FAILED, Rejected, timestamp
from handlers.core.digests import compared, rule_of
from handlers.core.elements import Element, elements
from handlers.core.envelopes import EVENT_TYPE, PRINTABLE_ID, Delivery, parsed
from handlers.values import Source, Violation

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from generated.runtime.binding import Registry, VendorProfile, WebhookBinding, WebhookEnvelope


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookEvent:
    """One event of a webhook's request, as the mapping reads it."""

    topic: str
    headers: Mapping[str, str]
    body: Any
    item: Any
    """The element that the event is; the body itself where it came as one event."""
    is_element: bool


def read_webhook(
    registry: Registry, profile: VendorProfile, topic: str, headers: Mapping[str, Sequence[str]], raw: bytes
) -> list[Delivery]:
    """The deliveries in a request whose size was checked. Raises RequestRefusedError.

    ``headers`` holds every value of each header, names in lower case. What does not say which event it is still is
    one, be it an element or a body without the array that it should have: it is named by a digest of topic and content,
    carries no time, and is quarantined by normalize.
    """
    webhook = profile.webhook
    assert webhook is not None
    single = {name: values[0] for name, values in headers.items() if name in webhook.headers and len(values) == 1}
    events = events_in(webhook, topic, single, parsed(raw))
    is_split = webhook.split is not None and all(event.is_element for event in events)
    places = elements(raw, webhook.split or ()) if is_split else [Element(0, raw)]
    return [_delivery(registry, profile, *one) for one in zip(events, places, strict=True)]


def events_in(webhook: WebhookBinding, topic: str, headers: Mapping[str, str], body: Any) -> list[WebhookEvent]:
    """The elements that the mapping splits the body into, or the body as one event where it has no such array."""
    array = None if webhook.split is None else body
    for name in webhook.split or ():
        array = array.get(name) if isinstance(array, dict) else None
    if not isinstance(array, list):
        return [WebhookEvent(topic=topic, headers=headers, body=body, item=body, is_element=False)]
    return [WebhookEvent(topic=topic, headers=headers, body=body, item=item, is_element=True) for item in array]


def _delivery(registry: Registry, profile: VendorProfile, event: WebhookEvent, element: Element) -> Delivery:
    identity = identify(registry, profile, event)
    if isinstance(identity, Violation):
        named = digest([event.topic, compared(rule_of(profile.digest_without), event.item)])
        external_event_id, event_type, occurred_at = f"sha256:{named}", event.topic, None
    else:
        external_event_id, event_type = identity.external_event_id, identity.event_type
        occurred_at = identity.occurred_at
    return Delivery(
        profile=profile,
        external_event_id=external_event_id,
        event_type=event_type,
        source=Source.WEBHOOK,
        topic=event.topic,
        headers=event.headers,
        occurred_at=occurred_at,
        raw=element.raw,
        offset=element.offset if event.is_element else None,
        payload=event.item,
    )


def identify(registry: Registry, profile: VendorProfile, event: WebhookEvent) -> WebhookEnvelope | Violation:
    """What a webhook says where the envelope API has an envelope, or why it cannot be told."""
    webhook = profile.webhook
    assert webhook is not None
    if webhook.split is not None and not event.is_element:
        pointer = "".join(f"/{pointer_token(name)}" for name in webhook.split)
        message = "each element of the array here is an event, and the body had no such array when it came"
        return Violation(pointer, "NOT_SPLIT", message, profile.source)
    try:
        identity = webhook.read(event.body, event.topic, event.headers, event.item)
    except Rejected as rejection:
        rule = registry.rule_location(profile.vendor_id, rejection.rule)
        return Violation(rejection.pointer, rejection.code, rejection.message, rule)
    if not PRINTABLE_ID.fullmatch(identity.external_event_id):
        message = "the event id that the mapping reads is not 1 to 256 printable characters"
        return Violation("", "EVENT_ID_INVALID", message, profile.source)
    if not EVENT_TYPE.fullmatch(identity.event_type):
        message = "the event type that the mapping reads is none: letters, digits, '.', '_', '/' and '-'"
        return Violation("", "EVENT_TYPE_INVALID", message, profile.source)
    if timestamp(identity.occurred_at) is FAILED:
        message = "the time that the mapping reads is no RFC 3339 time"
        return Violation("", "OCCURRED_AT_INVALID", message, profile.source)
    return identity
