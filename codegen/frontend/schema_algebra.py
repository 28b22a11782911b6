"""Typed trees of several schemas as one: what is valid under all of them, and under any of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codegen.frontend.json_schema import TYPES, Schema, type_of_value

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_OF_NUMBERS = ("minimum", "maximum", "multiple_of")
_OF_STRINGS = ("min_length", "max_length", "pattern", "format", "content_encoding", "content_media_type", "content")
_OF_ARRAYS = ("min_items", "max_items", "prefix", "items")
_OF_OBJECTS = ("properties", "required", "closed", "additional")
_GROUPS = (
    (("integer", "number"), _OF_NUMBERS),
    (("string",), _OF_STRINGS),
    (("array",), _OF_ARRAYS),
    (("object",), _OF_OBJECTS),
)


def anything(like: Schema) -> Schema:
    """Every value, at the place of another schema."""
    return Schema(source=like.source, pointer=like.pointer, types=TYPES)


def nothing(like: Schema) -> Schema:
    """No value, at the place of another schema."""
    return Schema(source=like.source, pointer=like.pointer, types=())


def matching(constants: Iterable[Any], types: tuple[str, ...]) -> tuple[Any, ...]:
    """The constants that are of one of the types."""
    kinds = {*types, "integer"} if "number" in types else set(types)
    return tuple(item for item in constants if type_of_value(item) in kinds)


def intersection(left: Schema, right: Schema) -> Schema:
    """What is valid under both; the place and the words are the left one's."""
    types = _common_types(left.types, right.types)
    enum = _common_constants(left.enum, right.enum)
    if enum is not None:
        enum = matching(enum, types)
        kinds = {type_of_value(item) for item in enum}
        types = tuple(kind for kind in types if kind in kinds or (kind == "number" and "integer" in kinds))
    return replace(
        left,
        types=types,
        title=left.title or right.title,
        description=left.description or right.description,
        sensitive=left.sensitive or right.sensitive,
        enum=enum,
        minimum=_known(max, left.minimum, right.minimum),
        maximum=_known(min, left.maximum, right.maximum),
        multiple_of=right.multiple_of if left.multiple_of is None else left.multiple_of,
        min_length=max(left.min_length, right.min_length),
        max_length=_known(min, left.max_length, right.max_length),
        pattern=right.pattern if left.pattern is None else left.pattern,
        format=left.format or right.format,
        content_encoding=left.content_encoding or right.content_encoding,
        content_media_type=left.content_media_type or right.content_media_type,
        content=left.content or right.content,
        min_items=max(left.min_items, right.min_items),
        max_items=_known(min, left.max_items, right.max_items),
        prefix=_common_prefix(left, right),
        items=_both(left.items, right.items),
        properties=_common_members(left, right),
        required=left.required | right.required,
        closed=left.closed or right.closed,
        additional=_both(left.additional, right.additional),
    )


def union(left: Schema, right: Schema) -> Schema:
    """What is valid under either; the place is the left one's."""
    if not left.types or not right.types:
        some = left if left.types else right
        return replace(some, sensitive=left.sensitive or right.sensitive)
    kinds = {*left.types, *right.types}
    if "number" in kinds:
        kinds.discard("integer")
    merged: dict[str, Any] = {}
    for group, attributes in _GROUPS:
        sides = [side for side in (left, right) if set(group) & set(side.types)]
        for attribute in attributes if sides else ():
            values = [getattr(side, attribute) for side in sides]
            merged[attribute] = values[0] if len(sides) == 1 else _JOINED[attribute](left, right)
    enums = [_constants(side) for side in (left, right)]
    listed = None if None in enums else tuple(item for enum in enums for item in enum or ())
    return Schema(
        source=left.source,
        pointer=left.pointer,
        types=tuple(kind for kind in TYPES if kind in kinds),
        sensitive=left.sensitive or right.sensitive,
        enum=None if listed is None else distinct(listed),
        **merged,
    )


def joined_members(left: Schema, right: Schema) -> Mapping[str, Schema]:
    """Of every member that either side declares: what it is under either."""
    names = dict.fromkeys((*left.properties, *right.properties))
    return {name: _either(_member(left, name), _member(right, name)) or anything(left) for name in names}


def _common_types(left: tuple[str, ...], right: tuple[str, ...]) -> tuple[str, ...]:
    common = {*left} & {*right}
    sides = ((left, right), (right, left))
    if "number" not in common and any("number" in one and "integer" in other for one, other in sides):
        common.add("integer")
    return tuple(kind for kind in TYPES if kind in common)


def distinct(constants: Iterable[Any]) -> tuple[Any, ...]:
    """The constants, each once; Python would take true for 1."""
    return tuple({(type_of_value(item), item): item for item in constants}.values())


def _constants(schema: Schema) -> tuple[Any, ...] | None:
    return (None,) if schema.types == ("null",) else schema.enum


def _common_constants(left: tuple[Any, ...] | None, right: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
    if left is None or right is None:
        return right if left is None else left
    kept = {(type_of_value(item), item) for item in right}
    return tuple(item for item in left if (type_of_value(item), item) in kept)


def _known(choose: Callable[..., Any], left: Any, right: Any) -> Any:
    """Both sides' knowledge as one, or that of the side that has any."""
    if left is None or right is None:
        return right if left is None else left
    return choose(left, right)


def _both(left: Schema | None, right: Schema | None) -> Schema | None:
    both: Schema | None = _known(intersection, left, right)
    return both


def _either(left: Schema | None, right: Schema | None) -> Schema | None:
    return None if left is None or right is None else union(left, right)


def _member(schema: Schema, name: str) -> Schema | None:
    """What is known of a member, declared or not."""
    if name in schema.properties:
        return schema.properties[name]
    return nothing(schema) if schema.closed else schema.additional


def _common_members(left: Schema, right: Schema) -> Mapping[str, Schema]:
    members = {name: _both(_member(left, name), _member(right, name)) for name in (*left.properties, *right.properties)}
    return {name: member for name, member in members.items() if member is not None}


def _common_prefix(left: Schema, right: Schema) -> tuple[Schema, ...]:
    elements = (_both(left.element(at), right.element(at)) for at in range(max(len(left.prefix), len(right.prefix))))
    return tuple(element for element in elements if element is not None)


def _joined_prefix(left: Schema, right: Schema) -> tuple[Schema, ...]:
    elements = (_either(left.element(at), right.element(at)) for at in range(max(len(left.prefix), len(right.prefix))))
    return tuple(element or anything(left) for element in elements)


def _joined_additional(left: Schema, right: Schema) -> Schema | None:
    if left.closed or right.closed:
        return right.additional if left.closed else left.additional
    return _either(left.additional, right.additional)


def _least(attribute: str) -> Callable[[Schema, Schema], Any]:
    def joined(left: Schema, right: Schema) -> Any:
        values = (getattr(left, attribute), getattr(right, attribute))
        return None if None in values else min(values)

    return joined


def _most(attribute: str) -> Callable[[Schema, Schema], Any]:
    def joined(left: Schema, right: Schema) -> Any:
        values = (getattr(left, attribute), getattr(right, attribute))
        return None if None in values else max(values)

    return joined


def _same(attribute: str) -> Callable[[Schema, Schema], Any]:
    def joined(left: Schema, right: Schema) -> Any:
        value = getattr(left, attribute)
        return value if value == getattr(right, attribute) else None

    return joined


_JOINED: Mapping[str, Callable[[Schema, Schema], Any]] = {
    **{name: _least(name) for name in ("minimum", "min_length", "min_items")},
    **{name: _most(name) for name in ("maximum", "max_length", "max_items")},
    **{name: _same(name) for name in ("multiple_of", "pattern", "format", "content_encoding", "content_media_type")},
    "content": lambda left, right: _either(left.content, right.content),
    "prefix": _joined_prefix,
    "items": lambda left, right: _either(left.items, right.items),
    "properties": joined_members,
    "required": lambda left, right: left.required & right.required,
    "closed": lambda left, right: left.closed and right.closed,
    "additional": _joined_additional,
}
