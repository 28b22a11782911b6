"""The schemes that sign with HMAC-SHA256 under a secret that both sides know."""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from handlers.core.signatures.requests import MOST_SECRETS, SignatureFault, base64_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from handlers.core.signatures.requests import SignedRequest
    from handlers.core.signatures.windows import Window

_MOST_SIGNATURES = 5
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class Claim:
    """What the sender says it signed, and the signatures it gives."""

    signed: bytes = field(repr=False)
    signatures: tuple[bytes, ...] = field(repr=False)
    timestamp: str | None = None


def plain_key(secret: str) -> bytes | None:
    """The secret's own bytes; None for one that is empty or has several lines."""
    return secret.encode() if secret and not re.search(r"[\r\n]", secret) else None


def standard_key(secret: str) -> bytes | None:
    """The bytes in a secret of Standard Webhooks."""
    encoded = secret.removeprefix("whsec_")
    # Secrets are given with and without padding; the SDKs of the scheme take both.
    return base64_bytes(encoded + "=" * (-len(encoded) % 4)) or None


def hex_key(secret: str) -> bytes | None:
    """The bytes in a secret of hexadecimal digits."""
    return bytes.fromhex(secret) if re.fullmatch(r"(?:[0-9A-Fa-f]{2})+", secret) else None


@dataclass(frozen=True, slots=True)
class HmacScheme:
    """How one scheme's requests are read. A request may hold several signed parts; each must hold."""

    claims: Callable[[SignedRequest], Sequence[Claim]]
    """Empty where the request lacks what the scheme demands."""
    key: Callable[[str], bytes | None] = plain_key
    form: str = "one line"
    window: Window | None = None
    """None where no time is signed."""
    is_ours_to_make: bool = True

    def is_secret(self, secret: str) -> bool:
        return self.key(secret) is not None

    def fault(self, request: SignedRequest, secrets: Sequence[str], at: datetime) -> SignatureFault | None:
        keys = [self.key(secret) for secret in secrets[:MOST_SECRETS]]
        # As many as there can be, and a claim where there is none: how long it takes tells neither how many secrets a
        # vendor has nor what was wrong.
        keys += [None] * (MOST_SECRETS - len(keys))
        claims = self.claims(request)
        faults = [self._fault(claim, keys, at) for claim in claims or (Claim(request.body, ()),)]
        if not secrets:
            return SignatureFault.NO_CREDENTIAL
        if not claims:
            return SignatureFault.NOT_SIGNED
        return next((fault for fault in faults if fault is not None), None)

    def _fault(self, claim: Claim, keys: Iterable[bytes | None], at: datetime) -> SignatureFault | None:
        matched = False
        for key in keys:
            expected = hmac.digest(key or b"\0", claim.signed, hashlib.sha256)
            for signature in claim.signatures[:_MOST_SIGNATURES]:
                matched |= hmac.compare_digest(expected, signature) and key is not None
        if not matched or len(claim.signatures) > _MOST_SIGNATURES:
            return SignatureFault.SIGNATURE_WRONG
        return None if self._is_recent(claim.timestamp, at) else SignatureFault.TIME_NOT_NEAR

    def _is_recent(self, timestamp: str | None, at: datetime) -> bool:
        if self.window is None:
            return True
        if timestamp is None or not _TIMESTAMP.fullmatch(timestamp):
            return False
        return self.window.holds(at.timestamp() - int(timestamp))


def body_in_header(header: str) -> Callable[[SignedRequest], Sequence[Claim]]:
    """The body alone is signed, and the signature is base64 in ``header``."""

    def claims(request: SignedRequest) -> Sequence[Claim]:
        text = request.single(header)
        return () if text is None else (Claim(request.body, _decoded([text], base64_bytes)),)

    return claims


def hub(request: SignedRequest) -> Sequence[Claim]:
    """The body alone is signed, and the signature is hexadecimal with the name of the hash before it."""
    algorithm, _, text = (request.single("x-hub-signature-256") or "").partition("=")
    return (Claim(request.body, _decoded([text], _hex)),) if algorithm == "sha256" else ()


def square(request: SignedRequest) -> Sequence[Claim]:
    """The address and the body are signed."""
    text = request.single("x-square-hmacsha256-signature")
    return () if text is None else (Claim(request.url.encode() + request.body, _decoded([text], base64_bytes)),)


def stripe(request: SignedRequest) -> Sequence[Claim]:
    """Time and body are signed; one header holds the time and the signatures."""
    text = request.single("stripe-signature")
    parts = [part.partition("=") for part in (text or "").split(",")]
    timestamps = [value for name, _, value in parts if name.strip() == "t"]
    if len(timestamps) != 1:
        return ()
    signatures = _decoded((value for name, _, value in parts if name.strip() == "v1"), _hex)
    return (Claim(timestamps[0].encode() + b"." + request.body, signatures, timestamps[0]),)


def standard_webhooks(request: SignedRequest) -> Sequence[Claim]:
    """The message's id, time and body are signed."""
    event_id = request.single("webhook-id")
    timestamp = request.single("webhook-timestamp")
    text = request.single("webhook-signature")
    if event_id is None or timestamp is None or text is None:
        return ()
    versioned = [word.partition(",") for word in text.split(" ")]
    signatures = _decoded((value for version, _, value in versioned if version == "v1"), base64_bytes)
    return (Claim(f"{event_id}.{timestamp}.".encode() + request.body, signatures, timestamp),)


def _hex(text: str) -> bytes | None:
    return bytes.fromhex(text) if re.fullmatch(r"(?:[0-9a-f]{2})+", text) else None


def _decoded(texts: Iterable[str], decode: Callable[[str], bytes | None]) -> tuple[bytes, ...]:
    return tuple(signature for signature in map(decode, texts) if signature is not None)
