"""Which version of a vendor's event on one side is which on the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.evolution.contracts import at
from codegen.source import ListNode, MapNode, ScalarNode, plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.source import Node

ONLY = ""
"""Names the form of an event that has no versions."""


@dataclass(frozen=True, slots=True)
class Versions:
    """The versions of one event on both sides."""

    kept: Sequence[tuple[str, str, MapNode, MapNode]]
    removed: Sequence[str]
    added: Sequence[tuple[str, MapNode]]


def paired_versions(before: Node | None, after: MapNode) -> Versions:
    """Each old version with the new one that takes its payloads."""
    old, new = _versions(before), _versions(after)
    successor = {version: version for version in old if version in new}
    if ONLY in old and ONLY not in new:
        successor[ONLY] = _heir(old[ONLY], new)
    return Versions(
        kept=[
            (version, successor[version], node, new[successor[version]])
            for version, node in old.items()
            if version in successor
        ],
        removed=[version or "without a name" for version in old if version not in successor],
        added=[
            (version or "without a name", node) for version, node in new.items() if version not in successor.values()
        ],
    )


def _versions(event: Node | None) -> dict[str, MapNode]:
    listed = at(event, "versions")
    if not isinstance(listed, ListNode):
        return {ONLY: event} if isinstance(event, MapNode) else {}
    found = {}
    for item in listed.items:
        name = at(item, "version")
        if isinstance(item, MapNode) and isinstance(name, ScalarNode):
            found[name.text] = item
    return found


def _heir(only: MapNode, versions: Mapping[str, MapNode]) -> str:
    """The version that an event without versions became: by its payload, else the one taken if nothing else is."""
    payload = at(only, "payload")
    for version, node in versions.items():
        theirs = at(node, "payload")
        if payload is not None and theirs is not None and plain_value(theirs) == plain_value(payload):
            return version
    return next((version for version, node in versions.items() if "when" not in node.members), next(iter(versions)))
