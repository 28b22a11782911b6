"""The canonical events as a mapping's author meets them: fields, what each takes, and which must be there."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dvss.onboarding.samples import OnboardingError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FILE = re.compile(r"[a-z0-9-]+\.v([0-9]+)(?:\.([0-9]+))?\.schema\.json")


@dataclass(frozen=True, slots=True)
class Target:
    """One field of a canonical event, or the event itself."""

    name: str
    kind: str
    """A type of JSON Schema."""
    is_required: bool = False
    description: str = ""
    is_time: bool = False
    words: tuple[str, ...] = ()
    """The only texts that it takes; empty where it takes any."""
    asks: Mapping[str, Any] = field(default_factory=dict)
    """Its bounds: minimum, maximum, minLength, maxLength, pattern."""
    fields: tuple[Target, ...] = ()
    """Of an object."""
    items: Target | None = None
    """Of an array."""

    @property
    def is_money(self) -> bool:
        return {one.name for one in self.fields} == {"amount", "currency"}


_BOUNDS = ("minimum", "maximum", "minLength", "maxLength", "pattern")


def canonical_events(root: Path) -> dict[str, Target]:
    """Every canonical event below ``schemas/canonical`` by ``<Name>@<version>``. Raises OnboardingError."""
    found: dict[str, Target] = {}
    for path in sorted((root / "schemas" / "canonical").glob("*.schema.json")):
        try:
            found |= _events_in(path)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            message = f"schemas/canonical/{path.name} cannot be used. `make codegen` says what is wrong in it."
            raise OnboardingError(message) from error
    return found


def _events_in(path: Path) -> dict[str, Target]:
    match = _FILE.fullmatch(path.name)
    document = json.loads(path.read_text(encoding="utf-8"))
    if not match or "type" not in document:
        return {}
    name = f"{document['title']}@{match[1]}.{match[2] or 0}"
    return {name: _target(document["title"], document, _Place(path, document), is_required=True)}


@dataclass(frozen=True, slots=True)
class _Place:
    """The file that a part of a schema stands in."""

    path: Path
    document: dict[str, Any]

    def follow(self, schema: dict[str, Any]) -> tuple[dict[str, Any], _Place]:
        """What a schema refers to, with the description that stands beside the reference."""
        if "$ref" not in schema:
            return schema, self
        name, _, pointer = schema["$ref"].partition("#")
        there = self
        if name:
            path = self.path.parent / name
            there = _Place(path, json.loads(path.read_text(encoding="utf-8")))
        part = there.document
        for token in pointer.split("/")[1:]:
            part = part[token]
        beside = {key: value for key, value in schema.items() if key != "$ref"}
        return there.follow(part | beside)


def _target(name: str, schema: dict[str, Any], place: _Place, *, is_required: bool) -> Target:
    schema, place = place.follow(schema)
    needed = schema.get("required", ())
    kinds = schema.get("type", "string")
    return Target(
        name=name,
        kind=kinds if isinstance(kinds, str) else next(kind for kind in kinds if kind != "null"),
        is_required=is_required,
        description=schema.get("description", ""),
        is_time=schema.get("format") == "date-time",
        words=tuple(word for word in schema.get("enum", ()) if isinstance(word, str)),
        asks={bound: schema[bound] for bound in _BOUNDS if bound in schema},
        fields=tuple(
            _target(member, below, place, is_required=member in needed)
            for member, below in schema.get("properties", {}).items()
        ),
        items=_target(name, schema["items"], place, is_required=True) if "items" in schema else None,
    )
