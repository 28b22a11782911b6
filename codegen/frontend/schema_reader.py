"""Reads a schema source into its typed tree and reports what lies outside of the profile."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from codegen.diagnostics import Code, Diagnostics, Span, shown, suggestion
from codegen.frontend.json_schema import (
    ANNOTATIONS,
    ASSERTIONS,
    DIALECT,
    FORMATS,
    TYPES,
    Schema,
    type_of_value,
    value_at,
)
from codegen.frontend.json_source import escaped, pointer_names
from codegen.frontend.patterns import pattern_fault

if TYPE_CHECKING:
    from codegen.frontend.json_schema import Resolve
    from codegen.frontend.json_source import JsonSource

    type Way = tuple[tuple[str, str], ...]
    """The places from the root to here, each a file and a pointer."""

MAX_NODES = 20_000
MAX_LEVELS = 64
_META_SCHEMA = jsonschema_rs.Draft202012Validator({"$ref": DIALECT}, validate_formats=True, offline=True)


def is_well_formed(source: JsonSource, diagnostics: Diagnostics) -> bool:
    """Whether a document is a JSON Schema at all, whatever the profile says; reported if not."""
    wrong: dict[str, str] = {}
    for error in _META_SCHEMA.iter_errors(source.value):
        pointer = "".join(f"/{escaped(name)}" for name in error.instance_path)
        wrong.setdefault(pointer, error.message)
    for pointer, said in wrong.items():
        keyword = next((name for name in reversed(pointer_names(pointer)) if not name.isdecimal()), "")
        value = value_at(source.value, pointer)
        fault = pattern_fault(value) if keyword == "pattern" and isinstance(value, str) else None
        if fault:
            diagnostics.add(Code.PATTERN, source.span(pointer), f"pattern {shown(value)}: {fault}")
            continue
        message = f"'{keyword}' has the wrong form: {said}" if keyword else f"this is no JSON Schema: {said}"
        hint = suggestion(str(value), TYPES) if keyword == "type" else ""
        diagnostics.add(Code.KEYWORD, source.span(pointer), message, hint)
    if not wrong and not isinstance(source.value, dict):
        diagnostics.add(Code.KEYWORD, source.span(""), "a schema here must be an object", "write the type out")
        return False
    return not wrong


class SchemaReader:
    """Reads one well-formed source."""

    def __init__(self, resolve: Resolve, diagnostics: Diagnostics) -> None:
        self._resolve = resolve
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
        nothing = Schema(source=source, pointer=pointer, types=TYPES)
        self._nodes += 1
        if not isinstance(value, dict):
            self._report(Code.KEYWORD, source.span(pointer), "a schema here must be an object", "write the type out")
            return nothing
        if self._nodes > MAX_NODES or len(way) > MAX_LEVELS:
            if self._sound:
                message = f"more than {MAX_NODES:,} schema nodes, or {MAX_LEVELS} levels"
                self._report(Code.FILE_TOO_LARGE, source.span(pointer), message)
            return nothing
        below = (*way, (source.path, pointer))
        if "$ref" in value:
            return self._follow(source, pointer, value, below)
        for keyword in value:
            if keyword not in ANNOTATIONS and keyword not in ASSERTIONS:
                message = f"keyword '{keyword}' is outside of the supported profile"
                hint = suggestion(keyword, ASSERTIONS | ANNOTATIONS | {"$ref"})
                self._report(Code.KEYWORD, source.span(f"{pointer}/{escaped(keyword)}"), message, hint)
        if value.get("$schema", DIALECT) != DIALECT:
            place = source.span(f"{pointer}/$schema")
            self._report(Code.KEYWORD, place, f"'{value['$schema']}' is another dialect", f"use {DIALECT}")
        return self._typed(source, pointer, value, below)

    def _follow(self, source: JsonSource, pointer: str, value: dict[str, Any], way: Way) -> Schema:
        nothing = Schema(source=source, pointer=pointer, types=TYPES)
        place = source.span(f"{pointer}/$ref")
        beside = sorted(set(value) - {"$ref"} - ANNOTATIONS)
        if beside:
            message = f"'{beside[0]}' stands beside $ref"
            self._report(Code.KEYWORD, place, message, "move it into the schema referred to")
        reference = value["$ref"]
        found = self._resolve(source, reference)
        if found is None:
            hint = "refer to '#/$defs/<name>' or to a file below schemas/"
            self._report(Code.REFERENCE, place, f"$ref '{reference}' leads nowhere", hint)
            return nothing
        target, at = found
        if (target.path, at) in way:
            hint = "bound the nesting: write the levels out"
            self._report(Code.REFERENCE, place, f"$ref '{reference}' is circular", hint)
            return nothing
        followed = self._read(target, at, way)
        sensitive = self._sensitive(source, pointer, value) or followed.sensitive
        return replace(followed, sensitive=sensitive, description=value.get("description", followed.description))

    def _typed(self, source: JsonSource, pointer: str, value: dict[str, Any], way: Way) -> Schema:
        members = {
            name: self._read(source, f"{pointer}/properties/{escaped(name)}", way)
            for name in value.get("properties", {})
        }
        types = _types(value)
        required = frozenset(value.get("required", ()))
        unknown = sorted(required - members.keys())
        if unknown and "object" in types:
            message = f"required member '{unknown[0]}' has no entry in properties"
            self._report(Code.KEYWORD, source.span(f"{pointer}/required"), message, suggestion(unknown[0], members))
        if not isinstance(value.get("additionalProperties", True), bool):
            place = source.span(f"{pointer}/additionalProperties")
            self._report(Code.KEYWORD, place, "additionalProperties is a schema", "use true or false")
        return Schema(
            source=source,
            pointer=pointer,
            types=types,
            title=value.get("title", ""),
            description=value.get("description", ""),
            sensitive=self._sensitive(source, pointer, value),
            properties=members,
            required=required,
            closed=value.get("additionalProperties") is False,
            items=self._read(source, f"{pointer}/items", way) if "items" in value else None,
            enum=self._enum(source, pointer, value),
            minimum=self._bound(source, pointer, value, "minimum"),
            maximum=self._bound(source, pointer, value, "maximum"),
            min_length=value.get("minLength", 0),
            max_length=value.get("maxLength"),
            min_items=value.get("minItems", 0),
            max_items=value.get("maxItems"),
            pattern=self._pattern(source, pointer, value),
            format=self._format(source, pointer, value),
        )

    def _sensitive(self, source: JsonSource, pointer: str, value: dict[str, Any]) -> bool:
        marked = value.get("x-sensitive", False)
        if not isinstance(marked, bool):
            self._report(Code.KEYWORD, source.span(f"{pointer}/x-sensitive"), "'x-sensitive' must be true or false")
        return marked is True

    def _enum(self, source: JsonSource, pointer: str, value: dict[str, Any]) -> tuple[Any, ...] | None:
        if "const" not in value and "enum" not in value:
            return None
        keyword = "const" if "const" in value else "enum"
        values = [value["const"]] if keyword == "const" else value["enum"]
        place = source.span(f"{pointer}/{keyword}")
        if "const" in value and "enum" in value:
            self._report(Code.KEYWORD, place, "'const' stands beside 'enum'", "keep one of the two")
        if any(isinstance(item, dict | list) for item in values):
            self._report(Code.KEYWORD, place, f"'{keyword}' of objects or arrays", "use plain values")
        return tuple(values)

    def _bound(self, source: JsonSource, pointer: str, value: dict[str, Any], word: str) -> int | Decimal | None:
        """The inclusive bound; of integers the nearest one inside."""
        strict = f"exclusive{word.capitalize()}"
        inclusive: int | Decimal | None = value.get(word)
        exclusive: int | Decimal | None = value.get(strict)
        if set(_types(value)) - {"null"} != {"integer"}:
            if exclusive is not None:
                place = source.span(f"{pointer}/{strict}")
                self._report(Code.KEYWORD, place, f"'{strict}' on a type other than integer", f"use '{word}'")
            return inclusive
        inward = 1 if word == "minimum" else -1
        bounds = [] if inclusive is None else [whole_bound(inclusive, word)]
        if exclusive is not None:
            whole = whole_bound(exclusive, word)
            bounds.append(whole + inward if whole == exclusive else whole)
        if not bounds:
            return None
        return max(bounds) if word == "minimum" else min(bounds)

    def _pattern(self, source: JsonSource, pointer: str, value: dict[str, Any]) -> str | None:
        pattern: str | None = value.get("pattern")
        reason = pattern_fault(pattern) if pattern is not None else None
        if reason:
            self._report(Code.PATTERN, source.span(f"{pointer}/pattern"), f"pattern {shown(pattern)}: {reason}")
        return pattern

    def _format(self, source: JsonSource, pointer: str, value: dict[str, Any]) -> str | None:
        name: str | None = value.get("format")
        if name is not None and name not in FORMATS:
            place = source.span(f"{pointer}/format")
            self._report(Code.KEYWORD, place, f"format '{name}' is outside of the profile", suggestion(name, FORMATS))
        return name


def whole_bound(bound: int | Decimal, word: str) -> int:
    """The nearest integer inside a ``minimum`` or ``maximum``."""
    rounding = ROUND_CEILING if word == "minimum" else ROUND_FLOOR
    return int(Decimal(bound).to_integral_value(rounding))


def _types(value: dict[str, Any]) -> tuple[str, ...]:
    declared = value.get("type")
    if declared is not None:
        return (declared,) if isinstance(declared, str) else tuple(sorted(declared))
    constants = [value["const"]] if "const" in value else value.get("enum", ())
    return tuple(sorted({type_of_value(item) for item in constants})) or TYPES
