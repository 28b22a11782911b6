"""Telephone numbers."""

from __future__ import annotations

import re
from typing import Any

from .values import FAILED

MAX_LENGTH = len("+123456789012345")
"""E.164 has at most 15 digits; the library lets longer ones of national plans pass."""
# The library would take the first of what looks like a number out of any text.
_DIALLED = re.compile(r"[0-9+()./\s\u2010-\u2015-]+")


def phone(text: str, region: str) -> Any:
    """A number in E.164, read as one dials it within the region unless it begins with +; FAILED for no valid one."""
    import phonenumbers

    if not _DIALLED.fullmatch(text):
        return FAILED
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return FAILED
    if not phonenumbers.is_valid_number(number):
        return FAILED
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return written if len(written) <= MAX_LENGTH else FAILED
