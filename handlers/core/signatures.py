"""Webhook signatures over the exact bytes of a request. One generic refusal, whatever was wrong."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

REPLAY_WINDOW_SECONDS = 300
_MOST_SECRETS = 2
_MOST_SIGNATURES = 5
_TIMESTAMP = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature may cover."""

    url: str
    """The address that the vendor was given, from configuration, never from the Host header."""
    headers: Mapping[str, Sequence[str]]
    """Every value of each header, names in lower case."""
    body: bytes

    def single(self, name: str) -> str | None:
        """A header's value if it stands exactly once: two could be read in two ways."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Claim:
    """What the sender says it signed, and the signatures it gives."""

    signed: bytes
    signatures: tuple[bytes, ...]
    timestamp: str | None = None


def _base64(text: str) -> bytes | None:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _hex(text: str) -> bytes | None:
    return bytes.fromhex(text) if re.fullmatch(r"(?:[0-9a-f]{2})+", text) else None


def _decoded(texts: Iterable[str], decode: Callable[[str], bytes | None]) -> tuple[bytes, ...]:
    return tuple(signature for signature in map(decode, texts) if signature is not None)


def _body_in_header(header: str) -> Callable[[SignedRequest], Claim | None]:
    def claim(request: SignedRequest) -> Claim | None:
        text = request.single(header)
        return None if text is None else Claim(request.body, _decoded([text], _base64))

    return claim


def _square(request: SignedRequest) -> Claim | None:
    text = request.single("x-square-hmacsha256-signature")
    return None if text is None else Claim(request.url.encode() + request.body, _decoded([text], _base64))


def _stripe(request: SignedRequest) -> Claim | None:
    text = request.single("stripe-signature")
    parts = [part.partition("=") for part in (text or "").split(",")]
    timestamps = [value for name, _, value in parts if name.strip() == "t"]
    if len(timestamps) != 1:
        return None
    signatures = _decoded((value for name, _, value in parts if name.strip() == "v1"), _hex)
    return Claim(timestamps[0].encode() + b"." + request.body, signatures, timestamps[0])


def _standard_webhooks(request: SignedRequest) -> Claim | None:
    event_id = request.single("webhook-id")
    timestamp = request.single("webhook-timestamp")
    text = request.single("webhook-signature")
    if event_id is None or timestamp is None or text is None:
        return None
    versioned = [word.partition(",") for word in text.split(" ")]
    signatures = _decoded((value for version, _, value in versioned if version == "v1"), _base64)
    return Claim(f"{event_id}.{timestamp}.".encode() + request.body, signatures, timestamp)


def _plain_secret(secret: str) -> bytes | None:
    return secret.encode()


def _standard_secret(secret: str) -> bytes | None:
    encoded = secret.removeprefix("whsec_")
    # Secrets are given with and without padding; the SDKs of the scheme take both.
    return _base64(encoded + "=" * (-len(encoded) % 4)) or None


@dataclass(frozen=True, slots=True)
class Scheme:
    """How one signature scheme is read. All are HMAC-SHA256."""

    claim: Callable[[SignedRequest], Claim | None]
    key: Callable[[str], bytes | None] = _plain_secret


SCHEMES = {
    # https://shopify.dev/docs/apps/build/webhooks/subscribe/https
    "shopify": Scheme(_body_in_header("x-shopify-hmac-sha256")),
    # https://developer.squareup.com/docs/webhooks/step3validate
    "square": Scheme(_square),
    # https://docs.stripe.com/webhooks#verify-manually
    "stripe": Scheme(_stripe),
    # https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    "standard-webhooks": Scheme(_standard_webhooks, _standard_secret),
}
"""Signature schemes by the name that a mapping gives them."""


def is_authentic(scheme: str, request: SignedRequest, secrets: Sequence[str], at: datetime) -> bool:
    """Whether the request carries a signature by one of the secrets, inside the replay window where there is one."""
    rules = SCHEMES[scheme]
    claim = rules.claim(request)
    if claim is None or not claim.signatures or len(claim.signatures) > _MOST_SIGNATURES:
        return False
    if claim.timestamp is not None:
        if not _TIMESTAMP.fullmatch(claim.timestamp):
            return False
        if abs(at.timestamp() - int(claim.timestamp)) > REPLAY_WINDOW_SECONDS:
            return False
    matched = False
    for secret in secrets[:_MOST_SECRETS]:
        key = rules.key(secret)
        expected = hmac.digest(key or b"\0", claim.signed, hashlib.sha256)
        for signature in claim.signatures:
            # Every pair is compared, so that the time taken does not tell which one matched.
            matched |= hmac.compare_digest(expected, signature) and key is not None
    return matched
