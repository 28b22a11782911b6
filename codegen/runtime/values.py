"""Results that are no JSON value, and the one exception that a rule may raise."""

from __future__ import annotations

from decimal import Decimal
from enum import Enum
from typing import Any


class Marker(Enum):
    """Results that are no JSON value."""

    ABSENT = "absent"
    """There is nothing at the path."""
    OMIT = "omit"
    """The target is left out."""
    FAILED = "failed"
    """The step could not convert its input."""


ABSENT = Marker.ABSENT
OMIT = Marker.OMIT
FAILED = Marker.FAILED


def worked_out(value: Any) -> Any:
    """The value; one that is a function is called, for its turn has come."""
    return value() if callable(value) else value


def json_type(value: Any) -> str:
    """Name of a value's JSON type; a marker's own name for a marker."""
    if isinstance(value, Marker):
        return value.value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    names = {str: "string", int: "integer", Decimal: "number", list: "array", dict: "object"}
    return names[type(value)]


class Rejected(Exception):  # noqa: N818 - the payload is rejected, the program is not in error
    """A rule that was marked as fallible refused the payload. Never holds a value of it."""

    def __init__(self, *, rule: str, code: str, pointer: str, expected: str, found: Any, scope: int = 0) -> None:
        """``pointer`` starts at the element that the scope of this number stands at; 0 is the payload.

        Of ``found`` only the JSON type is kept; OMIT where no single value was looked at.
        """
        self.rule = rule
        self.code = code
        self.pointer = pointer
        self.scope = scope
        self.message = f"expected {expected}" + ("" if found is OMIT else f", found {json_type(found)}")
        super().__init__(f"{rule}: {self.message}")
