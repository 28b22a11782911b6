"""The exact bytes of an array's elements, where parsing alone would give values."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_WHITE_SPACE = re.compile(r"[ \t\n\r]*")
# Only bytes that were found to be strict JSON before come here, and only to see where their elements lie.
_DECODER = json.JSONDecoder()  # nosemgrep: strict-json (see above)


@dataclass(frozen=True, slots=True)
class Element:
    """One element of an array."""

    offset: int
    """In bytes, from the document's first one."""
    raw: bytes


def elements(document: bytes, path: Sequence[str]) -> list[Element]:
    """The elements of the array that the member names lead to.

    ``document`` was parsed strictly before, and has such an array.
    """
    # One character for each byte, so that places in the text are places in the bytes. JSON's structure is ASCII.
    text = document.decode("latin-1")
    at = _skip(text, 0)
    for name in path:
        at = _member(text, at, name)
    found = []
    at = _skip(text, at + 1)
    while text[at] != "]":
        _, end = _DECODER.raw_decode(text, at)
        found.append(Element(at, document[at:end]))
        at = _skip(text, end)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return found


def _member(text: str, at: int, wanted: str) -> int:
    """Where the value of the object's member begins; the object begins at ``at``."""
    while True:
        start = _skip(text, at + 1)
        _, end = _DECODER.raw_decode(text, start)
        at = _skip(text, _skip(text, end) + 1)
        if json.loads(text[start:end].encode("latin-1")) == wanted:  # nosemgrep: strict-json (see above)
            return at
        _, at = _DECODER.raw_decode(text, at)
        at = _skip(text, at)


def _skip(text: str, at: int) -> int:
    match = _WHITE_SPACE.match(text, at)
    assert match is not None
    return match.end()
