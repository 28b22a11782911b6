"""Which contract files one mapping is made of."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from codegen.diagnostics import Diagnostics
from codegen.source import ListNode, MapNode, ScalarNode, load_yaml

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.ir.project import VendorMapping
    from codegen.source import Node


def files_of(vendor: VendorMapping, sources: Mapping[str, str]) -> tuple[str, ...]:
    """The mapping's file and every other that determines what it does, sorted."""
    canonical = {version.canonical_schema for event in vendor.events for version in event.versions}
    waiting = [vendor.path, *(f"schemas/{name}.schema.json" for name in canonical)]
    found: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in sources and path not in found:
            found.add(path)
            # JSON is YAML but for its tabs.
            node = load_yaml(path, sources[path].replace("\t", " "), Diagnostics())
            waiting += [] if node is None else _named(path, node)
    return tuple(sorted(found))


def _named(path: str, node: Node) -> Iterator[str]:
    """What any text of a file would name as a file, in each way that contracts name others."""
    for text in _texts(node):
        file = text.partition("#")[0]
        if file:
            yield f"schemas/{file}"
            yield f"mappings/{file}"
            yield posixpath.normpath(posixpath.join(posixpath.dirname(path), file))


def _texts(node: Node) -> Iterator[str]:
    if isinstance(node, ScalarNode):
        yield node.text
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _texts(item)
    elif isinstance(node, MapNode):
        for below in node.members.values():
            yield from _texts(below)
