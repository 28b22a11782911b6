"""What the demo sends, and what it promises to become of it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import parse
from generated.runtime.json_forms import digest
from handlers.values import ReasonCode

if TYPE_CHECKING:
    from collections.abc import Mapping

EXAMPLES = Path(__file__).parent.parent / "examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What one delivered event is answered and what it becomes."""

    external_event_id: str
    sent: bytes
    """The event's own bytes, as they must lie in the raw store."""
    answer: str = "ACCEPTED"
    event_type: str | None = None
    """Canonical event type; None where there is no canonical event."""
    canonical: tuple[Any, ...] = ()
    reason: ReasonCode | None = None
    pointer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One request of the demo."""

    title: str
    vendor_id: str
    path: str
    body: bytes
    http_status: int
    promises: tuple[Promise, ...]
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the demo's vendors hold."""

    vendor_a_key: str = field(repr=False)
    shopify_secret: str = field(repr=False)
    square_secret: str = field(repr=False)


def steps(credentials: Credentials, public_url: str) -> list[Step]:
    """Every request, in order: new events first, then what goes wrong in the ways that vendors know."""
    key = {"x-api-key": credentials.vendor_a_key}
    first = _envelope("inv-10001", "inventory_update", "2026-01-30T20:15:12Z", "inventory_update")
    stock = Promise(
        external_event_id="inv-10001",
        sent=first,
        event_type="InventoryUpdated",
        canonical=_canonical("vendorA/inventory_update"),
    )
    return [
        _posted("vendorA sends a stock level", first, key, stock),
        _order_status(key),
        _batch(key),
        _shopify_order(credentials.shopify_secret),
        _square(
            "square sends two stock levels in one webhook, signed with the address",
            "inventory.count.updated",
            "InventoryUpdated",
            credentials.square_secret,
            public_url,
        ),
        _square("square sends a payment", "payment.updated", "PaymentUpdated", credentials.square_secret, public_url),
        _duplicate(first, key),
        _conflict(key),
        _in_words(key),
    ]


def _envelope(external_event_id: str, event_type: str, occurred_at: str, example: str) -> bytes:
    head = {
        "vendorId": "vendorA",
        "externalEventId": external_event_id,
        "eventType": event_type,
        "occurredAt": occurred_at,
    }
    payload = (EXAMPLES / "vendorA" / f"{example}.json").read_bytes().strip()
    return json.dumps(head).encode()[:-1] + b', "payload": ' + payload + b"}"


def _canonical(example: str) -> tuple[Any, ...]:
    return tuple(parse((EXAMPLES / f"{example}.canonical.json").read_bytes()))


def _posted(title: str, body: bytes, key: Mapping[str, str], promise: Promise, http_status: int = 202) -> Step:
    return Step(
        title=title,
        vendor_id="vendorA",
        path="/v1/events",
        headers=key,
        body=body,
        http_status=http_status,
        promises=(promise,),
    )


def _order_status(key: Mapping[str, str]) -> Step:
    body = _envelope("ord-PO-1001-shipped", "order_status", "2026-01-30T20:20:00Z", "order_status")
    promise = Promise(
        external_event_id="ord-PO-1001-shipped",
        sent=body,
        event_type="OrderStatusChanged",
        canonical=_canonical("vendorA/order_status"),
    )
    return _posted("vendorA sends the status of an order", body, key, promise)


def _batch(key: Mapping[str, str]) -> Step:
    lines = (EXAMPLES / "vendorA" / "inventory_batch.jsonl").read_bytes().splitlines()
    promises = tuple(
        Promise(
            external_event_id=parse(line)["externalEventId"],
            sent=line,
            event_type="InventoryUpdated",
            canonical=(data,),
        )
        for line, data in zip(lines, _canonical("vendorA/inventory_batch"), strict=True)
    )
    return Step(
        title="vendorA sends three stock levels in one batch",
        vendor_id="vendorA",
        path="/v1/events/batch",
        headers=key,
        body=b'{"events": [' + b", ".join(lines) + b"]}",
        http_status=200,
        promises=promises,
    )


def _shopify_order(secret: str) -> Step:
    body = (EXAMPLES / "shopify" / "orders_create.json").read_bytes()
    promise = Promise(
        external_event_id=f"orders_create/{digest(parse(body))}",
        sent=body,
        event_type="OrderPlaced",
        canonical=_canonical("shopify/orders_create"),
    )
    return Step(
        title="shopify sends an order by its own webhook, signed over the exact bytes",
        vendor_id="shopify",
        path="/v1/webhooks/shopify/orders_create",
        headers={"x-shopify-hmac-sha256": _signature(secret, body)},
        body=body,
        http_status=202,
        promises=(promise,),
    )


def _square(title: str, topic: str, event_type: str, secret: str, public_url: str) -> Step:
    body = (EXAMPLES / "square" / f"{topic}.json").read_bytes()
    path = f"/v1/webhooks/square/{topic}"
    promise = Promise(
        external_event_id=parse(body)["event_id"],
        sent=body,
        event_type=event_type,
        canonical=_canonical(f"square/{topic}"),
    )
    signature = _signature(secret, (public_url + path).encode() + body)
    return Step(
        title=title,
        vendor_id="square",
        path=path,
        headers={"x-square-hmacsha256-signature": signature},
        body=body,
        http_status=202,
        promises=(promise,),
    )


def _signature(secret: str, signed: bytes) -> str:
    return base64.b64encode(hmac.digest(secret.encode(), signed, hashlib.sha256)).decode()


def _duplicate(first: bytes, key: Mapping[str, str]) -> Step:
    promise = Promise(
        external_event_id="inv-10001",
        sent=first,
        answer="DUPLICATE",
        event_type="InventoryUpdated",
        canonical=_canonical("vendorA/inventory_update"),
    )
    return _posted("vendorA sends the first stock level again: a duplicate", first, key, promise, http_status=200)


def _conflict(key: Mapping[str, str]) -> Step:
    body = _envelope("inv-10001", "inventory_update", "2026-01-30T20:15:12Z", "inventory_update_in_words")
    promise = Promise(
        external_event_id="inv-10001",
        sent=body,
        answer="CONFLICT",
        reason=ReasonCode.EVENT_ID_REUSE_DIFFERENT_PAYLOAD,
        pointer="",
    )
    title = "vendorA uses the event id for another payload: a conflict, both are kept"
    return _posted(title, body, key, promise, http_status=409)


def _in_words(key: Mapping[str, str]) -> Step:
    body = _envelope("inv-10002", "inventory_update", "2026-01-30T20:17:00Z", "inventory_update_in_words")
    promise = Promise(external_event_id="inv-10002", sent=body, reason=ReasonCode.PAYLOAD_INVALID, pointer="/qty")
    return _posted("vendorA sends a quantity in words: accepted, kept raw, quarantined", body, key, promise)
