"""Schemas as the run time, the model generator and the pages need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jsonschema_rs

from codegen.diagnostics import Code, Diagnostics
from codegen.frontend.json_schema import TYPES
from codegen.frontend.json_source import escaped
from codegen.ir.project import ContractSchema, FieldDoc
from codegen.naming import ClassName, model_module

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.frontend.json_schema import Schema
    from codegen.frontend.json_source import JsonSource
    from codegen.frontend.schema_store import SchemaStore


class ContractCompiler:
    """Makes each contract once, under a name that no other has."""

    def __init__(self, store: SchemaStore, diagnostics: Diagnostics) -> None:
        self._store = store
        self._diagnostics = diagnostics
        self._contracts: dict[str, ContractSchema] = {}
        self._sources: dict[str, JsonSource] = {}

    def all(self) -> tuple[ContractSchema, ...]:
        """Every contract, sorted by name."""
        return tuple(self._contracts[name] for name in sorted(self._contracts))

    def bundle(self, name: str) -> Mapping[str, Any]:
        """The self-contained schema of a contract."""
        return self._contracts[name].bundle

    def add(self, name: str, source: JsonSource, schema: Schema) -> None:
        """Keep a contract, the whole of ``source``; two events may share one schema file."""
        earlier = self._sources.setdefault(model_module(name), source)
        if earlier is not source:
            message = f"schema '{name}' gets the same name in generated code as the one at {earlier.span('')}"
            self._diagnostics.add(Code.NAME_CLASH, source.span(""), message, "rename one of the two")
        if name in self._contracts:
            return
        title = schema.title or str(ClassName(name.rpartition("/")[2]))
        bundle = {"title": title, **self._store.bundle(source)}
        try:
            jsonschema_rs.Draft202012Validator(bundle, validate_formats=True, offline=True)
        except jsonschema_rs.ValidationError as error:
            message = f"the validator refuses the schema: {error.message}"
            self._diagnostics.add(Code.KEYWORD, source.span(""), message)
        self._contracts[name] = ContractSchema(
            name=name,
            title=title,
            description=schema.description,
            bundle=bundle,
            fields=tuple(_fields(schema, "")),
            span=source.span(""),
        )


def _fields(schema: Schema, pointer: str) -> Iterator[FieldDoc]:
    for name, below in schema.properties.items():
        at = f"{pointer}/{escaped(name)}"
        yield FieldDoc(at, _describe(below), name in schema.required, below.sensitive, below.description)
        yield from _fields(below, at)
        if below.items is not None:
            yield from _fields(below.items, f"{at}/*")
        if below.additional is not None:
            of_any = below.additional
            yield FieldDoc(f"{at}/*", _describe(of_any), False, of_any.sensitive, of_any.description)  # noqa: FBT003
            yield from _fields(of_any, f"{at}/*")
        if below.content is not None:
            yield from _fields(below.content, at)


def _describe(schema: Schema) -> str:
    words = "anything" if schema.types == TYPES else " or ".join(schema.types) or "nothing"
    if schema.format:
        words += f" ({schema.format})"
    if schema.enum is not None:
        words += f": {', '.join(map(str, schema.enum))}"
    return words
