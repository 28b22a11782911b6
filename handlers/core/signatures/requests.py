"""What every signature scheme is asked about."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_SECRETS = 2
MOST_HEADER_CHARACTERS = 4_096
"""Several times the length of all that a scheme puts into one header."""


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
