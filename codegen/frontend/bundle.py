"""A schema file with everything that it refers to, as one document."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from codegen.frontend.json_schema import LIST_BELOW, NAMED_BELOW, ONE_BELOW, value_at
from codegen.frontend.json_source import escaped
from codegen.frontend.schema_keywords import is_integral
from codegen.naming import ClassName

if TYPE_CHECKING:
    from codegen.frontend.json_schema import Resolve
    from codegen.frontend.json_source import JsonSource

# A base of its own would change where the references below it lead, and no reference leads to an anchor any more.
_LEFT_OUT = frozenset({"$defs", "$id", "$anchor"})


class Bundler:
    """Bundles one schema; what its `$ref`s name moves into ``$defs``, referred to with ``prefix``."""

    def __init__(self, resolve: Resolve, prefix: str) -> None:
        self._resolve = resolve
        self._prefix = prefix
        self._names: dict[tuple[str, str], str] = {}
        self._definitions: dict[str, Any] = {}

    def bundle(self, source: JsonSource, pointer: str) -> dict[str, Any]:
        """What stands at a pointer; every reference was found to lead somewhere before."""
        schema = value_at(source.value, pointer)
        if isinstance(schema, bool):
            return {} if schema else {"not": {}}
        bundled: dict[str, Any] = self._copy(source, pointer, schema)
        if self._definitions:
            bundled["$defs"] = dict(sorted(self._definitions.items()))
        return bundled

    def _copy(self, source: JsonSource, at: str, schema: Any) -> Any:
        """The schema with its references moved; constants and examples stay as they are."""
        if isinstance(schema, bool):
            return schema
        copied: dict[str, Any] = {}
        for keyword, value in schema.items():
            place = f"{at}/{keyword}"
            if keyword == "$ref":
                copied[keyword] = f"{self._prefix}{self._define(source, at, value)}"
            elif keyword in _LEFT_OUT:
                continue
            elif keyword in ONE_BELOW:
                copied[keyword] = self._copy(source, place, value)
            elif keyword in LIST_BELOW:
                copied[keyword] = [self._copy(source, f"{place}/{index}", item) for index, item in enumerate(value)]
            elif keyword in NAMED_BELOW:
                members = ((name, f"{place}/{escaped(name)}", inner) for name, inner in value.items())
                copied[keyword] = {name: self._copy(source, below, inner) for name, below, inner in members}
            elif keyword == "multipleOf" and isinstance(value, int) and not is_integral(schema):
                # Of an integer the validator would take the remainder in doubles, of a decimal it does not.
                copied[keyword] = Decimal(f"{value}.0")
            else:
                copied[keyword] = value
        return copied

    def _define(self, source: JsonSource, at: str, reference: str) -> str:
        found = self._resolve(source, at, reference)
        assert found is not None, "the reader reports references that lead nowhere"
        target, pointer = found
        place = (target.path, pointer)
        if place not in self._names:
            schema = value_at(target.value, pointer)
            file = PurePosixPath(target.path).name.partition(".")[0]
            # A class name needs no escape in a pointer.
            name = str(ClassName(pointer.rpartition("/")[2] or _title(schema) or file))
            while name in self._definitions:
                name = f"{name}_"
            self._names[place] = name
            self._definitions[name] = None
            self._definitions[name] = self._copy(target, pointer, schema)
        return self._names[place]


def _title(schema: Any) -> str:
    return schema.get("title", "") if isinstance(schema, dict) else ""
