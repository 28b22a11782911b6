"""Whether every value of a type is valid under a schema, structures included."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.resolve.types import gaps, type_of_schema

if TYPE_CHECKING:
    from codegen.frontend.json_schema import Schema
    from codegen.resolve.types import ValueType


def proves(value: ValueType, target: Schema) -> bool:
    """Whether nothing is left to check; False where it is not certain."""
    if value.absent or (value.nullable and not target.nullable):
        return False
    if value.kind == "null":
        return True
    kinds = target.value_types
    if value.kind not in kinds and not (value.kind == "integer" and "number" in kinds):
        return False
    if value.kind == "array":
        return _proves_array(value, target)
    if value.kind == "object":
        return value.schema is not None and _proves_object(value.schema, target)
    return not gaps(value, target)


def _proves_array(value: ValueType, target: Schema) -> bool:
    short = value.min_items < target.min_items
    long = target.max_items is not None and (value.max_items is None or value.max_items > target.max_items)
    if short or long or target.prefix:
        return False
    element = value.element
    return target.items is None or (element is not None and proves(element, target.items))


def _proves_object(found: Schema, target: Schema) -> bool:
    """Every member that may be there must be one that the target takes, and every one that it asks for be there."""
    if target.enum is not None or not target.required <= found.required:
        return False
    if not found.closed:
        if target.closed or (target.additional is not None and found.additional is None):
            return False
        # What is not declared may carry any name, a declared one of the target too.
        if target.properties.keys() - found.properties.keys():
            return False
        if target.additional is not None and found.additional is not None:
            others = type_of_schema(found.additional)
            if not proves(others, target.additional):
                return False
    return all(_proves_member(name, member, target) for name, member in found.properties.items())


def _proves_member(name: str, member: Schema, target: Schema) -> bool:
    wanted = target.properties.get(name, target.additional)
    if wanted is None:
        return not target.closed
    return proves(type_of_schema(member), wanted)
