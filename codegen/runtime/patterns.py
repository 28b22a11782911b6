"""Steps by regular expressions, in time that grows with the text alone: RE2 does not backtrack."""

from __future__ import annotations

from functools import cache
from typing import Any

from .values import FAILED

MAX_REPLACED = 10_000
"""Characters. One search takes linear time, as many as there are matches do not."""


@cache
def compiled(pattern: str) -> Any:
    """The pattern as RE2 has it.

    Raises re2.error for one that RE2 does not take.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def extract(text: str, pattern: str) -> Any:
    """What the first group matches, or all of the match where there is no group; FAILED where nothing does."""
    expression = compiled(pattern)
    match = expression.search(text)
    found: str | None = match and match.group(min(1, expression.groups))
    return FAILED if found is None else found


def replace(text: str, pattern: str, replacement: str) -> Any:
    """With every match replaced by the text, taken literally; FAILED for a text of more than 10,000 characters."""
    if len(text) > MAX_REPLACED:
        return FAILED
    replaced: str = compiled(pattern).sub(lambda _: replacement, text)
    return replaced
