"""JSON Schema 2020-12 inside the profile: files and `$ref`s to one typed, finite tree."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from codegen.diagnostics import Code, Diagnostics, Span, suggestion
from codegen.source import JsonSource, load_json

if TYPE_CHECKING:
    from collections.abc import Mapping

TYPES = frozenset({"string", "integer", "number", "boolean", "object", "array", "null"})
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
MAX_NODES = 20_000
_ANY_TYPE = tuple(sorted(TYPES))


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
    def nullable(self) -> bool:
        """Whether null is a value of this schema."""
        return "null" in self.types and (self.enum is None or None in self.enum)

    @property
    def value_types(self) -> tuple[str, ...]:
        """The types other than null."""
        return tuple(kind for kind in self.types if kind != "null")


class SchemaStore:
    """The schema files of a project, each read once."""

    def __init__(self, files: Mapping[str, str], diagnostics: Diagnostics) -> None:
        self._files = files
        self._diagnostics = diagnostics
        self._sources: dict[str, JsonSource | None] = {}
        self._schemas: dict[str, Schema | None] = {}

    def names(self) -> list[str]:
        """Every schema file, as the path below the project's root."""
        return sorted(path for path in self._files if path.startswith("schemas/") and path.endswith(".schema.json"))

    def source(self, path: str) -> JsonSource | None:
        """The parsed file; None if it does not exist or was reported."""
        if path not in self._sources:
            text = self._files.get(path)
            self._sources[path] = None if text is None else load_json(path, text, self._diagnostics)
        return self._sources[path]

    def schema(self, path: str) -> Schema | None:
        """The typed tree of a file; None if it does not exist or was reported."""
        if path not in self._schemas:
            source = self.source(path)
            self._schemas[path] = self.read(source) if source else None
        return self._schemas[path]

    def read(self, source: JsonSource) -> Schema | None:
        """The typed tree of a parsed source, which may stand inline in a mapping."""
        return _Reader(self, self._diagnostics).root(source)

    def bundle(self, source: JsonSource) -> dict[str, Any]:
        """The schema as one self-contained document: what `$ref`s name in other files moves into ``$defs``."""
        return _Bundler(self, source).bundle()

    def resolve(self, source: JsonSource, reference: str) -> tuple[JsonSource, str] | None:
        """The source and pointer that a `$ref` in ``source`` names; None if it leads nowhere."""
        file, _, pointer = reference.partition("#")
        target: JsonSource | None = source
        if file:
            joined = _normal(PurePosixPath(source.path).parent / file)
            target = self.source(joined) if joined and joined.startswith("schemas/") else None
        if target is None or (pointer and not pointer.startswith("/")):
            return None
        return (target, pointer) if _at(target.value, pointer) is not _NOTHING else None


_NOTHING = object()


def _normal(path: PurePosixPath) -> str | None:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)


def _at(value: Any, pointer: str) -> Any:
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and name in value:
            value = value[name]
        else:
            return _NOTHING
    return value


class _Reader:
    def __init__(self, store: SchemaStore, diagnostics: Diagnostics) -> None:
        self._store = store
        self._diagnostics = diagnostics
        self._nodes = 0
        self._sound = True

    def root(self, source: JsonSource) -> Schema | None:
        schema = self._read(source, "", ())
        return schema if self._sound else None

    def _report(self, code: Code, span: Span, message: str, hint: str = "") -> None:
        self._sound = False
        self._diagnostics.add(code, span, message, hint)

    def _read(self, source: JsonSource, pointer: str, path: tuple[tuple[str, str], ...]) -> Schema:
        value = _at(source.value, pointer)
        self._nodes += 1
        if not isinstance(value, dict):
            self._report(Code.KEYWORD, source.span(pointer), "a schema here must be an object", "write the type out")
            return Schema(source=source, pointer=pointer, types=_ANY_TYPE)
        if self._nodes > MAX_NODES:
            if self._sound:
                self._report(Code.FILE_TOO_LARGE, source.span(pointer), f"more than {MAX_NODES:,} schema nodes")
            return Schema(source=source, pointer=pointer, types=_ANY_TYPE)
        if "$ref" in value:
            return self._follow(source, pointer, value, path)
        for keyword in value:
            if keyword not in ANNOTATIONS and keyword not in ASSERTIONS:
                self._report(
                    Code.KEYWORD,
                    source.span(f"{pointer}/{keyword.replace('~', '~0').replace('/', '~1')}"),
                    f"keyword '{keyword}' is outside of the supported profile",
                    suggestion(keyword, ASSERTIONS | ANNOTATIONS | {"$ref"}),
                )
        return self._typed(source, pointer, value, (*path, (source.path, pointer)))

    def _follow(
        self, source: JsonSource, pointer: str, value: dict[str, Any], path: tuple[tuple[str, str], ...]
    ) -> Schema:
        place = source.span(f"{pointer}/$ref")
        beside = sorted(set(value) - {"$ref"} - ANNOTATIONS)
        if beside:
            self._report(
                Code.KEYWORD, place, f"'{beside[0]}' stands beside $ref", "move it into the schema referred to"
            )
        reference = value["$ref"]
        found = self._store.resolve(source, reference) if isinstance(reference, str) else None
        if found is None:
            hint = "refer to '#/$defs/<name>' or to a file below schemas/"
            self._report(Code.REFERENCE, place, f"$ref '{reference}' leads nowhere", hint)
            return Schema(source=source, pointer=pointer, types=_ANY_TYPE)
        target, at = found
        if (target.path, at) in path:
            self._report(
                Code.REFERENCE, place, f"$ref '{reference}' is circular", "bound the nesting: write the levels out"
            )
            return Schema(source=source, pointer=pointer, types=_ANY_TYPE)
        followed = self._read(target, at, path)
        sensitive = value.get("x-sensitive") is True or followed.sensitive
        return replace(followed, sensitive=sensitive, description=value.get("description", followed.description))

    def _typed(
        self, source: JsonSource, pointer: str, value: dict[str, Any], path: tuple[tuple[str, str], ...]
    ) -> Schema:
        types = self._types(source, pointer, value)
        members = self._members(source, pointer, path)
        required = frozenset(self._expect(source, pointer, "required", kind=list, default=[]))
        unknown = sorted(name for name in required if name not in members)
        if unknown and "object" in types:
            message = f"required member '{unknown[0]}' has no entry in properties"
            self._report(Code.KEYWORD, source.span(f"{pointer}/required"), message, suggestion(unknown[0], members))
        additional = value.get("additionalProperties", True)
        if not isinstance(additional, bool):
            place = source.span(f"{pointer}/additionalProperties")
            self._report(Code.KEYWORD, place, "additionalProperties is a schema", "use true or false")
        items = self._read(source, f"{pointer}/items", path) if "items" in value else None
        integral = types in (("integer",), ("integer", "null"))
        return Schema(
            source=source,
            pointer=pointer,
            types=types,
            title=self._expect(source, pointer, "title", kind=str, default=""),
            description=self._expect(source, pointer, "description", kind=str, default=""),
            sensitive=self._expect(source, pointer, "x-sensitive", kind=bool, default=False),
            properties=members,
            required=required,
            closed=additional is False,
            items=items,
            enum=self._enum(source, pointer, value),
            minimum=self._bound(source, pointer, ("minimum", "exclusiveMinimum"), integral=integral),
            maximum=self._bound(source, pointer, ("maximum", "exclusiveMaximum"), integral=integral),
            min_length=self._expect(source, pointer, "minLength", kind=int, default=0),
            max_length=self._expect(source, pointer, "maxLength", kind=int, default=None),
            min_items=self._expect(source, pointer, "minItems", kind=int, default=0),
            max_items=self._expect(source, pointer, "maxItems", kind=int, default=None),
            pattern=self._pattern(source, pointer),
            format=self._format(source, pointer),
        )

    def _members(self, source: JsonSource, pointer: str, path: tuple[tuple[str, str], ...]) -> dict[str, Schema]:
        children = self._expect(source, pointer, "properties", kind=dict, default={})
        return {
            name: self._read(source, f"{pointer}/properties/{name.replace('~', '~0').replace('/', '~1')}", path)
            for name in children
        }

    def _expect(self, source: JsonSource, pointer: str, keyword: str, *, kind: Any, default: Any) -> Any:
        value = _at(source.value, pointer)
        found = value.get(keyword, default)
        if keyword in value and (not isinstance(found, kind) or (kind is int and isinstance(found, bool))):
            self._report(Code.KEYWORD, source.span(f"{pointer}/{keyword}"), f"'{keyword}' must be a {kind.__name__}")
            return default
        return found

    def _types(self, source: JsonSource, pointer: str, value: dict[str, Any]) -> tuple[str, ...]:
        declared = value.get("type")
        if declared is None:
            enum = value.get("enum", [value["const"]] if "const" in value else None)
            if isinstance(enum, list) and enum:
                return tuple(sorted({_type_of(item) for item in enum}))
            return _ANY_TYPE
        names = declared if isinstance(declared, list) else [declared]
        if not names or any(name not in TYPES for name in names):
            place = source.span(f"{pointer}/type")
            self._report(Code.KEYWORD, place, f"'{declared}' is no JSON type", f"types: {', '.join(sorted(TYPES))}")
            return _ANY_TYPE
        return tuple(sorted(names))

    def _enum(self, source: JsonSource, pointer: str, value: dict[str, Any]) -> tuple[Any, ...] | None:
        values: list[Any] | None = (
            [value["const"]] if "const" in value else self._expect(source, pointer, "enum", kind=list, default=None)
        )
        if values is None:
            return None
        if any(isinstance(item, dict | list) for item in values):
            self._report(Code.KEYWORD, source.span(f"{pointer}/enum"), "enum of objects or arrays", "use plain values")
            return None
        return tuple(values)

    def _bound(
        self, source: JsonSource, pointer: str, keywords: tuple[str, str], *, integral: bool
    ) -> int | Decimal | None:
        inclusive, exclusive = keywords
        upper = inclusive == "maximum"
        bounds: list[int | Decimal] = []
        for keyword in keywords:
            bound = self._expect(source, pointer, keyword, kind=int | Decimal, default=None)
            if bound is None:
                continue
            if keyword == exclusive and not integral:
                place = source.span(f"{pointer}/{keyword}")
                self._report(Code.KEYWORD, place, f"'{keyword}' on a type other than integer", f"use '{inclusive}'")
                continue
            if integral:
                whole = int(bound)
                if keyword == exclusive:
                    whole = (
                        (-(-bound // 1) - 1 if upper else bound // 1 + 1)
                        if bound != whole
                        else whole + (-1 if upper else 1)
                    )
                elif bound != whole:
                    whole = bound // 1 if upper else -(-bound // 1)
                bound = int(whole)
            bounds.append(bound)
        if not bounds:
            return None
        return min(bounds) if upper else max(bounds)

    def _pattern(self, source: JsonSource, pointer: str) -> str | None:
        pattern: str | None = self._expect(source, pointer, "pattern", kind=str, default=None)
        if pattern is None:
            return None
        reason = pattern_fault(pattern)
        if reason:
            self._report(Code.PATTERN, source.span(f"{pointer}/pattern"), f"pattern '{pattern}': {reason}")
            return None
        return pattern

    def _format(self, source: JsonSource, pointer: str) -> str | None:
        name: str | None = self._expect(source, pointer, "format", kind=str, default=None)
        if name is not None and name not in FORMATS:
            place = source.span(f"{pointer}/format")
            self._report(Code.KEYWORD, place, f"format '{name}' is outside of the profile", suggestion(name, FORMATS))
            return None
        return name


# Everything whose meaning differs between ECMA 262, Python and Rust, or that can make matching slow, stays outside.
_OUTSIDE_PATTERN = re.compile(r"\\[^\\.^$|?*+()\[\]{}/d-]|\(\?(?!:)|[*+?}][*+?]")


def pattern_fault(pattern: str) -> str | None:
    """Why a pattern is outside of the portable subset; None if it is inside."""
    outside = _OUTSIDE_PATTERN.search(pattern)
    if outside:
        return f"'{outside.group()}' is outside of the portable subset"
    if "$" in pattern[:-1].replace("\\$", "") or "^" in pattern[1:].replace("[^", "").replace("\\^", ""):
        return "'^' and '$' are only taken at the ends"
    try:
        re.compile(pattern)
    except re.error as error:
        return str(error)
    return None


def _type_of(value: Any) -> str:
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


class _Bundler:
    def __init__(self, store: SchemaStore, source: JsonSource) -> None:
        self._store = store
        self._source = source
        self._names: dict[tuple[str, str], str] = {}
        self._definitions: dict[str, Any] = {}

    def bundle(self) -> dict[str, Any]:
        root = {key: value for key, value in self._source.value.items() if key != "$defs"}
        bundled: dict[str, Any] = self._copy(self._source, root)
        if self._definitions:
            bundled["$defs"] = dict(sorted(self._definitions.items()))
        return bundled

    def _copy(self, source: JsonSource, value: Any) -> Any:
        if isinstance(value, list):
            return [self._copy(source, item) for item in value]
        if not isinstance(value, dict):
            return value
        if isinstance(value.get("$ref"), str):
            return {**value, "$ref": f"#/$defs/{self._define(source, value['$ref'])}"}
        return {key: self._copy(source, item) for key, item in value.items()}

    def _define(self, source: JsonSource, reference: str) -> str:
        found = self._store.resolve(source, reference)
        assert found is not None, "the reader reports references that lead nowhere"
        target, pointer = found
        place = (target.path, pointer)
        if place not in self._names:
            value = _at(target.value, pointer)
            wanted = (
                pointer.rpartition("/")[2] or value.get("title") or PurePosixPath(target.path).name.partition(".")[0]
            )
            name = wanted
            while name in self._definitions:
                name = f"{name}_"
            self._names[place] = name
            self._definitions[name] = None
            self._definitions[name] = self._copy(target, {k: v for k, v in value.items() if k != "$defs"})
        return self._names[place]
