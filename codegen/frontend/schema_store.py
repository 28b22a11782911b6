"""The schema files of a project."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from codegen.frontend.bundle import Bundler
from codegen.frontend.json_schema import ASSERTIONS, CANONICAL
from codegen.frontend.json_source import load_json
from codegen.frontend.references import SchemaPlaces
from codegen.frontend.schema_form import is_well_formed
from codegen.frontend.schema_reader import SchemaReader

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.diagnostics import Diagnostics
    from codegen.frontend.json_schema import Schema
    from codegen.frontend.json_source import JsonSource


class SchemaStore:
    """Reads each schema file once."""

    def __init__(self, files: Mapping[str, str], diagnostics: Diagnostics) -> None:
        self._files = files
        self._diagnostics = diagnostics
        self._sources: dict[str, JsonSource | None] = {}
        self._schemas: dict[str, Schema | None] = {}
        self._places: dict[JsonSource, SchemaPlaces] = {}

    def names(self) -> list[str]:
        """Every schema file, as the path below the project's root."""
        return sorted(path for path in self._files if path.startswith("schemas/") and path.endswith(".schema.json"))

    def source(self, path: str) -> JsonSource | None:
        """The parsed file, a JSON Schema by its form; None if it does not exist or was reported."""
        if path not in self._sources:
            text = self._files.get(path)
            source = None if text is None else load_json(path, text, self._diagnostics)
            self._sources[path] = source if source and is_well_formed(source, self._diagnostics) else None
        return self._sources[path]

    def schema(self, path: str) -> Schema | None:
        """The typed tree of a file; None if it does not exist or was reported."""
        if path not in self._schemas:
            source = self.source(path)
            self._schemas[path] = self._read(source) if source else None
        return self._schemas[path]

    def inline(self, source: JsonSource) -> Schema | None:
        """The typed tree of a schema that stands in a mapping; None if it was reported."""
        return self._read(source) if is_well_formed(source, self._diagnostics) else None

    def _read(self, source: JsonSource) -> Schema | None:
        keywords = CANONICAL if source.path.startswith("schemas/canonical/") else ASSERTIONS
        return SchemaReader(self.resolve, keywords, self._diagnostics).root(source)

    def bundle(self, source: JsonSource, prefix: str = "#/$defs/", pointer: str = "") -> dict[str, Any]:
        """A sound schema as one self-contained document; what it refers to is under ``$defs``."""
        return Bundler(self.resolve, prefix).bundle(source, pointer)

    def resolve(self, source: JsonSource, at: str, reference: str) -> tuple[JsonSource, str] | None:
        """The source and pointer that a `$ref` in the schema ``at`` of ``source`` names; None if it leads to none."""
        places = self._places_of(source)
        pointer = places.within(at, reference)
        if pointer is not None:
            return source, pointer
        file, _, fragment = reference.partition("#")
        if not file or not places.follows_path(at):
            return None
        joined = _normal(PurePosixPath(source.path).parent / file)
        target = self.source(joined) if joined and joined.startswith("schemas/") else None
        found = self._places_of(target).fragment(fragment) if target else None
        return (target, found) if target and found is not None else None

    def _places_of(self, source: JsonSource) -> SchemaPlaces:
        if source not in self._places:
            self._places[source] = SchemaPlaces(source)
        return self._places[source]


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
