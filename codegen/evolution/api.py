"""The HTTP surface, by those who call it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codegen.diagnostics import Span
from codegen.evolution.contracts import OPENAPI, at, place
from codegen.evolution.operations import METHODS, OperationSides, Side, worded
from codegen.evolution.rules import Rule
from codegen.source import ListNode, MapNode

if TYPE_CHECKING:
    from codegen.evolution.changes import Changes
    from codegen.evolution.contracts import Contracts
    from codegen.evolution.sides import SchemaSides


def compare_api(base: Contracts, head: Contracts, schemas: SchemaSides, changes: Changes) -> None:
    """Every operation of both sides; a base without the document says nothing of it."""
    if OPENAPI not in base.sources or head.openapi is None:
        return
    if base.openapi is None:
        message = "the base's document cannot be read, so that nothing is known of what changed"
        changes.add(Rule.API_UNPROVEN, Span(OPENAPI, 1, 1), "", message, "every caller")
        return
    before, after = _operations(base.openapi), _operations(head.openapi)
    for name, (path, method, operation) in after.items():
        if name not in before:
            span = place(head.openapi, "paths", path, method)
            changes.add(Rule.PATH_ADDED, span, f"paths/{path}/{method}", f"{name} is new", _callers(name))
            continue
        sides = OperationSides(Side(base, base.openapi), Side(head, head.openapi), schemas, changes, _callers(name))
        sides.compare(before[name][2], operation, ("paths", path, method))
    for name, (path, method, _) in before.items():
        if name not in after:
            span = place(head.openapi, "paths", path)
            changes.add(Rule.PATH_REMOVED, span, f"paths/{path}/{method}", f"{name} is gone", _callers(name))
    _security_schemes(base.openapi, head.openapi, changes)


def _operations(document: MapNode) -> dict[str, tuple[str, str, MapNode]]:
    paths = at(document, "paths")
    return {
        f"{method.upper()} {path}": (path, method, _with_shared(item, operation))
        for path, item in (paths.members.items() if isinstance(paths, MapNode) else ())
        if isinstance(item, MapNode)
        for method, operation in item.members.items()
        if method in METHODS and isinstance(operation, MapNode)
    }


def _with_shared(path: MapNode, operation: MapNode) -> MapNode:
    """The operation with the parameters that its path has for all."""
    shared, own = at(path, "parameters"), at(operation, "parameters")
    if not isinstance(shared, ListNode):
        return operation
    items = (*shared.items, *(own.items if isinstance(own, ListNode) else ()))
    return replace(operation, members={**operation.members, "parameters": replace(shared, items=items)})


def _callers(name: str) -> str:
    return f"callers of {name}"


def _security_schemes(base: MapNode, head: MapNode, changes: Changes) -> None:
    """What a scheme is, apart from its words; which of them an operation asks for is the operation's."""
    names = ("components", "securitySchemes")
    before, after = at(base, *names), at(head, *names)
    for name, old in before.members.items() if isinstance(before, MapNode) else ():
        new = at(after, name)
        if new is not None and worded(old) != worded(new):
            span = place(head, *names, name)
            message = f"the credential '{name}' is sent otherwise"
            changes.add(Rule.SECURITY_CHANGED, span, "/".join((*names, name)), message, "every caller who has one")
