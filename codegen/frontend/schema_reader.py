"""Reads a schema source into its typed tree and reports what lies outside of the profile."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING, Any

from codegen.diagnostics import Code, Diagnostics, Span, shown, suggestion
from codegen.frontend.json_schema import (
    ANNOTATIONS,
    ASSERTIONS,
    CANONICAL,
    DIALECT,
    FORMATS,
    REFUSED,
    TYPES,
    Schema,
    below,
    constant_validator,
    value_at,
)
from codegen.frontend.json_source import escaped
from codegen.frontend.patterns import pattern_fault
from codegen.frontend.schema_algebra import anything, intersection, matching, union
from codegen.frontend.schema_keywords import additional_of, inclusive_bound, is_integral, is_rounded, types_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from codegen.frontend.json_schema import Resolve
    from codegen.frontend.json_source import JsonSource

    type Way = tuple[tuple[str, str], ...]
    """The places from the root to here, each a file and a pointer."""

MAX_NODES = 20_000
MAX_LEVELS = 64


class SchemaReader:
    """Reads one well-formed source whose keywords are all among ``allowed``."""

    def __init__(self, resolve: Resolve, allowed: frozenset[str], diagnostics: Diagnostics) -> None:
        self._resolve = resolve
        self._allowed = allowed
        self._diagnostics = diagnostics
        self._nodes = 0
        self._sound = True

    def root(self, source: JsonSource) -> Schema | None:
        """The typed tree; None if anything in it was reported."""
        schema = self._read(source, "", ())
        return schema if self._sound else None

    def _report(self, code: Code, span: Span, message: str, hint: str = "") -> None:
        self._sound = False
        self._diagnostics.add(code, span, message, hint)

    def _read(self, source: JsonSource, pointer: str, way: Way) -> Schema:
        value = value_at(source.value, pointer)
        self._nodes += 1
        if self._nodes > MAX_NODES or len(way) > MAX_LEVELS:
            if self._sound:
                message = f"more than {MAX_NODES:,} schema nodes, or {MAX_LEVELS} levels"
                self._report(Code.FILE_TOO_LARGE, source.span(pointer), message)
            return Schema(source=source, pointer=pointer, types=TYPES)
        if isinstance(value, bool):
            return Schema(source=source, pointer=pointer, types=TYPES if value else ())
        self._check_keywords(source, pointer, value)
        further = (*way, (source.path, pointer))
        if "$ref" not in value:
            return self._composed(source, pointer, value, further)
        target = self._follow(source, pointer, value["$ref"], further)
        if not value.keys() - {"$ref"} - ANNOTATIONS:
            sensitive = self._sensitive(source, pointer, value) or target.sensitive
            return replace(target, sensitive=sensitive, description=value.get("description", target.description))
        if self._allowed is CANONICAL:
            beside = min(value.keys() - {"$ref"} - ANNOTATIONS)
            place = source.span(f"{pointer}/$ref")
            self._report(Code.KEYWORD, place, f"'{beside}' stands beside $ref", "move it into the schema referred to")
        return intersection(self._composed(source, pointer, value, further), target)

    def _check_keywords(self, source: JsonSource, pointer: str, value: dict[str, Any]) -> None:
        for keyword in value.keys() - ANNOTATIONS - self._allowed:
            message = f"keyword '{keyword}' is outside of the supported profile"
            hint = REFUSED.get(keyword, "")
            if keyword in ASSERTIONS:
                message = f"keyword '{keyword}' is not for canonical events"
                hint = "a mapper can neither prove nor check it; say it with other keywords"
            hint = hint or suggestion(keyword, self._allowed | ANNOTATIONS)
            self._report(Code.KEYWORD, source.span(f"{pointer}/{escaped(keyword)}"), message, hint)
        if value.get("$schema", DIALECT) != DIALECT:
            place = source.span(f"{pointer}/$schema")
            self._report(Code.KEYWORD, place, f"$schema '{value['$schema']}' is another dialect", f"use {DIALECT}")

    def _follow(self, source: JsonSource, pointer: str, reference: str, way: Way) -> Schema:
        place = f"{pointer}/$ref"
        found = self._resolve(source, pointer, reference)
        if found is None:
            hint = "refer to '#/$defs/<name>' or to a file below schemas/"
            self._report(Code.REFERENCE, source.span(place), f"$ref '{reference}' leads nowhere", hint)
            return Schema(source=source, pointer=pointer, types=TYPES)
        target, at = found
        if (target.path, at) in way:
            hint = "bound the nesting: write the levels out"
            self._report(Code.REFERENCE, source.span(place), f"$ref '{reference}' is circular", hint)
            return Schema(source=source, pointer=pointer, types=TYPES)
        return self._read(target, at, way)

    def _composed(self, source: JsonSource, pointer: str, value: dict[str, Any], way: Way) -> Schema:
        """The schema's own keywords with what it is composed of."""
        inner = self._read_below(source, pointer, value, way)
        schema = self._typed(source, pointer, value, inner)
        for keyword in ("allOf", "anyOf", "oneOf"):
            branches = [inner[f"/{keyword}/{index}"] for index in range(len(value.get(keyword, ())))]
            if branches:
                merged = reduce(intersection if keyword == "allOf" else union, branches)
                schema = intersection(schema, merged)
        if "if" in value:
            open_ = anything(schema)
            met, unmet = intersection(inner["/if"], inner.get("/then", open_)), inner.get("/else", open_)
            schema = intersection(schema, union(met, unmet))
        return schema

    def _read_below(self, source: JsonSource, pointer: str, value: dict[str, Any], way: Way) -> dict[str, Schema]:
        inner = {}
        for path in below(value):
            # A definition is read where something refers to it.
            if path.startswith("/$defs/"):
                continue
            inner[path] = self._read(source, pointer + path, way)
            is_bare = isinstance(value_at(value, path), bool) and path != "/additionalProperties"
            if is_bare and self._allowed is CANONICAL:
                message = "a schema of a canonical event must be an object"
                self._report(Code.KEYWORD, source.span(pointer + path), message, "write the type out")
        return inner

    def _typed(self, source: JsonSource, pointer: str, value: dict[str, Any], inner: Mapping[str, Schema]) -> Schema:
        types = types_of(value)
        members = {name: inner[f"/properties/{escaped(name)}"] for name in value.get("properties", {})}
        required = frozenset(value.get("required", ()))
        unknown = sorted(required - members.keys())
        if unknown and "object" in types and self._allowed is CANONICAL:
            message = f"required member '{unknown[0]}' has no entry in properties"
            self._report(Code.KEYWORD, source.span(f"{pointer}/required"), message, suggestion(unknown[0], members))
        for name in value.get("patternProperties", {}):
            self._check_pattern(source, f"{pointer}/patternProperties/{escaped(name)}", name)
        prefix = tuple(inner[f"/prefixItems/{index}"] for index in range(len(value.get("prefixItems", ()))))
        items = inner.get("/items")
        additional = additional_of(value, inner)
        is_closed = additional is not None and not additional.types
        is_document = "contentMediaType" in value
        return Schema(
            source=source,
            pointer=pointer,
            types=types,
            title=value.get("title", ""),
            description=value.get("description", ""),
            sensitive=self._sensitive(source, pointer, value),
            properties=members,
            required=required,
            closed=is_closed,
            additional=None if is_closed else additional,
            prefix=prefix,
            items=reduce(union, prefix, items) if items else None,
            enum=self._enum(source, pointer, value, types),
            minimum=self._bound(source, pointer, value, "minimum"),
            maximum=self._bound(source, pointer, value, "maximum"),
            min_length=value.get("minLength", 0),
            max_length=value.get("maxLength"),
            multiple_of=value.get("multipleOf"),
            min_items=max(value.get("minItems", 0), value.get("minContains", 1) if "contains" in value else 0),
            max_items=value.get("maxItems"),
            pattern=self._pattern(source, pointer, value),
            format=self._format(source, pointer, value),
            content_encoding=value.get("contentEncoding"),
            content_media_type=value.get("contentMediaType"),
            content=inner.get("/contentSchema") if is_document else None,
        )

    def _sensitive(self, source: JsonSource, pointer: str, value: dict[str, Any]) -> bool:
        marked = value.get("x-sensitive", False)
        if not isinstance(marked, bool):
            self._report(Code.KEYWORD, source.span(f"{pointer}/x-sensitive"), "'x-sensitive' must be true or false")
        return marked is True

    def _enum(
        self, source: JsonSource, pointer: str, value: dict[str, Any], types: tuple[str, ...]
    ) -> tuple[Any, ...] | None:
        if "const" not in value and "enum" not in value:
            return None
        keyword = "const" if "const" in value else "enum"
        values = [value["const"]] if keyword == "const" else value["enum"]
        is_structured = any(isinstance(item, dict | list) for item in values)
        if self._allowed is CANONICAL:
            place = source.span(f"{pointer}/{keyword}")
            if "const" in value and "enum" in value:
                self._report(Code.KEYWORD, place, "'const' stands beside 'enum'", "keep one of the two")
            if is_structured:
                self._report(Code.KEYWORD, place, f"'{keyword}' of objects or arrays", "use plain values")
        if is_structured:
            return None
        is_valid = constant_validator(value).is_valid
        return tuple(item for item in matching(values, types) if is_valid(item))

    def _bound(self, source: JsonSource, pointer: str, value: dict[str, Any], word: str) -> int | Decimal | None:
        strict = f"exclusive{word.capitalize()}"
        for keyword in (word, strict) if not is_integral(value) else ():
            place = source.span(f"{pointer}/{keyword}")
            if is_rounded(value.get(keyword)):
                message = f"'{keyword}' beyond 2^53 where fractions are valid"
                self._report(Code.KEYWORD, place, message, "use `type: integer`: the validator would round")
            elif keyword == strict and strict in value and self._allowed is CANONICAL:
                self._report(Code.KEYWORD, place, f"'{strict}' on a type other than integer", f"use '{word}'")
        return inclusive_bound(value, word)

    def _pattern(self, source: JsonSource, pointer: str, value: dict[str, Any]) -> str | None:
        pattern: str | None = value.get("pattern")
        if pattern is not None:
            self._check_pattern(source, f"{pointer}/pattern", pattern)
        return pattern

    def _check_pattern(self, source: JsonSource, pointer: str, pattern: str) -> None:
        reason = pattern_fault(pattern)
        if reason:
            keyword = "patternProperties" if "/patternProperties/" in pointer else "pattern"
            self._report(Code.PATTERN, source.span(pointer), f"{keyword} {shown(pattern)}: {reason}")

    def _format(self, source: JsonSource, pointer: str, value: dict[str, Any]) -> str | None:
        name: str | None = value.get("format")
        if name is not None and name not in FORMATS:
            place = source.span(f"{pointer}/format")
            self._report(Code.KEYWORD, place, f"format '{name}' is outside of the profile", suggestion(name, FORMATS))
        return name
