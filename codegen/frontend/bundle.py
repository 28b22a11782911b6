"""A schema file with everything that it refers to, as one document."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from codegen.frontend.json_schema import value_at
from codegen.naming import ClassName

if TYPE_CHECKING:
    from codegen.frontend.json_schema import Resolve
    from codegen.frontend.json_source import JsonSource

# A base of its own would change where the references below it lead.
_LEFT_OUT = frozenset({"$defs", "$id"})


class Bundler:
    """Bundles one schema; what its `$ref`s name moves into ``$defs``, referred to with ``prefix``."""

    def __init__(self, resolve: Resolve, prefix: str) -> None:
        self._resolve = resolve
        self._prefix = prefix
        self._names: dict[tuple[str, str], str] = {}
        self._definitions: dict[str, Any] = {}

    def bundle(self, source: JsonSource) -> dict[str, Any]:
        """The document; every reference was found to lead somewhere before."""
        bundled = self._copy(source, source.value)
        if self._definitions:
            bundled["$defs"] = dict(sorted(self._definitions.items()))
        return bundled

    def _copy(self, source: JsonSource, schema: dict[str, Any]) -> dict[str, Any]:
        """The schema with its references moved; constants and examples stay as they are."""
        copied: dict[str, Any] = {}
        for keyword, value in schema.items():
            if keyword == "$ref":
                copied[keyword] = f"{self._prefix}{self._define(source, value)}"
            elif keyword == "items":
                copied[keyword] = self._copy(source, value)
            elif keyword == "properties":
                copied[keyword] = {name: self._copy(source, below) for name, below in value.items()}
            elif keyword not in _LEFT_OUT:
                copied[keyword] = value
        return copied

    def _define(self, source: JsonSource, reference: str) -> str:
        found = self._resolve(source, reference)
        assert found is not None, "the reader reports references that lead nowhere"
        target, pointer = found
        place = (target.path, pointer)
        if place not in self._names:
            schema = value_at(target.value, pointer)
            file = PurePosixPath(target.path).name.partition(".")[0]
            # A class name needs no escape in a pointer.
            name = str(ClassName(pointer.rpartition("/")[2] or schema.get("title") or file))
            while name in self._definitions:
                name = f"{name}_"
            self._names[place] = name
            self._definitions[name] = None
            self._definitions[name] = self._copy(target, schema)
        return self._names[place]
