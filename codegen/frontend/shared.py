"""Parts of a mapping that may stand in a file of their own below mappings/."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.source import ScalarNode, load_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.source import Node

ROOT = "mappings/"


class SharedFiles:
    """The files below folders of mappings/, each parsed once."""

    def __init__(self, sources: Mapping[str, str], diagnostics: Diagnostics) -> None:
        self._sources = {path: text for path, text in sources.items() if is_shared(path)}
        self._diagnostics = diagnostics
        self._nodes: dict[str, Node | None] = {}

    def resolve(self, node: Node, used: dict[str, Node]) -> Node | None:
        """The node itself, or the content of the file that it names, kept in ``used``; None if it was reported."""
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str):
            return node
        path = f"{ROOT}{node.text}"
        if path not in self._sources:
            hint = suggestion(node.text, [known.removeprefix(ROOT) for known in self._sources])
            self._diagnostics.add(Code.UNKNOWN_SHARED, node.span, f"there is no {path}", hint)
            return None
        if path not in self._nodes:
            self._nodes[path] = load_yaml(path, self._sources[path], self._diagnostics)
        found = self._nodes[path]
        if found is not None:
            used[path] = found
        return found


def is_shared(path: str) -> bool:
    """Whether a source is a part of mappings and no mapping itself."""
    return path.startswith(ROOT) and "/" in path.removeprefix(ROOT)
