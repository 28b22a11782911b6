"""Adyen's items against Adyen's own library, its documented vector, and what the library does not refuse."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from Adyen.util import (  # type: ignore[import-untyped]  # it ships no types
    generate_notification_sig,
    is_valid_hmac_notification,
)
from hypothesis import given
from hypothesis import strategies as st

from handlers.core.signatures.requests import SignedRequest
from handlers.core.signatures.schemes import SCHEMES, is_authentic

AT = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
KEY = "0F" * 32
OTHER = "1e" * 32


def item(key: str = KEY, **changes: Any) -> dict[str, Any]:
    """A signed item as Adyen makes it; ``changes`` come before the signature."""
    notification = {
        "amount": {"currency": "EUR", "value": 10100},
        "eventCode": "AUTHORISATION",
        "eventDate": "2026-01-30T21:15:12+01:00",
        "merchantAccountCode": "HarbourLampsECOM",
        "merchantReference": "order-1001",
        "pspReference": "HRB82K6ZT4LX9Q75",
        "success": "true",
    } | changes
    signature = generate_notification_sig(notification, key).decode()
    return notification | {"additionalData": {"cardSummary": "1111", "hmacSignature": signature}}


def body(*items: dict[str, Any]) -> bytes:
    wrapped = [{"NotificationRequestItem": one} for one in items]
    return json.dumps({"live": "false", "notificationItems": wrapped}).encode()


def accepts(content: bytes, *secrets: str) -> bool:
    return is_authentic("adyen", SignedRequest("https://dvss.example", {}, content), secrets or (KEY,), AT)


def test_the_documented_vector_holds() -> None:
    # https://docs.adyen.com/development-resources/webhooks/secure-webhooks/verify-hmac-signatures
    notification = {
        "pspReference": "7914073381342284",
        "originalReference": "",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": "TestPayment-1407325143704",
        "amount": {"value": 1130, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": "true",
        "additionalData": {"hmacSignature": "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="},
    }
    key = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
    assert accepts(body(notification), key)
    assert accepts(body(notification), key.lower())


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"originalReference": "HRB82K6ZT4LX9Q70", "eventCode": "CAPTURE"},
        {"merchantReference": "30-01-2026-21:15:12"},
        {"merchantReference": "a\\b/c"},
        {"merchantReference": "Bestellung Zürich 鍵"},
        {"amount": {"value": 0, "currency": "JPY"}, "success": "false"},
    ],
)
def test_an_item_as_the_library_signs_it_is_authentic(changes: dict[str, Any]) -> None:
    signed = item(**changes)
    assert is_valid_hmac_notification(signed, KEY)
    assert accepts(body(signed))


def test_white_space_and_order_are_not_signed() -> None:
    document = json.loads(body(item()))
    assert accepts(json.dumps(document, indent=2, sort_keys=True).encode())


def test_only_eight_fields_are_signed() -> None:
    assert accepts(body(item() | {"eventDate": "2020-01-01T00:00:00Z", "reason": "other"}))


@pytest.mark.parametrize(
    "tampered",
    [
        {"pspReference": "HRB82K6ZT4LX9Q76"},
        {"originalReference": "HRB82K6ZT4LX9Q70"},
        {"merchantAccountCode": "OtherECOM"},
        {"merchantReference": "order-1002"},
        {"merchantReference": None},
        {"amount": {"currency": "EUR", "value": 1}},
        {"amount": {"currency": "USD", "value": 10100}},
        {"amount": {"currency": "EUR", "value": 10100.5}},
        {"amount": {"currency": "EUR", "value": "10100"}},
        {"amount": {"currency": "EUR", "value": True}},
        {"amount": None},
        {"eventCode": "REFUND"},
        {"success": "false"},
        {"success": True},
        {"additionalData": {}},
        {"additionalData": None},
        {"additionalData": {"hmacSignature": ""}},
        {"additionalData": {"hmacSignature": "!"}},
        {"additionalData": {"hmacSignature": 1}},
    ],
    ids=str,
)
def test_a_tampered_item_is_refused_and_all_with_it(tampered: dict[str, Any]) -> None:
    assert not accepts(body(item() | tampered))
    assert not accepts(body(item(), item() | tampered))
    assert not accepts(body(item() | tampered, item()))


def test_a_colon_cannot_move_from_the_reference_into_another_field() -> None:
    genuine = item(merchantReference="x:1:EUR:AUTHORISATION:true:10100", originalReference="")
    assert accepts(body(genuine))
    # The same text is signed, and the library takes it; read so, it would be another account's.
    moved = genuine | {
        "merchantAccountCode": "HarbourLampsECOM:x",
        "merchantReference": "1:EUR:AUTHORISATION:true:10100",
    }
    assert is_valid_hmac_notification(moved, KEY)
    assert not accepts(body(moved))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"{}",
        b'{"notificationItems": null}',
        b'{"notificationItems": []}',
        b'{"notificationItems": [null]}',
        b'{"notificationItems": [{}]}',
        b'{"notificationItems": [{"NotificationRequestItem": []}]}',
        body(item()) + b"{}",
        body(item())[:-1] + b', "notificationItems": []}',
    ],
)
def test_a_body_without_signed_items_is_refused(content: bytes) -> None:
    assert not accepts(content)


def test_the_key_before_is_good_while_it_is_in_force() -> None:
    assert not accepts(body(item(OTHER)))
    assert accepts(body(item(OTHER)), KEY, OTHER)
    assert accepts(body(item(OTHER), item(KEY)), KEY, OTHER)
    assert not accepts(body(item(OTHER)), KEY, KEY, OTHER)
    assert not is_authentic("adyen", SignedRequest("", {}, body(item())), (), AT)


@pytest.mark.parametrize("secret", ["", "0", "0F0", "xy", "0F 0F", "whsec_0F0F"])
def test_a_key_is_hexadecimal(secret: str) -> None:
    assert not SCHEMES["adyen"].is_secret(secret)
    assert not accepts(body(item()), secret)


@given(st.binary(max_size=200))
def test_no_body_is_too_strange(content: bytes) -> None:
    assert not accepts(content)
