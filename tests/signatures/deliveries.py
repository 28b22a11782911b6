"""Webhooks of real mappings, signed by whoever signs for their scheme, posted to the entry point."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from tests.handlers.deployments import profile_of
from tests.handlers.world import PUBLIC_URL, Answer, OtherRegistry, World
from tests.signatures.signers import SIGNERS, Signed, Signer

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import timedelta

GOLDEN = Path(__file__).parents[1] / "golden"


@dataclass(frozen=True)
class Sender:
    """A vendor whose mapping names the scheme."""

    scheme: str
    vendor_id: str
    topic: str
    case: str
    unsigned: Mapping[str, str]
    """Headers that the vendor sends and does not sign."""

    @property
    def signer(self) -> Signer:
        return SIGNERS[self.scheme]

    @property
    def body(self) -> bytes:
        return (GOLDEN / self.case / "raw.json").read_bytes()

    @property
    def path(self) -> str:
        return f"/v1/webhooks/{self.vendor_id}/{self.topic}"

    def install(self, world: World) -> None:
        """Give the vendor its secret, and its scheme where no mapping names it."""
        profile = profile_of(self.vendor_id)
        if profile.scheme != self.scheme:
            world.use(OtherRegistry(replace(profile, scheme=self.scheme)))
        world.put_secret(self.vendor_id, self.signer.secret)

    def sign(
        self, world: World, *, body: bytes | None = None, secret: str = "", later: timedelta | None = None
    ) -> Signed:
        at = world.clock.now() if later is None else world.clock.now() + later
        return self.signer.sign(body or self.body, secret or self.signer.secret, at, PUBLIC_URL + self.path)


def post(world: World, sender: Sender, signed: Signed, **headers: str) -> Answer:
    """``headers`` come on top of those that are signed."""
    named = {name.replace("_", "-"): [value] for name, value in headers.items()}
    given = {name: [value] for name, value in sender.unsigned.items()} | named
    return world.call(
        "POST",
        "/v1/webhooks/{vendorId}/{topic}",
        signed.body,
        path=sender.path,
        pathParameters={"vendorId": sender.vendor_id, "topic": sender.topic},
        headers={},
        multiValueHeaders={"content-type": ["application/json"], **given, **signed.headers},
    )


def statuses(answer: Answer) -> set[str]:
    """What became of the events of a request; nothing where the vendor is answered in its own words."""
    if not answer.headers["content-type"].startswith("application/json"):
        return set()
    return {one["status"] for one in answer.body.get("results", [answer.body])}


def several(sender: Sender, count: int) -> bytes:
    """The first items of a body that holds many."""
    document = json.loads(sender.body)
    return json.dumps(document | {"notificationItems": document["notificationItems"][:count]}).encode()


SENDERS = {
    one.scheme: one
    for one in (
        Sender(
            "standard-webhooks",
            "bigcommerce",
            "store.order.statusUpdated",
            "bigcommerce/store.order.statusUpdated/shipped",
            {},
        ),
        Sender("stripe", "stripe", "events", "stripe/charge.succeeded/card-of-a-payment", {}),
        Sender(
            "square", "square", "events", "square/inventory.count.updated/several-counts", {"square-retry-number": "1"}
        ),
        Sender(
            "shopify",
            "shopify",
            "orders_create",
            "shopify/orders_create/full",
            {
                "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
                "x-shopify-event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
                "x-shopify-topic": "orders/create",
                "x-shopify-shop-domain": "harbour.example",
            },
        ),
        Sender(
            "woocommerce",
            "woocommerce",
            "order.created",
            "woocommerce/order.created/full",
            {"x-wc-webhook-delivery-id": "1f0c", "x-wc-webhook-topic": "order.created", "x-wc-webhook-id": "7"},
        ),
        Sender(
            "hmac",
            "square",
            "events",
            "square/inventory.count.updated/several-counts",
            {"x-github-delivery": "72d3162e-cc78-11e3-81ab-4c9367dc0958", "x-github-event": "push"},
        ),
        Sender("adyen", "adyen", "standard", "adyen/AUTHORISATION/batch-of-several-kinds", {}),
        Sender(
            "paypal",
            "paypal",
            "events",
            "paypal/PAYMENT.CAPTURE.COMPLETED/full",
            {"paypal-cert-url": "https://x.example"},
        ),
    )
}
