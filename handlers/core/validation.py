"""A schema's verdict on a document, without any value of it."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import pointer_token
from handlers.values import Violation

if TYPE_CHECKING:
    import jsonschema_rs

MOST_VIOLATIONS = 20
_WORD_END = re.compile(r"(?<=[a-z])(?=[A-Z])")


def violations_of(validator: jsonschema_rs.Draft202012Validator, document: Any) -> tuple[Violation, ...]:
    """What is wrong with the document, at most 20 findings; empty for a valid one."""
    if validator.is_valid(document):
        return ()
    return tuple(
        Violation(
            pointer="".join(f"/{pointer_token(name)}" for name in error.instance_path),
            code=_WORD_END.sub("_", str(error.schema_path[-1])).upper() if error.schema_path else "NOT_ALLOWED",
            message=error.message,
        )
        for error in islice(validator.iter_errors(document), MOST_VIOLATIONS)
    )
