"""Real payloads fit the vendor schemas that describe them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from generated.runtime import exact_json
from tests.contracts.documents import validator

pytestmark = pytest.mark.payloads

DESCRIBED = {
    "shopify/orders.*.json": ("vendors/shopify/order.v1.schema.json", 5),
    "square/inventory.count.updated*.json": ("vendors/square/inventory_count_updated.v1.schema.json", 1),
    "square/payment.*.json": ("vendors/square/payment.v1.schema.json", 2),
}


@pytest.mark.parametrize("files", DESCRIBED)
def test_real_payloads_are_valid(files: str) -> None:
    schema, at_least = DESCRIBED[files]
    payloads = {path.name: path.read_bytes() for path in Path(os.environ["DVSS_PAYLOADS"]).glob(files)}
    assert len(payloads) >= at_least
    found = {
        name: [error.message for error in validator(schema).iter_errors(exact_json.parse(payload))]
        for name, payload in payloads.items()
    }
    assert found == {name: [] for name in payloads}
