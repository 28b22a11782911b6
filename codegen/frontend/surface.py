"""What is asked of the OpenAPI document beyond its schemas: what the emitters rely on, and what API Gateway imports."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics
from codegen.source import ListNode, MapNode, ScalarNode

if TYPE_CHECKING:
    from codegen.diagnostics import Span
    from codegen.source import Node

_METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_PATH = re.compile(r"(?:/(?:[A-Za-z0-9._,:-]+|\{[A-Za-z0-9._-]+\}))+")
_STATUSES = frozenset(str(status.value) for status in HTTPStatus)


def check_surface(document: MapNode, diagnostics: Diagnostics) -> None:
    """Report what is missing or of another form; nothing else of the document is judged."""
    _Surface(diagnostics).check(document)


class _Surface:
    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics

    def check(self, document: MapNode) -> None:
        info = self._block(document, "info")
        if info is not None:
            self._text(info, "title")
            self._text(info, "version")
        paths = self._block(document, "paths")
        if paths is not None:
            self._paths(paths)

    def _paths(self, paths: MapNode) -> None:
        for path, item in paths.members.items():
            if not _PATH.fullmatch(path):
                message = f"path '{path}': a segment is letters, digits and '._,:-', or a parameter alone in braces"
                self._refuse(paths.keys[path].span, message)
            block = self._as_block(item, f"path '{path}'")
            if block is not None:
                for method in block.members:
                    self._operation(block, method)

    def _operation(self, item: MapNode, method: str) -> None:
        if method not in _METHODS:
            known = ", ".join(sorted(_METHODS))
            self._refuse(item.keys[method].span, f"'{method}' is no method; a path holds {known}")
            return
        operation = self._as_block(item.members[method], f"'{method}'")
        if operation is None:
            return
        self._text(operation, "operationId")
        responses = self._block(operation, "responses")
        if responses is not None:
            self._responses(responses)
        # Without it a route would be open to anyone by oversight.
        security = self._member(operation, "security")
        if security is not None and not (isinstance(security, ListNode) and all(map(_is_schemes, security.items))):
            self._refuse(security.span, "'security' must be a list of schemes, each with a list: 'vendorKey: []'")

    def _responses(self, responses: MapNode) -> None:
        for status, answer in responses.members.items():
            if status not in _STATUSES:
                self._refuse(responses.keys[status].span, f"'{status}' is no status of an answer")
            self._as_block(answer, f"answer '{status}'")

    def _member(self, block: MapNode, name: str) -> Node | None:
        member = block.members.get(name)
        if member is None:
            self._refuse(block.span, f"'{name}' is missing")
        return member

    def _text(self, block: MapNode, name: str) -> None:
        member = self._member(block, name)
        if member is not None and not (isinstance(member, ScalarNode) and isinstance(member.value, str)):
            self._refuse(member.span, f"'{name}' must be text")

    def _block(self, block: MapNode, name: str) -> MapNode | None:
        member = self._member(block, name)
        return None if member is None else self._as_block(member, f"'{name}'")

    def _as_block(self, node: Node, what: str) -> MapNode | None:
        if isinstance(node, MapNode):
            return node
        self._refuse(node.span, f"{what} must be a block")
        return None

    def _refuse(self, span: Span, message: str) -> None:
        self._diagnostics.add(Code.OPENAPI, span, message)


def _is_schemes(node: Node) -> bool:
    return isinstance(node, MapNode) and all(isinstance(scopes, ListNode) for scopes in node.members.values())
