"""What makes an event of a vendor one: its id, and what a sender may change on a retry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.golden.cases import deliver

HERE = Path(__file__).parent


def raw_of(case: str) -> bytes:
    return (HERE / case / "raw.json").read_bytes()


@pytest.mark.parametrize(
    ("case", "ids"),
    {
        "square/refund.updated/completed": ["a1d0c7e2-4b58-4f93-8e6a-0c2d9b71f504"],
        "stripe/charge.refunded/refunded-in-full": ["evt_1HarbourA0050"],
        "paypal/PAYMENT.CAPTURE.COMPLETED/full": ["WH-0HARBOUR00000001X-0HARBOUR00000001Y"],
        "amazon/ORDER_CHANGE/partially-shipped": ["2f6c1d80-94b7-4e3a-a5d2-70c8e91b3f01"],
        "adyen/AUTHORISATION/batch-of-several-kinds": [
            "HARBOURPSP000001/AUTHORISATION/true",
            "HARBOURPSP000013/CAPTURE/true",
            "HARBOURPSP000014/REFUND/false",
            "HARBOURPSP000015/CAPTURE/true",
            "HARBOURPSP000016/REPORT_AVAILABLE/true",
        ],
    }.items(),
)
def test_every_event_is_named_as_its_vendor_names_it(case: str, ids: list[str]) -> None:
    vendor_id, event_type, _ = case.split("/")
    arrivals = deliver(vendor_id, event_type, raw_of(case))
    assert [arrival.delivery.external_event_id for arrival in arrivals] == ids


def test_a_retry_of_stripe_with_fewer_deliveries_to_come_is_the_same_event() -> None:
    first = raw_of("stripe/charge.refunded/refunded-in-full")
    retry = first.replace(b'"pending_webhooks": 2', b'"pending_webhooks": 1')
    other = first.replace(b'"amount_refunded": 12150', b'"amount_refunded": 12149')
    digests = [deliver("stripe", "events", raw)[0].delivery.payload_digest for raw in (first, retry, other)]
    assert digests[0] == digests[1] != digests[2]
    assert retry != first != other


def test_items_of_adyen_are_events_of_the_kinds_that_they_name() -> None:
    arrivals = deliver("adyen", "events", raw_of("adyen/AUTHORISATION/batch-of-several-kinds"))
    kinds = [arrival.delivery.event_type for arrival in arrivals]
    assert kinds == ["AUTHORISATION", "CAPTURE", "REFUND", "CAPTURE", "REPORT_AVAILABLE"]
