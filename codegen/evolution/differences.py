"""One difference of two schemas, and what it does to the values that fit."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from codegen.frontend.json_source import escaped

if TYPE_CHECKING:
    from codegen.diagnostics import Span
    from codegen.frontend.json_schema import Schema


class Kind(Enum):
    """What a difference does to the values that fit."""

    REMOVED = auto()
    """A member is described no longer and the object is open."""
    REFUSED = auto()
    """A member is described no longer and the object is closed."""
    ADDED = auto()
    """A member is described that could not be there, or is described without a condition."""
    DESCRIBED = auto()
    """A member is described that could hold anything."""
    REQUIRED = auto()
    OPTIONAL = auto()
    WIDENED = auto()
    NARROWED = auto()
    REPLACED = auto()
    UNPROVEN = auto()
    REWORDED = auto()


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, at its place in the second tree."""

    kind: Kind
    span: Span
    pointer: str
    message: str


def difference_at(head: Schema, kind: Kind, message: str, *below: str) -> Difference:
    """The difference, at a keyword of the second schema or at what stands below it."""
    pointer = "".join((head.pointer, *(f"/{escaped(name)}" for name in below)))
    return Difference(kind, head.source.span(pointer), pointer, message)
