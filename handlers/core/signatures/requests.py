"""What every signature scheme is asked about."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MOST_SECRETS = 2


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


def base64_bytes(text: str) -> bytes | None:
    """The bytes that strict base64 stands for; None for anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
