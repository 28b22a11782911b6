"""What is wrong with a format of times."""

from __future__ import annotations

from itertools import pairwise

from codegen.diagnostics import shown
from codegen.runtime.time_formats import TOKENS, words_of

_NEEDED = {"year": "a year (YYYY)", "month": "a month (MM, M or MMM)", "day": "a day (DD or D)"}
_NEEDS = {"fraction": "second", "second": "minute", "minute": "hour", "half_day": "half_day_hour"}
_VARYING = ("M", "D", "H", "h", "S")
_UNLIKE_DIGITS = ("MMM", "A", "Z")


def format_fault(form: str, *, has_offset: bool) -> str | None:
    """Why a format names no moment, or names it in two ways; None if it does neither."""
    try:
        words = words_of(form)
    except ValueError as error:
        return f"format {shown(form)}: {shown(str(error))} is no token; put texts in [brackets]"
    fault = _missing(
        [TOKENS[token][0].removesuffix("_name") for token, _ in words if token], has_offset=has_offset
    ) or _next_to_each_other(words)
    return f"format {shown(form)}: {fault}" if fault else None


def _missing(parts: list[str], *, has_offset: bool) -> str | None:
    for part in parts:
        if parts.count(part) > 1:
            return f"the {part.replace('_', ' ')} stands twice"
    for part, words in _NEEDED.items():
        if part not in parts:
            return f"{words} is missing"
    if "hour" in parts and "half_day_hour" in parts:
        return "HH and hh are two hours"
    if "half_day_hour" in parts and "half_day" not in parts:
        return "hh needs A, which tells AM from PM"
    clock = {"hour" if part == "half_day_hour" else part for part in parts} | set(parts)
    for part, needed in _NEEDS.items():
        if part in parts and needed not in clock:
            return f"the {part.replace('_', ' ')} stands without the {needed.replace('_', ' ')}"
    if has_offset != ("offset" in parts):
        return (
            "an offset (Z) is missing; for a zone's local times use local_timestamp"
            if has_offset
            else "the zone says the offset; leave Z out, or use timestamp"
        )
    return None


def _next_to_each_other(words: list[tuple[str, str]]) -> str | None:
    """Of digits that vary in number, and digits behind them, nobody knows where the first ones end."""
    for (token, _), (following, text) in pairwise(words):
        is_digit = following not in _UNLIKE_DIGITS if following else text[:1].isdecimal()
        if token in _VARYING and is_digit:
            return f"{token} varies in length, so that something must stand between it and {following or shown(text)}"
    return None
