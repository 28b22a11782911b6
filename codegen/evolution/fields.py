"""The fields of an event as the mapping has them, fragments followed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.evolution.contracts import at
from codegen.source import ListNode, MapNode, ScalarNode

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.evolution.contracts import Contracts
    from codegen.source import Node


def written_fields(contracts: Contracts, vendor: str, version: MapNode) -> Mapping[str, Node]:
    """What stands behind each field of a version's `map:`."""
    return dict(_fields(contracts, vendor, at(version, "map")))


def _fields(contracts: Contracts, vendor: str, node: Node | None) -> Iterator[tuple[str, Node]]:
    if isinstance(node, MapNode):
        yield from node.members.items()
    elif isinstance(node, ListNode):
        for item in node.items:
            yield from _fields(contracts, vendor, item)
    elif isinstance(node, ScalarNode):
        fragment = at(contracts.mappings[vendor], "fragments", node.text)
        content = contracts.shared.resolve(fragment, {}) if fragment else None
        yield from content.members.items() if isinstance(content, MapNode) else ()
