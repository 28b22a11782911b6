"""The OpenAPI document as one self-contained JSON document: schema files become components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.diagnostics import Code, Diagnostics, Span
from codegen.frontend.json_source import JsonSource
from codegen.frontend.surface import check_surface
from codegen.source import ListNode, MapNode, ScalarNode, load_yaml

if TYPE_CHECKING:
    from codegen.frontend.schema_store import SchemaStore
    from codegen.source import Node

_SCHEMAS = "../schemas/"


def read_openapi(path: str, text: str, store: SchemaStore, diagnostics: Diagnostics) -> dict[str, Any] | None:
    """The document with every schema it refers to below ``components/schemas``; None if it was reported."""
    node = load_yaml(path, text, diagnostics)
    if node is None:
        return None
    if not isinstance(node, MapNode) or "openapi" not in node.members or "paths" not in node.members:
        diagnostics.add(Code.OPENAPI, Span(path, 1, 1), "this is no OpenAPI document: 'openapi' or 'paths' is missing")
        return None
    check_surface(node, diagnostics)
    bundler = _Bundler(path, store, diagnostics)
    document: dict[str, Any] = bundler.rewrite(node)
    components = document.setdefault("components", {})
    if not isinstance(components, dict) or not isinstance(components.get("schemas", {}), dict):
        diagnostics.add(Code.OPENAPI, node.keys["components"].span, "'components' and its 'schemas' must be blocks")
        return None
    components["schemas"] = {**components.get("schemas", {}), **dict(sorted(bundler.components.items()))}
    return document


class _Bundler:
    def __init__(self, path: str, store: SchemaStore, diagnostics: Diagnostics) -> None:
        self._path = path
        self._store = store
        self._diagnostics = diagnostics
        self.components: dict[str, Any] = {}

    def rewrite(self, node: Node) -> Any:
        """The node's value with references to schema files turned into references to components."""
        if isinstance(node, ScalarNode):
            return node.value
        if isinstance(node, ListNode):
            return [self.rewrite(item) for item in node.items]
        value = {key: self.rewrite(member) for key, member in node.members.items()}
        reference = value.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            value["$ref"] = self._component(reference, node.keys["$ref"].span)
        return value

    def _component(self, reference: str, place: Span) -> str:
        source = JsonSource(self._path, "", {"$ref": reference})
        if self._store.resolve(source, "", reference) is None:
            self._diagnostics.add(Code.OPENAPI, place, f"$ref '{reference}' leads to no schema below schemas/")
            return reference
        if self._store.inline(source) is None:
            return reference
        bundle = self._store.bundle(source, "#/components/schemas/")
        for name, definition in bundle["$defs"].items():
            component = {key: value for key, value in definition.items() if key != "$schema"}
            if self.components.setdefault(name, component) != component:
                self._diagnostics.add(Code.OPENAPI, place, f"two different schemas are named '{name}'")
        renamed: str = bundle["$ref"]
        return renamed
