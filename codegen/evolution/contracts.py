"""One side of a comparison: the contracts of a project, read as far as they can be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.compiler import resolve
from codegen.diagnostics import Diagnostics, Severity, Span
from codegen.frontend.json_schema import ANNOTATIONS, LIST_BELOW, NAMED_BELOW, ONE_BELOW, below, value_at
from codegen.frontend.json_source import JsonSource
from codegen.frontend.schema_store import SchemaStore
from codegen.frontend.shared import SharedFiles, is_shared
from codegen.resolve.events import canonical_events
from codegen.source import MapNode, ScalarNode, load_yaml, plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.frontend.json_schema import Schema
    from codegen.ir.project import VendorMapping
    from codegen.resolve.events import CanonicalEvent
    from codegen.source import Node

OPENAPI = "openapi/dvss.yaml"
_MAPPING, _YAML = "mappings/", ".yaml"


class Contracts:
    """What cannot be read is told in ``diagnostics`` and left out."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        """``sources`` holds the text of every contract file by path."""
        self.sources = sources
        self.diagnostics = Diagnostics()
        self.store = SchemaStore(sources, self.diagnostics)
        self.shared = SharedFiles(sources, self.diagnostics)
        self.mappings = {
            path.removeprefix(_MAPPING).removesuffix(_YAML): node
            for path in sorted(sources)
            if path.startswith(_MAPPING) and not is_shared(path)
            if (node := self._node(path)) is not None
        }
        self.openapi = self._node(OPENAPI) if OPENAPI in sources else None
        self._compiled: dict[str, VendorMapping] | None = None

    def _node(self, path: str) -> MapNode | None:
        node = load_yaml(path, self.sources[path], self.diagnostics)
        return node if isinstance(node, MapNode) else None

    def canonical(self) -> Mapping[str, CanonicalEvent]:
        """Every canonical event by ``<Name>@<version>``."""
        return canonical_events(self.store, self.diagnostics)

    def unread(self, prefix: str) -> frozenset[str]:
        """The schema files below ``prefix`` that are there and cannot be read."""
        paths = (path for path in self.store.names() if path.startswith(prefix))
        return frozenset(path for path in paths if self.store.schema(path) is None)

    def payload(self, vendor: str, event: MapNode) -> Schema | None:
        """The schema of an event's payload; None if it cannot be read."""
        node = event.members.get("payload")
        if isinstance(node, MapNode):
            return self.inline(mapping_path(vendor), node)
        return self.store.schema(f"schemas/{node.text}") if isinstance(node, ScalarNode) else None

    def inline(self, path: str, node: MapNode) -> Schema | None:
        """A schema that stands in a YAML file; None if it cannot be read."""
        return self.store.inline(JsonSource(path, "", plain_value(node), node))

    def written(self, schema: Schema, keyword: str) -> Any:
        """What the schema says under a keyword, without words, and with what its references name in their place."""
        return self._expanded(schema.source, schema.pointer, ()).get(keyword)

    def _expanded(self, source: JsonSource, pointer: str, way: tuple[tuple[str, str], ...]) -> Any:
        schema = value_at(source.value, pointer)
        if not isinstance(schema, dict) or (source.path, pointer) in way:
            return schema
        way = (*way, (source.path, pointer))
        said = {keyword: value for keyword, value in schema.items() if keyword not in ANNOTATIONS}
        for keyword in said.keys() & (ONE_BELOW | LIST_BELOW | NAMED_BELOW):
            inner = {path: self._expanded(source, pointer + path, way) for path in below({keyword: said[keyword]})}
            said[keyword] = dict(sorted(inner.items()))
        if isinstance(said.get("$ref"), str):
            found = self.store.resolve(source, pointer, said["$ref"])
            said["$ref"] = self._expanded(*found, way) if found else said["$ref"]
        return said

    def compiled(self, vendor: str) -> VendorMapping | None:
        """The vendor's compiled mapping; None if it does not compile."""
        if self._compiled is None:
            project = resolve(self.sources, None, Diagnostics())
            self._compiled = {} if project is None else {one.vendor: one for one in project.vendors}
        if vendor not in self._compiled and mapping_path(vendor) in self.sources:
            alone = resolve(self.sources, vendor, self.diagnostics)
            self._compiled |= {} if alone is None else {one.vendor: one for one in alone.vendors}
        return self._compiled.get(vendor)

    def faults(self) -> list[str]:
        """What could not be read or compiled so far, a line each."""
        return [str(found) for found in self.diagnostics.sorted() if found.code.severity is Severity.ERROR]


def mapping_path(vendor: str) -> str:
    """The file of a vendor's mapping."""
    return f"{_MAPPING}{vendor}{_YAML}"


def at(node: Node | None, *names: str) -> Node | None:
    """What stands below a node under these keys in turn; None if there is nothing."""
    for name in names:
        node = node.members.get(name) if isinstance(node, MapNode) else None
    return node


def place(node: MapNode, *names: str) -> Span:
    """The place of the last of the keys that is there, or of the node."""
    span = node.span
    below: Node | None = node
    for name in names:
        if not isinstance(below, MapNode) or name not in below.members:
            break
        span = below.keys[name].span
        below = below.members[name]
    return span
