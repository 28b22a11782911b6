"""The portable subset of regular expressions: what ECMA 262, Python and Rust read alike, in linear time."""

from __future__ import annotations

import re

import jsonschema_rs

_PART = re.compile(
    r"""(?P<class>\[\^?(?:\\[\\.^$|?*+()\[\]{}/d-]|[^\\\[\]])+\])
      | (?P<quantifier>[*+?]|\{[0-9]{1,4}(?:,(?:[0-9]{1,4})?)?\})
      | (?P<anchor>[\^$])
      | (?P<other>\\[\\.^$|?*+()\[\]{}/d-]|\(\?:|[().|]|[^\\\[\](){}*+?|^$.])""",
    re.VERBOSE | re.DOTALL,
)
# Python warns of these, which other dialects read as operations on sets.
_SET_OPERATION = re.compile(r"--|&&|\|\||~~")


def pattern_fault(pattern: str) -> str | None:
    """Why a pattern is outside of the portable subset; None if it is inside."""
    offset = 0
    before = ""
    while offset < len(pattern):
        part = _PART.match(pattern, offset)
        if part is None:
            found = pattern[offset : offset + 2]
            return f"{found!a} is outside of the portable subset"
        kind = part.lastgroup or ""
        if kind == "anchor" and offset != (0 if part.group() == "^" else len(pattern) - 1):
            return "'^' and '$' are only taken at the ends"
        if kind == "quantifier" and before == "quantifier":
            return f"{part.group()!a} stands behind another quantifier"
        if kind == "quantifier" and pattern[offset - 1 : offset] == "(" and before == "other":
            return f"{pattern[offset - 1 : offset + 2]!a} is outside of the portable subset"
        if kind == "class" and _SET_OPERATION.search(part.group()):
            return f"{part.group()!a} is outside of the portable subset"
        before = kind
        offset = part.end()
    try:
        re.compile(pattern)
        jsonschema_rs.Draft202012Validator({"pattern": pattern})
    except (re.error, jsonschema_rs.ValidationError) as error:
        return str(error).partition("\n")[0]
    return None
