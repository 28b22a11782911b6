"""Schemas of values that no file describes: groups, pairs, merged objects."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from codegen.frontend.json_schema import Schema
from codegen.frontend.schema_algebra import anything, joined_members, union

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
        return anything(schema)
    return reduce(union, members) if members else anything(schema)


def merged(left: Schema, right: Schema) -> Schema:
    """The schema of an object with the members of both; the right one's where both have one."""
    certain = {name: member for name, member in right.properties.items() if name in right.required}
    # Where a side declares less than it may hold, what it holds is in the members too.
    properties = {**joined_members(left, right), **certain}
    return replace(
        object_of(left, properties), required=left.required | right.required, closed=left.closed and right.closed
    )
