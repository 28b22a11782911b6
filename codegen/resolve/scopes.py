"""What the paths of a rule can see, and where that lies in the payload."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.json_source import escaped
from codegen.ir.statements import Read
from codegen.resolve.types import ValueType, type_of_schema

if TYPE_CHECKING:
    from codegen.frontend.json_schema import Schema
    from codegen.frontend.syntax import Path


@dataclass(frozen=True, slots=True)
class Scope:
    """One level that paths can start at."""

    type: ValueType
    pointer: str
    """From the scope ``base``."""
    base: int
    """Number of the nearest scope that is the payload or an element of an array."""
    lineage: str
    """From the payload's root, ``*`` for indexes."""


@dataclass(frozen=True, slots=True)
class Located:
    """A path with its type and place."""

    read: Read
    type: ValueType
    pointer: str
    base: int
    lineage: str


ENVELOPE = {
    "vendorId": ValueType(kind="string", min_length=1, max_length=64, pattern="^[A-Za-z][A-Za-z0-9_-]{0,63}$"),
    "externalEventId": ValueType(kind="string", min_length=1, max_length=256, pattern="^[!-~]([ -~]{0,254}[!-~])?$"),
    "eventType": ValueType(kind="string", min_length=1, max_length=128, pattern="^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$"),
    "occurredAt": ValueType(kind="string", format="date-time"),
    "receivedAt": ValueType(kind="string", format="date-time"),
}
"""What the mapper is given of the envelope; the bounds are those of envelope.schema.json."""


def locate(path: Path, scopes: tuple[Scope, ...], diagnostics: Diagnostics) -> Located | None:
    """Find a path in the scopes; None if it was reported."""
    if path.root == "envelope":
        return _locate_envelope(path, diagnostics)
    up = path.root.count("parent")
    if path.root and not up:
        hint = f"a rule reads the payload; a field of that name is `$.{path.text}`"
        diagnostics.add(Code.UNKNOWN_PATH, path.span, f"'{path.root}' is not known here", hint)
        return None
    if up >= len(scopes):
        diagnostics.add(Code.UNKNOWN_PATH, path.span, f"'{path.text}': there is no such parent")
        return None
    number = len(scopes) - 1 - up
    scope = scopes[number]
    found = _descend(path, scope.type, diagnostics)
    if found is None:
        return None
    below = "".join(f"/{escaped(name)}" for name in path.segments)
    read = Read(number, path.segments, certain=not found.absent)
    return Located(read, found, scope.pointer + below, scope.base, scope.lineage + below)


def _locate_envelope(path: Path, diagnostics: Diagnostics) -> Located | None:
    name = ".".join(map(str, path.segments))
    if name not in ENVELOPE:
        message = f"the envelope has no '{name}'" if name else "the envelope itself is no value"
        diagnostics.add(Code.UNKNOWN_PATH, path.span, message, suggestion(name, ENVELOPE))
        return None
    return Located(Read("envelope", (name,), certain=True), ENVELOPE[name], "", 0, f"envelope:{name}")


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
