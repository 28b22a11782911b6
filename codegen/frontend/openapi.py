"""The OpenAPI document as one self-contained JSON document: schema files become components."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.diagnostics import Code, Diagnostics, Span
from codegen.source import MapNode, load_yaml, plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.frontend.json_schema import SchemaStore

_SCHEMAS = "../schemas/"


def read_openapi(path: str, text: str, store: SchemaStore, diagnostics: Diagnostics) -> dict[str, Any] | None:
    """The document with every schema it refers to below ``components/schemas``; None if it was reported."""
    node = load_yaml(path, text, diagnostics)
    if node is None:
        return None
    if not isinstance(node, MapNode) or "openapi" not in node.members or "paths" not in node.members:
        diagnostics.add(Code.OPENAPI, Span(path, 1, 1), "this is no OpenAPI document: 'openapi' or 'paths' is missing")
        return None
    bundler = _Bundler(path, store, diagnostics)
    document: dict[str, Any] = bundler.rewrite(plain_value(node), "#")
    components = document.setdefault("components", {})
    components["schemas"] = {**components.get("schemas", {}), **dict(sorted(bundler.components.items()))}
    return document


class _Bundler:
    def __init__(self, path: str, store: SchemaStore, diagnostics: Diagnostics) -> None:
        self._path = path
        self._store = store
        self._diagnostics = diagnostics
        self.components: dict[str, Any] = {}

    def _report(self, message: str) -> None:
        self._diagnostics.add(Code.OPENAPI, Span(self._path, 1, 1), message)

    def rewrite(self, value: Any, at: str) -> Any:
        """The value with references to schema files turned into references to components."""
        if isinstance(value, list):
            return [self.rewrite(item, at) for item in value]
        if not isinstance(value, dict):
            return value
        reference = value.get("$ref")
        if isinstance(reference, str) and not reference.startswith("#"):
            return {**value, "$ref": self._component(reference)}
        return {key: self.rewrite(item, f"{at}/{key}") for key, item in value.items()}

    def _component(self, reference: str) -> str:
        file, _, pointer = reference.partition("#")
        source = self._store.source(f"schemas/{file.removeprefix(_SCHEMAS)}") if file.startswith(_SCHEMAS) else None
        if source is None or (pointer and not pointer.startswith("/$defs/")):
            self._report(f"$ref '{reference}' leads to no file below schemas/")
            return reference
        bundle = self._store.bundle(source)
        definitions: Mapping[str, Any] = {**source.value.get("$defs", {}), **bundle.pop("$defs", {})}
        for name, definition in definitions.items():
            self._add(name, definition)
        if pointer:
            return f"#/components/schemas/{pointer.removeprefix('/$defs/')}"
        name = bundle.get("title", file.rpartition("/")[2].partition(".")[0])
        self._add(name, bundle)
        return f"#/components/schemas/{name}"

    def _add(self, name: str, schema: Mapping[str, Any]) -> None:
        hidden = ("$schema", "$id")
        component = {key: _hoist(value) for key, value in schema.items() if key not in hidden}
        if self.components.setdefault(name, component) != component:
            self._report(f"two different schemas are named '{name}'")


def _hoist(value: Any) -> Any:
    if isinstance(value, list):
        return [_hoist(item) for item in value]
    if isinstance(value, dict):
        return {key: _hoist(item) for key, item in value.items()}
    if isinstance(value, str) and value.startswith("#/$defs/"):
        return f"#/components/schemas/{value.removeprefix('#/$defs/')}"
    return value
