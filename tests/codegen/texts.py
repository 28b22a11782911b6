"""Texts that match a pattern of the portable subset, of a length that is asked for."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any

from tests.codegen.shapes import validator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.codegen.shapes import Plain

# The parser that `re` itself uses; no stub knows of it.
sre: Any = vars(re)["_constants"]
parser: Any = vars(re)["_parser"]
_REPEATS = (sre.MAX_REPEAT, sre.MIN_REPEAT)
_WORDS = ("pattern", "minLength", "maxLength")
_SIGNS = "aA0-_. zZ9/x"


def text_of_pattern(shape: Plain, size: int | None = None) -> str | None:
    """A text that a shape's pattern and lengths allow, of ``size`` characters if it is given; None if none is found."""
    return _found(json.dumps({word: shape[word] for word in _WORDS if word in shape}), size)


@cache
def _found(keywords: str, size: int | None) -> str | None:
    shape = json.loads(keywords)
    is_valid = validator(keywords).is_valid
    asked = [size] if size is not None else [shape.get("minLength", 1), 1, 0, *range(2, 40)]
    found = (text for length in asked for text in _of_length(parser.parse(shape["pattern"]), length))
    return next((text for text in found if is_valid(text)), None)


def _of_length(parsed: Any, size: int) -> Iterator[str]:
    """Texts of a length: every part as short as can be, but for one that is stretched."""
    least = [_text(part, 0) for part in parsed]
    free = size - sum(map(len, least))
    if free == 0:
        yield "".join(least)
    is_anchored = [
        bool(parsed) and parsed[at] == (sre.AT, edge) for at, edge in ((0, sre.AT_BEGINNING), (-1, sre.AT_END))
    ]
    if free > 0 and not is_anchored[1]:
        yield "".join(least) + "x" * free
    if free > 0 and not is_anchored[0]:
        yield "x" * free + "".join(least)
    for at, part in enumerate(parsed):
        for stretched in _stretched(part, len(least[at]) + free) if free > 0 else ():
            yield "".join((*least[:at], stretched, *least[at + 1 :]))
    yield from _greedy(parsed, least, free)


def _greedy(parsed: Any, least: list[str], free: int) -> Iterator[str]:
    """One text in which each part from the left takes what it can of the length that is left."""
    parts = list(least)
    for at, part in enumerate(parsed):
        longer = (text for more in range(free, 0, -1) for text in _stretched(part, len(least[at]) + more))
        parts[at] = next(longer, least[at])
        free -= len(parts[at]) - len(least[at])
    if free == 0:
        yield "".join(parts)


def _stretched(part: Any, size: int) -> Iterator[str]:
    kind, value = part
    if kind in _REPEATS:
        low, high, body = value
        each = max(len("".join(_text(inner, 0) for inner in body)), 1)
        times = size // each
        if size % each == 0 and low <= times <= high:
            yield "".join(_text(inner, 0) for inner in body) * times
        elif high == 1:
            yield from _of_length(body, size)
    elif kind is sre.SUBPATTERN:
        yield from _of_length(value[-1], size)
    elif kind is sre.BRANCH:
        for way in value[1]:
            yield from _of_length(way, size)


def _text(part: Any, branch: int) -> str:
    """The shortest text of one part."""
    kind, value = part
    if kind is sre.LITERAL:
        return chr(int(value))
    if kind in (sre.IN, sre.NOT_LITERAL, sre.ANY):
        return _sign(kind, value)
    if kind in _REPEATS:
        return "".join(_text(inner, branch) for inner in value[2]) * int(value[0])
    if kind is sre.SUBPATTERN:
        return "".join(_text(inner, branch) for inner in value[-1])
    if kind is sre.BRANCH:
        return "".join(_text(inner, branch) for inner in value[1][branch])
    return ""


def _sign(kind: Any, value: Any) -> str:
    if kind is sre.ANY:
        return "a"
    if kind is sre.NOT_LITERAL:
        return chr(next(code for code in map(ord, _SIGNS) if code != value))
    is_negated = value[0][0] is sre.NEGATE

    def is_in(sign: str) -> bool:
        return any(
            (kind is sre.LITERAL and ord(sign) == told) or (kind is sre.RANGE and told[0] <= ord(sign) <= told[1])
            for kind, told in value
        )

    every = (chr(code) for code in (*map(ord, _SIGNS), *range(33, 0x3000)))
    found: str = next(sign for sign in every if is_in(sign) is not is_negated)
    return found
