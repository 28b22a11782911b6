"""What samples offer a mapping's rules: every place that a rule can read, as a path of the mapping language."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_ROOTS = frozenset({"parent", "envelope", "body", "path", "item", "header", "join", "true", "false", "null", "or"})
_DEEPEST = 6
LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Source:
    """One place of the payload, or of an array's element."""

    names: tuple[str, ...]
    values: tuple[Any, ...]
    """What the samples have there, nulls left out."""
    may_be_absent: bool
    """Absent in a sample, or below what is absent or no object there."""
    may_be_null: bool
    levels: int = 0
    """How many elements further out the path starts."""

    @property
    def may_lack(self) -> bool:
        return self.may_be_absent or self.may_be_null

    @property
    def path(self) -> str:
        """The path in the mapping language."""
        return path_of(self.names, ("parent",) * self.levels)

    @property
    def kinds(self) -> frozenset[type]:
        return frozenset(map(type, self.values))


@dataclass(frozen=True, slots=True)
class Scope:
    """Where paths start: the payload, or an element of an array."""

    sources: tuple[Source, ...]
    """Those of the scope itself first, then those of the scopes around it."""
    is_event: bool = False
    """Whether a whole event is read from here: elsewhere optional fields are not looked for further out."""


def path_of(names: Sequence[str], parents: Sequence[str] = ()) -> str:
    """``a.b['odd name']``; a first name that is also a root of the language is set off with ``$.``."""
    path = ".".join(parents) or ("$" if names[0] in _ROOTS else "")
    for name in names:
        if _PLAIN.fullmatch(name):
            path += f".{name}" if path else name
        else:
            quoted = name.replace("'", "''")
            path += f"['{quoted}']"
    return path


def scope_of(objects: Sequence[dict[str, Any]]) -> Scope:
    """What an event can be read from: one of these payloads."""
    return Scope(tuple(_members(objects, (), may_be_absent=False)), is_event=True)


def scope_in(source: Source, around: Scope, *, is_event: bool = False) -> Scope:
    """What can be read where the path starts at an object, or at an element of an array, of the scope around it."""
    own = _members(elements(source) or list(source.values), (), may_be_absent=False)
    further = (
        replace(one, levels=one.levels + 1)
        for one in around.sources
        if one.names[: len(source.names)] != source.names or one.levels != source.levels
    )
    return Scope((*own, *further), is_event)


def elements(source: Source) -> list[dict[str, Any]]:
    """The objects in a source's arrays."""
    return [item for value in source.values if type(value) is list for item in value if type(item) is dict]


def _members(objects: Sequence[dict[str, Any]], above: tuple[str, ...], *, may_be_absent: bool) -> Iterator[Source]:
    for name in dict.fromkeys(member for one in objects for member in one):
        # A name that no editor shows as it is has no place in a comment; the schema has it.
        if not name or not name.isprintable() or len(name) > LONGEST_NAME:
            continue
        found = [one[name] for one in objects if name in one]
        values = tuple(value for value in found if value is not None)
        is_absent = may_be_absent or len(found) < len(objects)
        source = Source((*above, name), values, is_absent, may_be_null=len(values) < len(found))
        yield source
        below = [value for value in values if type(value) is dict]
        if below and len(source.names) < _DEEPEST:
            yield from _members(below, source.names, may_be_absent=is_absent or len(below) < len(found))
