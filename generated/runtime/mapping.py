"""What compiled mapping rules call, under one name: reading paths, the steps, and the one exception of a rule."""

from __future__ import annotations

from .arithmetic import add, at_most, different, divide, less, multiply, one_of, same, subtract
from .contents import form_content, json_content
from .countries import country
from .currencies import currency
from .data import base64, mask, sha256, tokenise
from .epochs import epoch_microseconds, epoch_milliseconds, epoch_seconds
from .identity import digest, join, of_type, text_or_failed
from .lists import (
    ascending,
    collect,
    collect_all,
    count,
    distinct,
    entries,
    first,
    greatest,
    grouped,
    joined,
    joined_items,
    kept,
    last,
    least,
    members,
    merge,
    only,
    pair,
    row,
    split,
    total,
)
from .numbers import absolute, boolean, decimal, integer, major_units, minor_units, rounded, string
from .patterns import extract, replace
from .phones import phone
from .places import coalesce, coalesce_but, each, each_of_each, get, matches
from .text import collapse, lower, nfc, pad_start, strip_prefix, strip_suffix, substring, trim, upper
from .times import timestamp
from .units import unit
from .values import ABSENT, FAILED, OMIT, Marker, Rejected
from .zones import local_timestamp

__all__ = [
    "ABSENT",
    "FAILED",
    "OMIT",
    "Marker",
    "Rejected",
    "absolute",
    "add",
    "ascending",
    "at_most",
    "base64",
    "boolean",
    "coalesce",
    "coalesce_but",
    "collapse",
    "collect",
    "collect_all",
    "count",
    "country",
    "currency",
    "decimal",
    "different",
    "digest",
    "distinct",
    "divide",
    "each",
    "each_of_each",
    "entries",
    "epoch_microseconds",
    "epoch_milliseconds",
    "epoch_seconds",
    "extract",
    "first",
    "form_content",
    "get",
    "greatest",
    "grouped",
    "integer",
    "join",
    "joined",
    "joined_items",
    "json_content",
    "kept",
    "last",
    "least",
    "less",
    "local_timestamp",
    "lower",
    "major_units",
    "mask",
    "matches",
    "members",
    "merge",
    "minor_units",
    "multiply",
    "nfc",
    "of_type",
    "one_of",
    "only",
    "pad_start",
    "pair",
    "phone",
    "replace",
    "rounded",
    "row",
    "same",
    "sha256",
    "split",
    "string",
    "strip_prefix",
    "strip_suffix",
    "substring",
    "subtract",
    "text_or_failed",
    "timestamp",
    "tokenise",
    "total",
    "trim",
    "unit",
    "upper",
]
