"""What the paths of a rule can see, and where that lies in the payload."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.json_source import escaped
from codegen.frontend.syntax import Every
from codegen.ir.statements import Read
from codegen.resolve.types import ValueType, certain, type_of_schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.frontend.json_schema import Schema
    from codegen.frontend.syntax import Path, Segment
    from codegen.ir.statements import Value


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
    placed: bool = True
    """Whether members lie below ``pointer`` in the payload. Of what was put together it names where that came from."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Lineage of members that no place of the payload has."""


@dataclass(frozen=True, slots=True)
class Located:
    """Where a path leads: its value with type and place."""

    value: Value
    type: ValueType
    pointer: str
    base: int
    lineage: str
    placed: bool = True


ENVELOPE = {
    "vendorId": ValueType(kind="string", min_length=1, max_length=64, pattern="^[A-Za-z][A-Za-z0-9_-]{0,63}$"),
    "externalEventId": ValueType(kind="string", min_length=1, max_length=256, pattern="^[!-~]([ -~]{0,254}[!-~])?$"),
    "eventType": ValueType(kind="string", min_length=1, max_length=128, pattern="^[A-Za-z0-9][A-Za-z0-9._/-]{0,127}$"),
    "occurredAt": ValueType(kind="string", format="date-time"),
    "receivedAt": ValueType(kind="string", format="date-time"),
}
"""What the mapper is given of the envelope; the bounds are those of envelope.schema.json."""

HEADER = ValueType(kind="string", absent=True)
"""A header of a native webhook. No vendor signs it; there is none where an event came in an envelope."""


def locate(path: Path, scopes: tuple[Scope, ...], diagnostics: Diagnostics, *, checked: bool = True) -> Located | None:
    """Find a path that leads to one value; None if it was reported.

    ``checked`` says that the payload was validated before; where it was not, nothing is certain to be there.
    """
    names = plain_names(path.segments)
    if path.root == "header":
        return Located(Read("envelope", ("headers", *names), certain=False), HEADER, "", 0, f"header:{names[0]}")
    if path.root == "envelope":
        return _locate_envelope(path, diagnostics)
    number = level(path, scopes, diagnostics)
    if number is None:
        return None
    scope = scopes[number]
    found = descend(path, names, scope.type, diagnostics)
    return None if found is None else place(scope, number, names, found, checked=checked)


def place(
    scope: Scope, number: int, names: tuple[str | int, ...], found: ValueType, *, checked: bool = True
) -> Located:
    """What stands below a scope under these names."""
    below = "".join(f"/{escaped(name)}" for name in names)
    read = Read(number, names, certain=checked and not found.absent and all(is_forward(name) for name in names))
    pointer = scope.pointer + below if scope.placed else scope.pointer
    lineage = scope.lineage + below
    if names and names[0] in scope.aliases:
        lineage = scope.aliases[str(names[0])] + "".join(f"/{escaped(name)}" for name in names[1:])
    return Located(read, found, pointer, scope.base, lineage, scope.placed)


def is_forward(name: str | int) -> bool:
    """Whether a pointer can say it: an index from the end it cannot."""
    return isinstance(name, str) or name >= 0


def plain_names(segments: tuple[Segment, ...]) -> tuple[str | int, ...]:
    """The names of a path that leads to one value."""
    assert not any(isinstance(segment, Every) for segment in segments)
    return tuple(segment for segment in segments if not isinstance(segment, Every))


def level(path: Path, scopes: tuple[Scope, ...], diagnostics: Diagnostics) -> int | None:
    """The number of the scope that a path starts at; None if it was reported."""
    up = path.root.count("parent")
    if path.root and not up:
        hint = f"a rule reads the payload; a field of that name is `$.{path.text}`"
        diagnostics.add(Code.UNKNOWN_PATH, path.span, f"'{path.root}' is not known here", hint)
        return None
    if up >= len(scopes):
        diagnostics.add(Code.UNKNOWN_PATH, path.span, f"'{path.text}': there is no such parent")
        return None
    return len(scopes) - 1 - up


def _locate_envelope(path: Path, diagnostics: Diagnostics) -> Located | None:
    name = ".".join(map(str, path.segments))
    if name not in ENVELOPE:
        message = f"the envelope has no '{name}'" if name else "the envelope itself is no value"
        diagnostics.add(Code.UNKNOWN_PATH, path.span, message, suggestion(name, ENVELOPE))
        return None
    return Located(Read("envelope", (name,), certain=True), ENVELOPE[name], "", 0, f"envelope:{name}")


def descend(path: Path, names: tuple[str | int, ...], start: ValueType, diagnostics: Diagnostics) -> ValueType | None:
    """The type of what stands below a value under these names; None if it was reported."""
    current = start
    for name in names:
        schema = current.schema
        needed = "array" if isinstance(name, int) else "object"
        if schema is None or needed not in schema.value_types:
            message = f"'{path.text}': what holds '{name}' is {certain(current).describe()}, not an {needed}"
            diagnostics.add(Code.UNKNOWN_PATH, path.span, message)
            return None
        below = _child(schema, name)
        if below is None:
            hint = suggestion(str(name), schema.properties) or f"{schema.span} declares no fields"
            if len(path.segments) == 1 and not hint.startswith("did you mean"):
                hint += f"; a text stands in quotes: \"'{name}'\""
            diagnostics.add(Code.UNKNOWN_PATH, path.span, f"no field '{name}' in '{path.text}'", hint)
            return None
        needed_items = name + 1 if isinstance(name, int) and name >= 0 else -name if isinstance(name, int) else 0
        sure = needed_items <= schema.min_items if isinstance(name, int) else name in schema.required
        uncertain = current.absent or current.nullable or current.kind != needed or not sure
        current = type_of_schema(below, absent=uncertain)
    return current


def _child(schema: Schema, name: str | int) -> Schema | None:
    return schema.properties.get(name, schema.additional) if isinstance(name, str) else schema.element(name)
