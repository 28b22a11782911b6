"""Where the references of a schema file lead: by pointer, `$anchor`, `$id` or the path of another file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import unquote, urljoin

from codegen.frontend.json_schema import below, value_at

if TYPE_CHECKING:
    from codegen.frontend.json_source import JsonSource


@dataclass(frozen=True, slots=True)
class _Resource:
    """A schema with an `$id` of its own, or the whole file."""

    base: str
    pointer: str


class SchemaPlaces:
    """The places of a well-formed source that are schemas, and the names that they have."""

    def __init__(self, source: JsonSource) -> None:
        self._resources: dict[str, _Resource] = {}
        self._names: dict[str, str] = {}
        # A file without a base of its own still has one that relative references can be joined to.
        level = [("", source.value, _Resource("file:///", ""))]
        while level:
            pointer, schema, resource = level.pop()
            if isinstance(schema, dict):
                if "$id" in schema:
                    resource = _Resource(urljoin(resource.base, schema["$id"]).partition("#")[0], pointer)
                if resource.pointer == pointer:
                    self._names.setdefault(resource.base, pointer)
                if "$anchor" in schema:
                    self._names.setdefault(f"{resource.base}#{schema['$anchor']}", pointer)
            self._resources[pointer] = resource
            level += [(pointer + path, value_at(schema, path), resource) for path in below(schema)]

    def within(self, at: str, reference: str) -> str | None:
        """The pointer that a reference in the schema ``at`` leads to inside this file; None if there is none."""
        resource = self._resources[at]
        base, _, fragment = urljoin(resource.base, reference).partition("#")
        if reference.startswith("#") or not reference:
            base = resource.base
        return self._place(base, unquote(fragment))

    def fragment(self, fragment: str) -> str | None:
        """The pointer that a fragment of the whole file's address leads to; None if there is none."""
        return self._place(self._resources[""].base, unquote(fragment))

    def follows_path(self, at: str) -> bool:
        """Whether a reference in the schema ``at`` may name another file by its path from this one."""
        return self._resources[at].pointer == ""

    def _place(self, base: str, fragment: str) -> str | None:
        if fragment and not fragment.startswith("/"):
            return self._names.get(f"{base}#{fragment}")
        if base not in self._names:
            return None
        pointer = self._names[base] + fragment
        return pointer if pointer in self._resources else None
