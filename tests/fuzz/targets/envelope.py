"""Any body on any route is refused with a problem, or becomes deliveries that can be told apart and read back.

The first line is the route: ``event``, ``batch``, or a vendor and a topic; what follows is the body.
"""

from __future__ import annotations

from generated.registry import REGISTRY
from generated.runtime.exact_json import parse
from handlers.core.envelopes import PRINTABLE_ID, Delivery, check_size, read_batch, read_envelope
from handlers.core.problems import RequestRefusedError
from handlers.core.webhooks import read_webhook

VENDOR = "vendorA"
HEADERS = {"content-type": ["application/json"], "x-shopify-topic": ["orders/create"]}


def one(data: bytes) -> None:
    """Try one request."""
    route, _, body = data.partition(b"\n")
    try:
        deliveries = deliveries_of(route.decode("latin-1"), body)
    except RequestRefusedError:
        return
    for delivery in deliveries:
        assert PRINTABLE_ID.fullmatch(delivery.external_event_id)
        assert delivery.key.vendor_id == delivery.profile.vendor_id
        assert len(delivery.payload_digest) == 64
        if delivery.offset is not None:
            assert body[delivery.offset : delivery.offset + len(delivery.raw)] == delivery.raw
            assert parse(delivery.raw) == delivery.payload


def deliveries_of(route: str, body: bytes) -> list[Delivery]:
    """What the route's reader makes of the body."""
    profile = REGISTRY.vendor(VENDOR)
    assert profile is not None
    if route == "batch":
        return [item for item in read_batch(REGISTRY, profile, body) if isinstance(item, Delivery)]
    vendor_id, _, topic = route.partition(" ")
    webhook = REGISTRY.vendor(vendor_id)
    if webhook is None or webhook.webhook is None:
        return [read_envelope(REGISTRY, profile, body)]
    check_size(body, webhook)
    return read_webhook(REGISTRY, webhook, topic or "events", HEADERS, body)
