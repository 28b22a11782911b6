"""JSON Schema 2020-12 inside the profile, as a typed, finite tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from codegen.frontend.json_source import escaped, pointer_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from codegen.diagnostics import Span
    from codegen.frontend.json_source import JsonSource

    type Resolve = Callable[[JsonSource, str, str], tuple[JsonSource, str] | None]
    """The source and pointer that a `$ref` leads to, from the source and pointer of the schema that holds it."""

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
FORMATS = frozenset({"date-time", "date", "uuid", "email", "uri"})
ANNOTATIONS = frozenset(
    {
        "$schema", "$id", "$anchor", "$comment", "$defs", "title", "description", "examples", "default", "deprecated",
        "readOnly", "writeOnly", "x-sensitive",
    }
)  # fmt: skip
CANONICAL = frozenset(
    {
        "$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "const", "minimum",
        "maximum", "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "pattern",
        "format",
    }
)  # fmt: skip
"""What a canonical event may ask for: each is proven of a mapping or checked by the mapper."""
ASSERTIONS = CANONICAL | {
    "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "multipleOf",
    "prefixItems", "contains", "minContains", "maxContains", "uniqueItems", "patternProperties", "propertyNames",
    "minProperties", "maxProperties", "unevaluatedItems", "unevaluatedProperties", "contentEncoding",
    "contentMediaType", "contentSchema",
}  # fmt: skip
"""What any other contract may ask for: the run time's validator decides, whatever a mapping reads of it."""
_OLDER = "a word of an older draft; use "
REFUSED = {
    "$dynamicRef": "what it leads to depends on the way; use $ref",
    "$dynamicAnchor": "only $dynamicRef needs it; use $anchor",
    "$recursiveRef": f"{_OLDER}$ref",
    "$recursiveAnchor": f"{_OLDER}$anchor",
    "$vocabulary": "only a dialect of its own needs it",
    "additionalItems": f"{_OLDER}items behind prefixItems",
    "definitions": f"{_OLDER}$defs",
    "dependencies": f"{_OLDER}dependentRequired or dependentSchemas",
    "id": f"{_OLDER}$id",
}
"""Keywords that no contract may use and why; every unknown one is refused too."""

ONE_BELOW = frozenset(
    {
        "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not", "propertyNames", "then",
        "unevaluatedItems", "unevaluatedProperties",
    }
)  # fmt: skip
LIST_BELOW = frozenset({"allOf", "anyOf", "oneOf", "prefixItems"})
NAMED_BELOW = frozenset({"$defs", "dependentSchemas", "patternProperties", "properties"})


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schema:
    """What every value that is valid at one place of a schema is like; valid values may be fewer.

    Every `$ref` is followed and every composition merged. Bounds are inclusive; ``None`` says that there is none. What
    is said of one type holds for the values of that type. Without ``types`` no value is valid.
    """

    source: JsonSource
    pointer: str
    types: tuple[str, ...]
    title: str = ""
    description: str = ""
    sensitive: bool = False
    properties: Mapping[str, Schema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = False
    """There are no members beyond ``properties``."""
    additional: Schema | None = None
    """Of every member beyond ``properties``, where something is known of them."""
    prefix: tuple[Schema, ...] = ()
    """Of the first elements, where they are declared one by one."""
    items: Schema | None = None
    """Of every element, where something is known of them."""
    enum: tuple[Any, ...] | None = None
    """All valid values, where they are known and none is an object or an array."""
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    min_length: int = 0
    max_length: int | None = None
    multiple_of: int | Decimal | None = None
    min_items: int = 0
    max_items: int | None = None
    pattern: str | None = None
    format: str | None = None
    content_encoding: str | None = None
    content_media_type: str | None = None
    content: Schema | None = None
    """Of the document that a text holds, once it is decoded and parsed."""

    @property
    def span(self) -> Span:
        """Where the schema stands."""
        return self.source.span(self.pointer)

    @property
    def keywords(self) -> Mapping[str, Any]:
        """The schema as it is written at this place, without what it refers to and is composed of."""
        written = value_at(self.source.value, self.pointer)
        return written if isinstance(written, dict) else {}

    @property
    def nullable(self) -> bool:
        """Whether null is a value of this schema."""
        return "null" in self.types and (self.enum is None or None in self.enum)

    @property
    def value_types(self) -> tuple[str, ...]:
        """The types other than null."""
        return tuple(kind for kind in self.types if kind != "null")

    def element(self, index: int) -> Schema | None:
        """What is known of the element at an index; a negative one counts from the end."""
        return self.prefix[index] if 0 <= index < len(self.prefix) else self.items


NOTHING = object()
_OF_CONSTANTS = (
    "type", "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "pattern", "format",
)  # fmt: skip


def constant_validator(keywords: Mapping[str, Any]) -> jsonschema_rs.Draft202012Validator:
    """Decides which plain values a schema takes, by the validator that the run time uses."""
    known = {keyword: keywords[keyword] for keyword in _OF_CONSTANTS if keyword in keywords}
    return jsonschema_rs.Draft202012Validator(known, validate_formats=True)


def value_at(value: Any, pointer: str) -> Any:
    """What stands at a pointer; NOTHING if there is nothing."""
    for name in pointer_names(pointer):
        if isinstance(value, dict) and name in value:
            value = value[name]
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return NOTHING
    return value


def below(schema: Any) -> Iterator[str]:
    """The pointers, from a well-formed schema, of the schemas directly below it."""
    for keyword, value in schema.items() if isinstance(schema, dict) else ():
        if keyword in ONE_BELOW:
            yield f"/{keyword}"
        elif keyword in LIST_BELOW:
            yield from (f"/{keyword}/{index}" for index in range(len(value)))
        elif keyword in NAMED_BELOW:
            yield from (f"/{keyword}/{escaped(name)}" for name in value)


def type_of_value(value: Any) -> str:
    """The JSON type of a parsed value; a whole number is an integer."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, Decimal):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"
