"""Finds what looks like a secret in a contract, wherever it stands in the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from codegen.diagnostics import Code
from codegen.source import place_of

if TYPE_CHECKING:
    from codegen.diagnostics import Diagnostics

_SECRET = re.compile(
    r"whsec_[A-Za-z0-9+/=]{16}|sk_live_[A-Za-z0-9]{8}|rk_live_[A-Za-z0-9]{8}|shpss_[0-9a-f]{8}|AKIA[0-9A-Z]{16}"
    r"|-----BEGIN [A-Z ]{0,40}PRIVATE KEY|dvss_[A-Za-z0-9_-]{43}"
)


def find_secrets(path: str, text: str, diagnostics: Diagnostics) -> None:
    """Report every secret; the message never repeats it."""
    for found in _SECRET.finditer(text):
        place = place_of(path, text, found.start())
        hint = "remove and revoke it; secrets are added with `dvss key add`"
        diagnostics.add(Code.SECRET, place, "this looks like a secret", hint)
