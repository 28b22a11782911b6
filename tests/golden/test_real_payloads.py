"""Payloads as vendors publish or send them, read from the folder that DVSS_PAYLOADS names: `make test-payloads`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from handlers.core.mapping import Refused
from tests.golden.cases import deliver, outcome_of, sent

pytestmark = pytest.mark.payloads

EXPECTED = {
    "adyen": {
        "AUTHORISATION.json": "PaymentUpdated x 1",
        # Trial deliveries do not say which payment they change.
        "CANCELLATION.json": "MAPPING_REJECTED /NotificationRequestItem/originalReference",
        "CANCEL_OR_REFUND.json": "MAPPING_REJECTED /NotificationRequestItem/originalReference",
        "CAPTURE.json": "MAPPING_REJECTED /NotificationRequestItem/originalReference",
        # A notification of Adyen's platforms, which have no items.
        "accountHolderCreated.raw.json": "ENVELOPE_UNREADABLE /notificationItems",
        "authorisationTrue@sdk.json": "PaymentUpdated x 1",
        "captureTrue@sdk.json": "PaymentUpdated x 1",
        "refundTrue@sdk.json": "RefundUpdated x 1",
    },
    "amazon": {
        "FBA_INVENTORY_AVAILABILITY_CHANGES.json": "InventoryUpdated x 2",
        "FULFILLMENT_ORDER_STATUS.json": "FulfilmentUpdated x 1",
        "LISTINGS_ITEM_MFN_QUANTITY_CHANGE.json": "InventoryUpdated x 1",
        "ORDER_CHANGE.json": "OrderStatusChanged x 1",
        "TRANSACTION_UPDATE.json": "PaymentUpdated x 1",
    },
    "bigcommerce": {
        "store.cart.converted.json": "ignored",
        "store.channel.any.inventory.product.stock_changed.json": "ignored",
        "store.order.created.json": "ignored",
        "store.order.refund.created.json": "ignored",
        "store.order.statusUpdated.json": "OrderStatusChanged x 1",
        "store.product.inventory.updated.json": "InventoryUpdated x 1",
        "store.product.inventory.updated@live.json": "InventoryUpdated x 1",
        "store.product.updated.json": "ignored",
        "store.shipment.created.json": "ignored",
        "store.sku.inventory.updated.json": "InventoryUpdated x 1",
    },
    "paypal": {
        "CATALOG.PRODUCT.UPDATED.json": "ProductUpdated x 1",
        "CHECKOUT.ORDER.APPROVED.json": "OrderStatusChanged x 1",
        "CHECKOUT.ORDER.COMPLETED.json": "OrderStatusChanged x 1",
        "CUSTOMER.DISPUTE.CREATED.json": "PaymentUpdated x 1",
        "PAYMENT.SALE.COMPLETED.json": "PaymentUpdated x 1",
    },
    "shopify": {
        "checkouts.create.json": "ignored",
        "fulfillments.create.json": "FulfilmentUpdated x 1",
        "fulfillments.create@2023-01.json": "FulfilmentUpdated x 1",
        "inventory_items.update.json": "ignored",
        "inventory_items.update@2023-01.json": "ignored",
        "inventory_levels.update.json": "filtered",
        "inventory_levels.update@2023-01.json": "filtered",
        "order_transactions.create.json": "PaymentUpdated x 1",
        "order_transactions.create@2023-01.json": "PaymentUpdated x 1",
        "orders.cancelled.json": "OrderStatusChanged x 1",
        "orders.create.json": "OrderPlaced x 1",
        "orders.create@2023-01.json": "OrderPlaced x 1",
        "orders.paid.json": "OrderStatusChanged x 1",
        "orders.updated.json": "OrderStatusChanged x 1",
        "products.update.json": "ProductUpdated x 1",
        "products.update@2023-01.json": "ProductUpdated x 1",
        "refunds.create.json": "RefundUpdated x 1",
        # A trial delivery without any time.
        "refunds.create@2023-01.json": "ENVELOPE_UNREADABLE /updated_at",
        # Answers of the REST API, which no webhook sends: the resource is wrapped in its name.
        "rest_fulfillment@sdk.json": "ENVELOPE_UNREADABLE /updated_at",
        "rest_inventory_level@sdk.json": "ENVELOPE_UNREADABLE /updated_at",
        "rest_order@sdk.json": "ENVELOPE_UNREADABLE /updated_at",
        "rest_refund@sdk.json": "ENVELOPE_UNREADABLE /updated_at",
    },
    "square": {
        "catalog.version.updated.json": "ignored",
        "inventory.count.updated.json": "InventoryUpdated x 1",
        "order.created.json": "OrderStatusChanged x 1",
        "order.fulfillment.updated.json": "FulfilmentUpdated x 1",
        "order.updated.json": "OrderStatusChanged x 1",
        # The answer to a fetch, which no webhook sends.
        "order_full@api.json": "ENVELOPE_UNREADABLE /type",
        "payment.created.json": "PaymentUpdated x 1",
        "payment.updated.json": "PaymentUpdated x 1",
        "refund.updated.json": "RefundUpdated x 1",
    },
    "stripe": {
        "charge.dispute.created.json": "PaymentUpdated x 1",
        "charge.refunded.json": "PaymentUpdated x 1",
        # The `data` of an event without the event around it, which no webhook sends.
        "charge.refunded@pay-rails.json": "ENVELOPE_UNREADABLE /type",
        "charge.succeeded.json": "PaymentUpdated x 1",
        "charge.succeeded@pay-rails.json": "ENVELOPE_UNREADABLE /type",
        "checkout.session.completed.json": "ignored",
        "checkout.session.completed@2022-11-15.json": "ignored",
        "invoice.paid@2022-11-15.json": "ignored",
        "payment_intent.payment_failed.json": "PaymentUpdated x 1",
        "payment_intent.succeeded.json": "PaymentUpdated x 1",
    },
    "woocommerce": {
        "order.created.json": "OrderPlaced x 1",
        "product.created.json": "ProductUpdated x 1",
        "product.updated.json": "ProductUpdated x 1",
        "product.updated@docs.json": "ProductUpdated x 1",
    },
}
"""What each file of a vendor's folder becomes: canonical events and how many; none, for ``ignored`` is its event and
``filtered`` its payload; or why and where it is quarantined."""


def outcome(vendor_id: str, event: str, payload: bytes) -> tuple[str, str, str, str]:
    """What the payload becomes; and where it is quarantined the first violation's code, pointer and rule."""
    topic = event.replace(".", "_") if vendor_id == "shopify" else event
    (arrival,) = deliver(vendor_id, topic, sent(vendor_id, event, payload))
    found = outcome_of(arrival)
    if isinstance(found, Refused):
        first = found.violations[0]
        return found.reason, first.code, first.pointer, first.rule or ""
    if found.binding is None:
        return "ignored", "", "", ""
    return f"{found.binding.emits} x {len(found.data)}" if found.data else "filtered", "", "", ""


@pytest.mark.parametrize("vendor_id", EXPECTED)
def test_every_payload_of_a_vendor_has_its_outcome(vendor_id: str, capsys: pytest.CaptureFixture[str]) -> None:
    files = sorted((Path(os.environ["DVSS_PAYLOADS"]) / vendor_id).glob("*.json"))
    found = {path.name: outcome(vendor_id, path.stem.partition("@")[0], path.read_bytes()) for path in files}
    with capsys.disabled():
        print()
        for name, (result, code, pointer, rule) in found.items():
            print(f"{vendor_id + '/' + name:64} {result:22} {code:20} {pointer:24} {rule}".rstrip())
    assert {name: f"{row[0]} {row[2]}".rstrip() for name, row in found.items()} == EXPECTED[vendor_id]
