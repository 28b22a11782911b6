"""Adyen's items: which bytes of a body are signed, and what its library does not refuse."""

from __future__ import annotations

import json
from typing import Any

import pytest
from Adyen.util import is_valid_hmac_notification  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given
from hypothesis import strategies as st

from handlers.core.signatures.requests import SignedRequest
from handlers.core.signatures.schemes import SCHEMES, signature_fault
from tests.signatures.certificates import AT
from tests.signatures.signers import SIGNERS, adyen_body, adyen_item

KEY, OTHER = SIGNERS["adyen"].secret, SIGNERS["adyen"].before


def item(key: str = KEY, **changes: Any) -> dict[str, Any]:
    return adyen_item(key, **changes)


def accepts(content: bytes, *secrets: str) -> bool:
    return signature_fault("adyen", SignedRequest("https://dvss.example", {}, content), secrets or (KEY,), AT) is None


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
    assert accepts(adyen_body(signed))
    assert accepts(adyen_body(signed), KEY.swapcase())


def test_white_space_and_order_are_not_signed() -> None:
    document = json.loads(adyen_body(item()))
    assert accepts(json.dumps(document, indent=2, sort_keys=True).encode())


def test_only_eight_fields_are_signed() -> None:
    assert accepts(adyen_body(item() | {"eventDate": "2020-01-01T00:00:00Z", "reason": "other"}))


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
    assert not accepts(adyen_body(item() | tampered))
    assert not accepts(adyen_body(item(), item() | tampered))
    assert not accepts(adyen_body(item() | tampered, item()))


def test_a_colon_cannot_move_from_the_reference_into_another_field() -> None:
    genuine = item(merchantReference="x:1:EUR:AUTHORISATION:true:10100", originalReference="")
    assert accepts(adyen_body(genuine))
    # The same text is signed, and the library takes it; read so, it would be another account's.
    moved = genuine | {
        "merchantAccountCode": "HarbourLampsECOM:x",
        "merchantReference": "1:EUR:AUTHORISATION:true:10100",
    }
    assert is_valid_hmac_notification(moved, KEY)
    assert not accepts(adyen_body(moved))


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
        adyen_body(item()) + b"{}",
        adyen_body(item())[:-1] + b', "notificationItems": []}',
    ],
)
def test_a_body_without_signed_items_is_refused(content: bytes) -> None:
    assert not accepts(content)


def test_each_item_may_be_signed_with_either_key_that_is_in_force() -> None:
    assert accepts(adyen_body(item(OTHER), item(KEY)), KEY, OTHER)
    assert not accepts(adyen_body(item(OTHER), item(KEY)))


@pytest.mark.parametrize("secret", ["", "0", "0F0", "xy", "0F 0F", "whsec_0F0F"])
def test_a_key_is_hexadecimal(secret: str) -> None:
    assert not SCHEMES["adyen"].is_secret(secret)
    assert not accepts(adyen_body(item()), secret)


@given(st.binary(max_size=200))
def test_no_body_is_too_strange(content: bytes) -> None:
    assert not accepts(content)
