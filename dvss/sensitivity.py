"""Which places of a document a JSON Schema marks as sensitive, and documents without what stands there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from dvss.pointers import names
from generated.runtime.exact_json import pointer_token

if TYPE_CHECKING:
    from collections.abc import Iterator

    from generated.runtime.binding import Registry

MASKED = "***"
"""Stands for a value of a field that a contract marks as sensitive."""
_BESIDE = ("allOf", "anyOf", "oneOf")
_EITHER = ("if", "then", "else", "contentSchema")
_ELEMENTS = ("items", "contains", "unevaluatedItems")
_OTHER_MEMBERS = ("additionalProperties", "unevaluatedProperties")


class Sensitivity:
    """The marks ``x-sensitive`` of one schema."""

    def __init__(self, schema: str) -> None:
        """``schema`` is the text of a schema that refers to no other file."""
        self._root = json.loads(schema)

    def at(self, pointer: str) -> bool:
        """Whether the place, one above it or one below it is marked; ``*`` stands for any element."""
        level = list(self._with_others(self._root, set()))
        for name in names(pointer):
            if any(_is_marked(schema) for schema in level):
                return True
            level = [
                other for schema in level for below in _below(schema, name) for other in self._with_others(below, set())
            ]
        return any(self._marks_below(schema, set()) for schema in level)

    def _with_others(self, schema: Any, seen: set[int]) -> Iterator[dict[str, Any]]:
        """A schema and every other that speaks of the same place."""
        if not isinstance(schema, dict) or id(schema) in seen:
            return
        seen.add(id(schema))
        yield schema
        others = [one for word in _BESIDE for one in schema.get(word, ())] + [schema.get(word) for word in _EITHER]
        others += list(schema.get("dependentSchemas", {}).values())
        if "$ref" in schema:
            others.append(self._referred(schema["$ref"]))
        for other in others:
            yield from self._with_others(other, seen)

    def _referred(self, reference: str) -> Any:
        """What a reference leads to. One that this does not follow counts as sensitive: better hidden than shown."""
        part = self._root
        for name in names(reference.removeprefix("#")) if reference.startswith("#/") else ["?"]:
            if isinstance(part, list) and name.isdecimal() and int(name) < len(part):
                part = part[int(name)]
            elif isinstance(part, dict) and name in part:
                part = part[name]
            else:
                return {"x-sensitive": True}
        return part

    def _marks_below(self, schema: Any, seen: set[int]) -> bool:
        if isinstance(schema, list):
            return any(self._marks_below(one, seen) for one in schema)
        if not isinstance(schema, dict) or id(schema) in seen:
            return False
        seen.add(id(schema))
        return (
            _is_marked(schema)
            or ("$ref" in schema and self._marks_below(self._referred(schema["$ref"]), seen))
            or any(self._marks_below(part, seen) for word, part in schema.items() if word not in {"$defs", "examples"})
        )


def masked(document: Any, schema: Sensitivity, pointer: str = "") -> Any:
    """A copy of a document with ``***`` for each value that is marked."""
    if isinstance(document, dict) and document:
        return {name: masked(value, schema, f"{pointer}/{pointer_token(name)}") for name, value in document.items()}
    if isinstance(document, list) and document:
        return [masked(value, schema, f"{pointer}/{number}") for number, value in enumerate(document)]
    return MASKED if schema.at(pointer) else document


def masked_event(registry: Registry, event: dict[str, Any]) -> dict[str, Any]:
    """A canonical event as it may be shown. One of a contract that is not here shows no data."""
    if "data" not in event:
        return event
    profile = registry.vendor(event["vendorId"])
    versions = () if profile is None else (one for every in profile.events.values() for one in every)
    told = (event["eventType"], event["schemaVersion"])
    names = {one.canonical_schema for one in versions if (one.emits, one.schema_version) == told}
    if not names:
        return event | {"data": MASKED}
    return event | {"data": masked(event["data"], Sensitivity(registry.schema(names.pop())))}


def _is_marked(schema: dict[str, Any]) -> bool:
    return schema.get("x-sensitive") is True


def _below(schema: dict[str, Any], name: str) -> Iterator[Any]:
    """What a schema says of a member or element of that name."""
    yield schema.get("properties", {}).get(name)
    yield from schema.get("patternProperties", {}).values()
    yield from (schema.get(word) for word in _OTHER_MEMBERS)
    if name == "*" or name.lstrip("-").isdecimal():
        yield from (schema.get(word) for word in _ELEMENTS)
        yield from schema.get("prefixItems", ())
