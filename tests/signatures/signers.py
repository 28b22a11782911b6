"""Who signs and who verifies in the tests, for each scheme: the vendor's own SDK where it can, else what is by hand."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import standardwebhooks
import stripe
from Adyen.util import (  # type: ignore[import-untyped]  # it ships no types
    generate_notification_sig,
    is_valid_hmac_notification,
)
from cryptography.x509 import load_pem_x509_certificate
from square.utils import webhooks_helper

from tests.signatures import certificates
from tests.signatures.by_hand import crc32, hmac_sha256, rsa_sign, rsa_verify
from tests.signatures.certificates import AT, WEBHOOK_ID

if TYPE_CHECKING:
    from collections.abc import Callable

    type Headers = dict[str, list[str]]

URL = "https://dvss.example/v1/webhooks/vendor/topic"
BODY = b'{"id": 820982911946154508, "price": 1.0, "note": "Z\xc3\xbcrich"}'
ADYEN_ITEM: dict[str, Any] = {
    "amount": {"currency": "EUR", "value": 10100},
    "eventCode": "AUTHORISATION",
    "eventDate": "2026-01-30T21:15:12+01:00",
    "merchantAccountCode": "HarbourLampsECOM",
    "merchantReference": "order-1001",
    "pspReference": "HRB82K6ZT4LX9Q75",
    "success": "true",
}


@dataclass(frozen=True)
class Signed:
    """A request as it travels."""

    headers: Headers
    body: bytes
    url: str = URL

    def header(self, name: str) -> str:
        """As frameworks hand it to the vendors' verifiers; empty where it is missing."""
        return ", ".join(self.headers.get(name, ()))


@dataclass(frozen=True)
class Signer:
    """One scheme's own signer and verifier."""

    source: str
    """Whose they are."""
    headers: tuple[str, ...]
    """Those that a request cannot do without."""
    sign: Callable[[bytes, str, datetime, str], Signed]
    """Body, secret, the time of sending, and the address."""
    verify: Callable[[Signed, str], bool]
    """By the vendor's own rules, at the moment ``AT``."""
    secret: str = "a secret of the test"
    before: str = "the secret before it"
    other: str = "a secret of nobody"
    body: bytes = BODY
    with_further: Callable[[Signed, int], Signed] | None = None
    """The request with so many wrong signatures before the good one; None where there can be only one."""


def _whsec(letter: str) -> str:
    return "whsec_" + base64.b64encode(letter.encode() * 32).decode()


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _in_header(header: str, source: str) -> Signer:
    """The body alone is signed, in base64."""

    def sign(body: bytes, secret: str, at: datetime, url: str) -> Signed:
        del at
        return Signed({header: [_base64(hmac_sha256(secret.encode(), body))]}, body, url)

    def verify(signed: Signed, secret: str) -> bool:
        return signed.header(header) == _base64(hmac_sha256(secret.encode(), signed.body))

    return Signer(source, (header,), sign, verify)


def _sign_hub(body: bytes, secret: str, at: datetime, url: str) -> Signed:
    del at
    return Signed({"x-hub-signature-256": ["sha256=" + hmac_sha256(secret.encode(), body).hex()]}, body, url)


def _verify_hub(signed: Signed, secret: str) -> bool:
    return signed.header("x-hub-signature-256") == "sha256=" + hmac_sha256(secret.encode(), signed.body).hex()


def _sign_square(body: bytes, secret: str, at: datetime, url: str) -> Signed:
    del at
    made = _base64(hmac_sha256(secret.encode(), url.encode() + body))
    return Signed({"x-square-hmacsha256-signature": [made]}, body, url)


def _verify_square(signed: Signed, secret: str) -> bool:
    return webhooks_helper.verify_signature(
        request_body=signed.body.decode(),
        signature_header=signed.header("x-square-hmacsha256-signature"),
        signature_key=secret,
        notification_url=signed.url,
    )


def _sign_stripe(body: bytes, secret: str, at: datetime, url: str) -> Signed:
    made = stripe.WebhookSignature.generate_signature_header(body.decode(), secret, int(at.timestamp()))
    return Signed({"stripe-signature": [made]}, body, url)


def _verify_stripe(signed: Signed, secret: str) -> bool:
    tolerance = stripe.Webhook.DEFAULT_TOLERANCE
    try:
        return bool(
            stripe.WebhookSignature.verify_header(signed.body, signed.header("stripe-signature"), secret, tolerance)
        )
    except stripe.SignatureVerificationError:
        return False


def _further_stripe(signed: Signed, count: int) -> Signed:
    time, good = signed.header("stripe-signature").split(",")
    return replace(signed, headers={"stripe-signature": [",".join([time, *[f"v1={'0' * 64}"] * count, good])]})


def _sign_standard(body: bytes, secret: str, at: datetime, url: str) -> Signed:
    made = standardwebhooks.Webhook(secret).sign("msg_1", at.astimezone(UTC), body.decode())
    headers = {"webhook-id": "msg_1", "webhook-timestamp": str(int(at.timestamp())), "webhook-signature": made}
    return Signed({name: [value] for name, value in headers.items()}, body, url)


def _verify_standard(signed: Signed, secret: str) -> bool:
    try:
        standardwebhooks.Webhook(secret).verify(signed.body, {name: signed.header(name) for name in signed.headers})
    except standardwebhooks.WebhookVerificationError:
        return False
    return True


def _further_standard(signed: Signed, count: int) -> Signed:
    wrong = "v1," + _base64(b"w" * 32)
    text = " ".join([*[wrong] * count, signed.header("webhook-signature")])
    return replace(signed, headers=signed.headers | {"webhook-signature": [text]})


def adyen_body(*items: dict[str, Any]) -> bytes:
    wrapped = [{"NotificationRequestItem": one} for one in items]
    return json.dumps({"live": "false", "notificationItems": wrapped}).encode()


def adyen_item(secret: str, **changes: Any) -> dict[str, Any]:
    """A signed item as Adyen makes it; ``changes`` come before the signature."""
    notification = ADYEN_ITEM | changes
    more = notification.pop("additionalData", {})
    made = generate_notification_sig(notification, secret).decode()
    return notification | {"additionalData": {**more, "hmacSignature": made}}


def _sign_adyen(body: bytes, secret: str, at: datetime, url: str) -> Signed:
    del at
    items = [one["NotificationRequestItem"] for one in json.loads(body)["notificationItems"]]
    return Signed({}, adyen_body(*(adyen_item(secret, **one) for one in items)), url)


def _verify_adyen(signed: Signed, secret: str) -> bool:
    items = [one["NotificationRequestItem"] for one in json.loads(signed.body)["notificationItems"]]
    try:
        return all(is_valid_hmac_notification(one, secret) for one in items)
    except KeyError:
        return False


TRANSMISSION_ID = "60fa1220-ba1e-11ed-b284-000000000000"
PAYPAL_HEADERS = (
    "paypal-transmission-id",
    "paypal-transmission-time",
    "paypal-transmission-sig",
    "paypal-auth-algo",
)


@cache
def _paypal_key(secret: str) -> Any:
    """The private key behind one of the certificates below."""
    names = {paypal_secret(name): name for name in ("now", "before", "other")}
    return certificates.key(names[secret])


@cache
def paypal_secret(name: str) -> str:
    return certificates.secret(certificates.key(name))


def paypal_headers(body: bytes, by: Any, *, webhook_id: str = WEBHOOK_ID, time: str) -> Headers:
    signed = f"{TRANSMISSION_ID}|{time}|{webhook_id}|{crc32(body)}".encode()
    values = (TRANSMISSION_ID, time, _base64(rsa_sign(by, signed)), "SHA256withRSA")
    return {name: [value] for name, value in zip(PAYPAL_HEADERS, values, strict=True)}


def _sign_paypal(body: bytes, secret: str, at: datetime, url: str) -> Signed:
    time = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return Signed(paypal_headers(body, _paypal_key(secret), time=time), body, url)


def _verify_paypal(signed: Signed, secret: str) -> bool:
    webhook_id, _, pem = secret.partition("\n")
    transmission_id, time, signature, algorithm = (signed.header(name) for name in PAYPAL_HEADERS)
    text = f"{transmission_id}|{time}|{webhook_id}|{crc32(signed.body)}".encode()
    public: Any = load_pem_x509_certificate(pem.encode()).public_key()
    return algorithm == "SHA256withRSA" and rsa_verify(public, text, base64.b64decode(signature))


SIGNERS: dict[str, Signer] = {
    "standard-webhooks": Signer(
        "standardwebhooks 1.1",
        ("webhook-id", "webhook-timestamp", "webhook-signature"),
        _sign_standard,
        _verify_standard,
        _whsec("k"),
        _whsec("b"),
        _whsec("o"),
        with_further=_further_standard,
    ),
    "stripe": Signer(
        "stripe 16.1",
        ("stripe-signature",),
        _sign_stripe,
        _verify_stripe,
        _whsec("k"),
        _whsec("b"),
        _whsec("o"),
        with_further=_further_stripe,
    ),
    "square": Signer("squareup 46", ("x-square-hmacsha256-signature",), _sign_square, _verify_square),
    "adyen": Signer(
        "Adyen 16.0",
        (),
        _sign_adyen,
        _verify_adyen,
        "0F" * 32,
        "1e" * 32,
        "2D" * 32,
        adyen_body(ADYEN_ITEM, ADYEN_ITEM | {"pspReference": "HRB82K6ZT4LX9Q76"}),
    ),
    "shopify": _in_header("x-shopify-hmac-sha256", "by hand"),
    "woocommerce": _in_header("x-wc-webhook-signature", "by hand"),
    "hmac": Signer("by hand", ("x-hub-signature-256",), _sign_hub, _verify_hub),
    "paypal": Signer(
        "by hand",
        PAYPAL_HEADERS,
        _sign_paypal,
        _verify_paypal,
        paypal_secret("now"),
        paypal_secret("before"),
        paypal_secret("other"),
    ),
}
"""By the name of the scheme. Vendors whose own code cannot run here have signed vectors too: ``vectors.json``."""


class TheirTime:
    """The clock of the SDKs, standing at ``AT``."""

    @staticmethod
    def time() -> float:
        return AT.timestamp()


class TheirDatetime(datetime):
    @classmethod
    def now(cls, tz: Any = None) -> TheirDatetime:
        return cls.fromtimestamp(AT.timestamp(), tz)
