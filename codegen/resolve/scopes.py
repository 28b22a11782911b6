"""What the paths of a rule can see, and where that lies in the payload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.ir import Read
from codegen.resolve.types import ValueType, type_of_schema

if TYPE_CHECKING:
    from codegen.frontend.expression import Path
    from codegen.frontend.json_schema import Schema


@dataclass(frozen=True, slots=True)
class Scope:
    """One level that paths can start at."""

    type: ValueType
    pointer: str
    """From the element of the nearest each."""
    depth: int
    """How many eaches are open."""
    lineage: str
    """From the payload's root, ``*`` for indexes."""


@dataclass(frozen=True, slots=True)
class Located:
    """A path with its type and place."""

    read: Read
    type: ValueType
    pointer: str
    depth: int
    lineage: str


_ENVELOPE = {
    "vendorId": ValueType(kind="string", min_length=1, max_length=64),
    "externalEventId": ValueType(kind="string", min_length=1, max_length=256),
    "eventType": ValueType(kind="string", min_length=1, max_length=128),
    "occurredAt": ValueType(kind="string", format="date-time"),
    "receivedAt": ValueType(kind="string", format="date-time"),
}
"""What the mapper is given of the envelope; the bounds are those of envelope.schema.json."""


def token(name: str | int) -> str:
    """One reference token of a JSON Pointer."""
    return str(name).replace("~", "~0").replace("/", "~1")


def locate(path: Path, scopes: tuple[Scope, ...], diagnostics: Diagnostics) -> Located | None:
    """Find a path in the scopes; None if it was reported."""
    if path.root == "envelope":
        return _locate_envelope(path, diagnostics)
    up = path.root.count("parent")
    if path.root and not up:
        diagnostics.add(Code.UNKNOWN_PATH, path.span, f"'{path.root}' is not known here", "a rule reads the payload")
        return None
    if up >= len(scopes):
        diagnostics.add(Code.UNKNOWN_PATH, path.span, f"'{path.text}': there is no such parent")
        return None
    number = len(scopes) - 1 - up
    scope = scopes[number]
    found = _descend(path, scope.type, diagnostics)
    if found is None:
        return None
    below = "".join(f"/{token(name)}" for name in path.segments)
    read = Read(number, path.segments, certain=not found.absent)
    return Located(read, found, scope.pointer + below, scope.depth, scope.lineage + below)


def _locate_envelope(path: Path, diagnostics: Diagnostics) -> Located | None:
    name = path.segments[0] if len(path.segments) == 1 else None
    if name not in _ENVELOPE:
        diagnostics.add(Code.UNKNOWN_PATH, path.span, f"no '{path.text}'", suggestion(str(name), _ENVELOPE))
        return None
    assert isinstance(name, str)
    return Located(Read("envelope", (name,), certain=True), _ENVELOPE[name], "", 0, f"envelope:{name}")


def _descend(path: Path, start: ValueType, diagnostics: Diagnostics) -> ValueType | None:
    current = start
    for name in path.segments:
        schema = current.schema
        needed = "array" if isinstance(name, int) else "object"
        if schema is None or needed not in schema.value_types:
            diagnostics.add(
                Code.UNKNOWN_PATH, path.span, f"'{path.text}': what holds '{name}' is {current.kind}, not an {needed}"
            )
            return None
        below = _child(schema, name)
        if below is None:
            hint = suggestion(str(name), schema.properties) or f"{schema.span} declares no fields"
            diagnostics.add(Code.UNKNOWN_PATH, path.span, f"no field '{name}' in '{path.text}'", hint)
            return None
        sure = name < schema.min_items if isinstance(name, int) else name in schema.required
        uncertain = current.absent or current.nullable or current.kind != needed or not sure
        current = type_of_schema(below, absent=uncertain)
    return current


def _child(schema: Schema, name: str | int) -> Schema | None:
    return schema.items if isinstance(name, int) else schema.properties.get(name)
