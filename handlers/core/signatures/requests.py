"""What every signature scheme is asked about."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_SECRETS = 2
MOST_HEADER_CHARACTERS = 4_096
"""Several times the length of all that a scheme puts into one header."""


class SignatureFault(StrEnum):
    """Why a request is not authentic. For our own log: the sender is told that it is not, and no more."""

    NO_VENDOR = "NO_VENDOR"
    """The path names no vendor that signs."""
    NO_CREDENTIAL = "NO_CREDENTIAL"
    """The vendor has no secret in force."""
    NOT_SIGNED = "NOT_SIGNED"
    """The request lacks something that the scheme demands, or has it twice or in a form that is none."""
    TIME_NOT_NEAR = "TIME_NOT_NEAR"
    """The signed time is outside of the replay window, or is none."""
    CERTIFICATE_NOT_VALID = "CERTIFICATE_NOT_VALID"
    """The certificate in a secret is not valid at this time."""
    SIGNATURE_WRONG = "SIGNATURE_WRONG"
    """None of the signatures is one of these bytes under one of the secrets."""


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """What a signature may cover."""

    url: str
    """The address that the vendor was given, from configuration, never from the Host header."""
    headers: Mapping[str, Sequence[str]] = field(repr=False)
    """Every value of each header, names in lower case."""
    body: bytes = field(repr=False)

    def single(self, name: str) -> str | None:
        """A header's value if it stands exactly once, since two could be read in two ways, and is not too long."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 and len(values[0]) <= MOST_HEADER_CHARACTERS else None


def base64_bytes(text: str) -> bytes | None:
    """The bytes that strict base64 stands for; None for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
