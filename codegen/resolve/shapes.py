"""Schemas of values that no file describes: groups, pairs, merged objects."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codegen.frontend.json_schema import TYPES, Schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.resolve.types import ValueType


def object_of(near: Schema, properties: Mapping[str, Schema]) -> Schema:
    """The schema of an object with exactly these members; its place is that of the schema that it came from."""
    return Schema(
        source=near.source,
        pointer=near.pointer,
        types=("object",),
        properties=properties,
        required=frozenset(properties),
        closed=True,
    )


def array_of(items: Schema) -> Schema:
    """The schema of an array of these."""
    return Schema(source=items.source, pointer=items.pointer, types=("array",), items=items)


def described(value: ValueType, near: Schema) -> Schema:
    """A plain value's type as a schema."""
    return Schema(
        source=near.source,
        pointer=near.pointer,
        types=(value.kind,),
        enum=value.enum,
        minimum=value.minimum,
        maximum=value.maximum,
        min_length=value.min_length,
        max_length=value.max_length,
        pattern=value.pattern,
        format=value.format,
    )


def pairs_of(schema: Schema) -> Schema:
    """The schema of an object's members as a list of `{name, value}`."""
    name = Schema(source=schema.source, pointer=schema.pointer, types=("string",))
    return array_of(object_of(schema, {"name": name, "value": _member_of(schema)}))


def _member_of(schema: Schema) -> Schema:
    """What any member of an object is."""
    members = list(schema.properties.values())
    if schema.additional is not None:
        members.append(schema.additional)
    elif not schema.closed:
        return Schema(source=schema.source, pointer=schema.pointer, types=TYPES)
    first, *others = members or [Schema(source=schema.source, pointer=schema.pointer, types=TYPES)]
    if not others:
        return first
    types = tuple(sorted({kind for member in members for kind in member.types}))
    return Schema(source=schema.source, pointer=schema.pointer, types=types)


def merged(left: Schema, right: Schema) -> Schema:
    """The schema of an object with the members of both; the right one's where both have one."""
    properties = {**left.properties, **right.properties}
    for name in left.properties.keys() & right.properties.keys() - right.required:
        both = left.properties[name], right.properties[name]
        types = tuple(sorted({kind for member in both for kind in member.types}))
        properties[name] = Schema(source=left.source, pointer=left.pointer, types=types)
    return replace(
        object_of(left, properties), required=left.required | right.required, closed=left.closed and right.closed
    )
