"""Steps on encoded and personal data."""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64decode, b64encode
from typing import Any

from .values import FAILED


def base64(text: str) -> Any:
    """The text whose UTF-8 is encoded (RFC 4648, padded); FAILED for another alphabet, other bytes, or a U+0000."""
    try:
        data = b64decode(text, validate=True)
        decoded = data.decode()
    except ValueError:
        return FAILED
    # Bits behind the last byte would be lost without a word, and no JSON of ours holds a U+0000.
    return FAILED if b64encode(data).decode() != text or "\0" in decoded else decoded


def sha256(text: str) -> str:
    """Hex SHA-256 of the text's UTF-8."""
    return hashlib.sha256(text.encode()).hexdigest()


def mask(text: str, keep: int) -> str:
    """With `*` for every character but the last ``keep``."""
    masked = max(len(text) - keep, 0)
    return "*" * masked + text[masked:]


def tokenise(text: str, key: str) -> str:
    """Hex HMAC-SHA256 of the text's UTF-8 under a key in hex: the same token for the same text and key."""
    return hmac.new(bytes.fromhex(key), text.encode(), hashlib.sha256).hexdigest()
