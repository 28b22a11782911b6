"""Payloads as vendors publish or send them, read from the folder that DVSS_PAYLOADS names: `make test-payloads`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.golden.cases import deliver, normalize

pytestmark = pytest.mark.payloads

EXPECTED = {
    "shopify/orders.create.json": "OrderPlaced x 1",
    "shopify/orders.create@2023-01.json": "OrderPlaced x 1",
    "shopify/orders.updated.json": "OrderStatusChanged x 1",
    "shopify/orders.cancelled.json": "OrderStatusChanged x 1",
    "shopify/orders.paid.json": "OrderStatusChanged x 1",
    "square/inventory.count.updated.json": "InventoryUpdated x 1",
    "square/payment.created.json": "PaymentUpdated x 1",
    "square/payment.updated.json": "PaymentUpdated x 1",
    "square/catalog.version.updated.json": "ignored",
}
"""What each file becomes; every other webhook of the two vendors has no mapping yet."""


def outcome(vendor_id: str, event_type: str, raw: bytes) -> str:
    delivery = deliver(vendor_id, event_type, raw)
    result = normalize(delivery)
    if result.quarantine is not None:
        return str(result.quarantine["reason"])
    versions = delivery.profile.events.get(delivery.event_type)
    return f"{versions[0].emits} x {len(result.canonical or [])}" if versions else "ignored"


def test_every_payload_of_the_mapped_vendors_has_its_outcome(capsys: pytest.CaptureFixture[str]) -> None:
    folder = Path(os.environ["DVSS_PAYLOADS"])
    found = {}
    for path in sorted([*folder.glob("shopify/*.json"), *folder.glob("square/*.json")]):
        name = path.relative_to(folder).as_posix()
        topic = path.stem.partition("@")[0].replace(".", "_") if name.startswith("shopify") else "events"
        found[name] = outcome(name.partition("/")[0], topic, path.read_bytes())
    with capsys.disabled():
        for name, result in found.items():
            print(f"  {name:55} {result}")
    assert {name: result for name, result in found.items() if result != "NO_MAPPING"} == EXPECTED
