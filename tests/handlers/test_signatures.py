"""Signatures against the vendors' own libraries, and what none of them checks."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import stripe
from hypothesis import given
from hypothesis import strategies as st
from square.utils import webhooks_helper

from codegen.frontend import mapping
from handlers.core.signatures.hmacs import REPLAY_WINDOW_SECONDS
from handlers.core.signatures.requests import SignedRequest
from handlers.core.signatures.schemes import SCHEMES, is_authentic

AT = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)
NOW = int(AT.timestamp())
URL = "https://dvss.example/v1/webhooks/vendor/topic"
SECRET = "whsec_" + base64.b64encode(b"k" * 32).decode()
OTHER = "whsec_" + base64.b64encode(b"o" * 32).decode()
BODY = b'{"id": 820982911946154508, "note": "\xc3\xa9"}'

IN_A_HEADER = ("hmac", "shopify", "square", "standard-webhooks", "stripe", "woocommerce")
"""The schemes of one HMAC in a header; the others have tests of their own."""

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
keys = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n"), min_size=1)


def signed(scheme: str, body: bytes = BODY, secret: str = SECRET, timestamp: int = NOW) -> dict[str, list[str]]:
    """The headers of a request as the vendor's own library, or its documentation, makes them."""
    match scheme:
        case "shopify" | "woocommerce":
            digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
            header = "x-shopify-hmac-sha256" if scheme == "shopify" else "x-wc-webhook-signature"
            return {header: [base64.b64encode(digest).decode()]}
        case "hmac":
            return {"x-hub-signature-256": ["sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()]}
        case "square":
            digest = hmac.new(secret.encode(), URL.encode() + body, hashlib.sha256).digest()
            return {"x-square-hmacsha256-signature": [base64.b64encode(digest).decode()]}
        case "stripe":
            made = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, timestamp)
            return {"stripe-signature": [made]}
        case _:
            made = standardwebhooks.Webhook(secret).sign("msg_1", datetime.fromtimestamp(timestamp, UTC), body.decode())
            headers = {"webhook-id": "msg_1", "webhook-timestamp": str(timestamp), "webhook-signature": made}
            return {name: [value] for name, value in headers.items()}


def accepts(scheme: str, headers: dict[str, list[str]], body: bytes = BODY, *secrets: str, url: str = URL) -> bool:
    return is_authentic(scheme, SignedRequest(url, headers, body), secrets or (SECRET,), AT)


def test_a_mapping_may_name_exactly_the_schemes_that_there_are() -> None:
    assert {*mapping.SCHEMES} == {"api-key", *SCHEMES}
    assert {*SCHEMES} == {*IN_A_HEADER, "adyen", "paypal"}


def signature_header(scheme: str) -> str:
    return next(name for name in signed(scheme) if "sign" in name or "hmac" in name)


@pytest.mark.parametrize("scheme", IN_A_HEADER)
def test_a_signed_request_is_authentic_and_no_other(scheme: str) -> None:
    headers = signed(scheme)
    assert accepts(scheme, headers)
    assert not accepts(scheme, headers, BODY + b" ")
    assert not accepts(scheme, headers, json.dumps(json.loads(BODY)).encode())
    assert not accepts(scheme, headers, BODY, OTHER)
    assert not accepts(scheme, {})
    assert not is_authentic(scheme, SignedRequest(URL, headers, BODY), (), AT)


@pytest.mark.parametrize("scheme", IN_A_HEADER)
@given(texts, texts)
def test_any_body_is_signed_as_the_vendor_signs_it(scheme: str, text: str, other: str) -> None:
    headers = signed(scheme, text.encode())
    assert accepts(scheme, headers, text.encode())
    assert accepts(scheme, headers, other.encode()) == (text == other)


@given(texts, keys, st.text("abc/:.", min_size=1), st.booleans())
def test_square_agrees_with_its_library(body: str, key: str, url: str, tamper: bool) -> None:
    digest = hmac.new(key.encode(), (url + body).encode(), hashlib.sha256).digest()
    header = base64.b64encode(digest).decode()
    sent = body + "x" if tamper else body
    oracle = webhooks_helper.verify_signature(
        request_body=sent, signature_header=header, signature_key=key, notification_url=url
    )
    headers = {"x-square-hmacsha256-signature": [header]}
    assert accepts("square", headers, sent.encode(), key, url=url) == oracle == (not tamper)


@given(texts, st.sampled_from(["", "v0=00,", "v1=00,", f"v1={'0' * 64},"]), st.booleans())
def test_stripe_agrees_with_its_library(body: str, before: str, tamper: bool) -> None:
    header = before + signed("stripe", body.encode())["stripe-signature"][0]
    sent = body + "x" if tamper else body
    try:
        oracle = bool(stripe.WebhookSignature.verify_header(sent, header, SECRET))
    except stripe.SignatureVerificationError:
        oracle = False
    assert accepts("stripe", {"stripe-signature": [header]}, sent.encode()) == oracle == (not tamper)


def test_a_signature_made_with_openssl_is_authentic() -> None:
    # printf 'hello "world"' | openssl dgst -sha256 -hmac shpss_secret -binary | base64
    headers = {"x-shopify-hmac-sha256": ["CEbqKzh57gxrQbmeD37O9Qol4baaOeWiWR58OkYwaHM="]}
    assert accepts("shopify", headers, b'hello "world"', "shpss_secret")


@pytest.mark.parametrize("scheme", IN_A_HEADER)
def test_the_secret_before_is_good_while_it_is_in_force(scheme: str) -> None:
    headers = signed(scheme, secret=OTHER)
    assert accepts(scheme, headers, BODY, SECRET, OTHER)
    assert not accepts(scheme, headers, BODY, SECRET, SECRET, OTHER)


@pytest.mark.parametrize("scheme", IN_A_HEADER)
def test_a_header_that_comes_twice_is_refused(scheme: str) -> None:
    for name in signed(scheme):
        headers = signed(scheme)
        headers[name] *= 2
        assert not accepts(scheme, headers), name


@pytest.mark.parametrize("scheme", IN_A_HEADER)
@pytest.mark.parametrize("text", ["", " ", "é", "!", "AAAA", "v1,", "v1,AAAA", "t=1", "t=1,v1=zz", "=" * 9_999])
def test_what_is_no_signature_is_refused(scheme: str, text: str) -> None:
    assert not accepts(scheme, signed(scheme) | {signature_header(scheme): [text]})


def test_a_documented_signature_of_github_is_authentic() -> None:
    # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
    made = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    body, secret = b"Hello, World!", "It's a Secret to Everybody"
    for text, expected in (
        (f"sha256={made}", True),
        (made, False),
        (f"sha1={made}", False),
        (f"sha256={made.upper()}", False),
    ):
        assert accepts("hmac", {"x-hub-signature-256": [text]}, body, secret) is expected, text


@pytest.mark.parametrize("secret", ["", "two\nlines", "two\rlines"])
def test_a_secret_of_no_or_several_lines_is_none(secret: str) -> None:
    assert not SCHEMES["woocommerce"].is_secret(secret)
    assert not accepts("woocommerce", signed("woocommerce", secret=secret), BODY, secret)


def test_square_signs_the_address_too() -> None:
    assert not accepts("square", signed("square"), url=URL + "/")


@pytest.mark.parametrize("scheme", ["stripe", "standard-webhooks"])
def test_a_request_outside_of_the_replay_window_is_refused(scheme: str) -> None:
    for seconds, expected in ((0, True), (300, True), (301, False), (-300, True), (-301, False)):
        assert accepts(scheme, signed(scheme, timestamp=NOW + seconds)) is expected, seconds
    assert timedelta(seconds=REPLAY_WINDOW_SECONDS) == timedelta(minutes=5)


@pytest.mark.parametrize("text", ["", "-1", "1e9", " 1", "1 ", "0x1", "\u0661", "9" * 13, "12.5"])
def test_a_time_that_is_no_plain_integer_is_refused(text: str) -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    made = base64.b64encode(hmac.digest(key, f"msg_1.{text}.".encode() + BODY, "sha256")).decode()
    headers = {"webhook-id": ["msg_1"], "webhook-timestamp": [text], "webhook-signature": [f"v1,{made}"]}
    assert not accepts("standard-webhooks", headers)


def test_one_of_up_to_five_signatures_must_hold() -> None:
    good = signed("standard-webhooks")["webhook-signature"][0]
    wrong = "v1," + base64.b64encode(b"w" * 32).decode()
    for many, expected in ((4, True), (5, False)):
        text = " ".join([*[wrong] * many, good])
        headers = signed("standard-webhooks") | {"webhook-signature": [text]}
        assert accepts("standard-webhooks", headers) is expected


def test_the_message_id_is_signed() -> None:
    assert not accepts("standard-webhooks", signed("standard-webhooks") | {"webhook-id": ["msg_2"]})


def test_a_secret_may_lack_its_padding_and_must_be_one() -> None:
    headers = signed("standard-webhooks")
    assert accepts("standard-webhooks", headers, BODY, SECRET.rstrip("="))
    for broken in ("whsec_", "whsec_!", "é"):
        assert not accepts("standard-webhooks", headers, BODY, broken)
