"""PayPal's webhooks: signed with RSA, verified with the certificate that the operator gave, never with a fetched one.

A secret is the webhook's id in the first line and the certificate in PEM below it. What PAYPAL-CERT-URL says is not
looked at: who forges a request would name a certificate of their own there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING
from zlib import crc32

from handlers.core.signatures.requests import MOST_SECRETS, SignatureFault, base64_bytes
from handlers.core.signatures.windows import PAYPAL

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from handlers.core.signatures.requests import SignedRequest

_LEAST_KEY_BITS = 2_048
_WEBHOOK_ID = re.compile(r"[A-Za-z0-9]{1,50}")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z")


@dataclass(frozen=True, slots=True)
class _Transmission:
    """What one request says that PayPal signed; the webhook's id is the part that only the receiver knows."""

    transmission_id: str
    time: str
    signature: bytes
    body_crc32: int

    def fault(self, secret: str, at: datetime) -> SignatureFault | None:
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
        from cryptography.hazmat.primitives.hashes import SHA256

        known = _Known.of(secret)
        if known is None:
            return SignatureFault.SIGNATURE_WRONG
        if not known.valid_from <= at <= known.valid_until:
            return SignatureFault.CERTIFICATE_NOT_VALID
        signed = f"{self.transmission_id}|{self.time}|{known.webhook_id}|{self.body_crc32}".encode()
        try:
            known.key.verify(self.signature, signed, PKCS1v15(), SHA256())
        except InvalidSignature:
            return SignatureFault.SIGNATURE_WRONG
        return None


@dataclass(frozen=True, slots=True)
class _Known:
    """What a secret holds."""

    webhook_id: str = field(repr=False)
    key: RSAPublicKey
    valid_from: datetime
    valid_until: datetime

    @classmethod
    def of(cls, secret: str) -> _Known | None:
        # Not at the top: no other request needs the library, and it takes longer to import than all else here.
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
        from cryptography.x509 import load_pem_x509_certificate

        webhook_id, _, pem = secret.partition("\n")
        webhook_id = webhook_id.strip()
        try:
            certificate = load_pem_x509_certificate(pem.encode())
            key = certificate.public_key()
        except (ValueError, UnsupportedAlgorithm):
            return None
        if not _WEBHOOK_ID.fullmatch(webhook_id) or not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_KEY_BITS:
            return None
        return cls(webhook_id, key, certificate.not_valid_before_utc, certificate.not_valid_after_utc)


class PayPalScheme:
    form = "the webhook's id in the first line, the certificate in PEM (RSA, 2048 bits or more) below it"
    is_ours_to_make = False

    def is_secret(self, secret: str) -> bool:
        return _Known.of(secret) is not None

    def fault(self, request: SignedRequest, secrets: Sequence[str], at: datetime) -> SignatureFault | None:
        transmission = _transmission(request)
        if not secrets:
            return SignatureFault.NO_CREDENTIAL
        if transmission is None:
            return SignatureFault.NOT_SIGNED
        if not _is_recent(transmission.time, at):
            return SignatureFault.TIME_NOT_NEAR
        faults = [transmission.fault(secret, at) for secret in secrets[:MOST_SECRETS]]
        # The newer secret is the first, and what is wrong with it is what there is to mend.
        return None if None in faults else faults[0]


def _transmission(request: SignedRequest) -> _Transmission | None:
    transmission_id = request.single("paypal-transmission-id")
    time = request.single("paypal-transmission-time")
    signature = base64_bytes(request.single("paypal-transmission-sig") or "")
    if transmission_id is None or time is None or not signature:
        return None
    if request.single("paypal-auth-algo") != "SHA256withRSA":
        return None
    return _Transmission(transmission_id, time, signature, crc32(request.body))


def _is_recent(time: str, at: datetime) -> bool:
    if not _TIME.fullmatch(time):
        return False
    try:
        sent_at = datetime.fromisoformat(time)
    except ValueError:
        return False
    return PAYPAL.holds((at - sent_at).total_seconds())
