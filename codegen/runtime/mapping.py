"""What compiled mapping rules call, under one name: reading paths, the steps, and the one exception of a rule."""

from __future__ import annotations

from .identity import digest, join, text_or_failed
from .numbers import integer, minor_units, string
from .places import each, first, get, matches, same
from .text import lower, trim, upper
from .times import timestamp
from .values import ABSENT, FAILED, OMIT, Marker, Rejected

__all__ = [
    "ABSENT",
    "FAILED",
    "OMIT",
    "Marker",
    "Rejected",
    "digest",
    "each",
    "first",
    "get",
    "integer",
    "join",
    "lower",
    "matches",
    "minor_units",
    "same",
    "string",
    "text_or_failed",
    "timestamp",
    "trim",
    "upper",
]
