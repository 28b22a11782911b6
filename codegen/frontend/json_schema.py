"""JSON Schema 2020-12 inside the profile, as a typed, finite tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from codegen.frontend.json_source import pointer_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from codegen.diagnostics import Span
    from codegen.frontend.json_source import JsonSource

    type Resolve = Callable[[JsonSource, str], tuple[JsonSource, str] | None]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
FORMATS = frozenset({"date-time", "date", "uuid", "email", "uri"})
ANNOTATIONS = frozenset(
    {"$schema", "$id", "$comment", "$defs", "title", "description", "examples", "deprecated", "x-sensitive"}
)
ASSERTIONS = frozenset(
    {
        "type", "properties", "required", "additionalProperties", "items", "enum", "const", "minimum", "maximum",
        "exclusiveMinimum", "exclusiveMaximum", "minLength", "maxLength", "minItems", "maxItems", "pattern", "format",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schema:
    """One place of a schema with every `$ref` followed. Bounds are inclusive; ``None`` says that there is none."""

    source: JsonSource
    pointer: str
    types: tuple[str, ...]
    title: str = ""
    description: str = ""
    sensitive: bool = False
    properties: Mapping[str, Schema] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = False
    """``additionalProperties: false``."""
    additional: Schema | None = None
    """Of members that ``properties`` does not name."""
    items: Schema | None = None
    enum: tuple[Any, ...] | None = None
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    min_length: int = 0
    max_length: int | None = None
    min_items: int = 0
    max_items: int | None = None
    pattern: str | None = None
    format: str | None = None

    @property
    def span(self) -> Span:
        """Where the schema stands."""
        return self.source.span(self.pointer)

    @property
    def keywords(self) -> Mapping[str, Any]:
        """The schema as it is written, for whatever else reads it."""
        written: Mapping[str, Any] = value_at(self.source.value, self.pointer)
        return written

    @property
    def nullable(self) -> bool:
        """Whether null is a value of this schema."""
        return "null" in self.types and (self.enum is None or None in self.enum)

    @property
    def value_types(self) -> tuple[str, ...]:
        """The types other than null."""
        return tuple(kind for kind in self.types if kind != "null")


NOTHING = object()


def value_at(value: Any, pointer: str) -> Any:
    """What stands at a pointer made of member names; NOTHING if there is nothing."""
    for name in pointer_names(pointer):
        if isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return NOTHING
    return value


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
