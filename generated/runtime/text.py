"""Steps on texts."""

from __future__ import annotations


def trim(text: str) -> str:
    """Without white space at both ends."""
    return text.strip()


def upper(text: str) -> str:
    """In upper case (Unicode default case conversion, no locale)."""
    return text.upper()


def lower(text: str) -> str:
    """In lower case (Unicode default case conversion, no locale)."""
    return text.lower()
