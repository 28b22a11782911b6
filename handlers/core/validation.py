"""A schema's verdict on a document, without any value of it."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import pointer_token
from handlers.values import Violation

if TYPE_CHECKING:
    from collections.abc import Sequence

    import jsonschema_rs

MOST_VIOLATIONS = 20
# A sender chooses the names of its members, and what quotes them must stay small whatever it chose.
LONGEST_POINTER = 1_000
"""In characters."""
_LONGEST_MESSAGE = 500
_WORD_END = re.compile(r"(?<=[a-z])(?=[A-Z])")


def violations_of(validator: jsonschema_rs.Draft202012Validator, document: Any) -> tuple[Violation, ...]:
    """What is wrong with the document, at most 20 findings; empty for a valid one. Codes are the failed keywords."""
    if validator.is_valid(document):
        return ()
    return tuple(
        Violation(
            pointer=_pointer(error.instance_path),
            code=_WORD_END.sub("_", error.kind.name).upper(),
            message=clipped(error.message),
        )
        for error in islice(validator.iter_errors(document), MOST_VIOLATIONS)
    )


def _pointer(path: Sequence[str | int]) -> str:
    """The JSON Pointer of a place, or that of its nearest ancestor whose pointer is not too long."""
    pointer = ""
    for name in path:
        longer = f"{pointer}/{pointer_token(name)}"
        if len(longer) > LONGEST_POINTER:
            break
        pointer = longer
    return pointer


def clipped(message: str) -> str:
    """A message that quotes what a sender chose, within bounds."""
    return message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]} ..."
