"""Steps on texts."""

from __future__ import annotations

import unicodedata


def trim(text: str) -> str:
    """Without white space at both ends."""
    return text.strip()


def collapse(text: str) -> str:
    """Without white space at both ends, and with one blank for every run of it inside."""
    return " ".join(text.split())


def upper(text: str) -> str:
    """In upper case (Unicode default case conversion, no locale)."""
    return text.upper()


def lower(text: str) -> str:
    """In lower case (Unicode default case conversion, no locale)."""
    return text.lower()


def nfc(text: str) -> str:
    """In Unicode's Normalization Form C."""
    return unicodedata.normalize("NFC", text)


def substring(text: str, start: int, length: int) -> str:
    """At most ``length`` characters from ``start`` on, which counts from the end where it is negative."""
    return text[start:][:length]


def pad_start(text: str, length: int, fill: str) -> str:
    """With as many of ``fill`` in front as ``length`` asks for."""
    return text.rjust(length, fill)


def strip_prefix(text: str, prefix: str) -> str:
    """Without ``prefix`` in front, once; the text as it is where it begins otherwise."""
    return text.removeprefix(prefix)


def strip_suffix(text: str, suffix: str) -> str:
    """Without ``suffix`` at the end, once; the text as it is where it ends otherwise."""
    return text.removesuffix(suffix)
