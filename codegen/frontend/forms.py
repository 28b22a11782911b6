"""Checks of the form of a mapping's nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, Span, suggestion
from codegen.frontend.expression import parse_expression, parse_predicate
from codegen.source import MapNode, ScalarNode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from codegen.frontend.syntax import Expression, Predicate
    from codegen.source import Node


class FormError(Exception):
    """The block was reported; nothing can be made of it."""


class FormReader:
    """Takes nodes of the form that is asked for and reports all others."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self.diagnostics = diagnostics

    def refuse(self, code: Code, span: Span, message: str, hint: str = "") -> FormError:
        """The error to raise, reported."""
        self.diagnostics.add(code, span, message, hint)
        return FormError()

    def attempt[Read](self, read: Callable[[], Read]) -> Read | None:
        """What ``read`` gives; None if it was reported, so that the rest of the file is looked at too."""
        try:
            return read()
        except FormError:
            return None

    def block(self, node: Node, what: str, keys: Iterable[str]) -> MapNode:
        """A block; keys that are not known are reported and passed over."""
        if not isinstance(node, MapNode):
            raise self.refuse(Code.WRONG_FORM, node.span, f"{what} must be a block of keys")
        known = set(keys)
        for key, key_node in node.keys.items():
            if key not in known:
                hint = suggestion(key, known)
                self.diagnostics.add(Code.UNKNOWN_KEY, key_node.span, f"{what} has no key '{key}'", hint)
        return node

    def member(self, node: MapNode, key: str, what: str) -> Node:
        """A member that must be there."""
        if key not in node.members:
            raise self.refuse(Code.WRONG_FORM, node.span, f"{what} has no '{key}'", f"add `{key}:`")
        return node.members[key]

    def text(self, node: Node, what: str) -> str:
        """A text that is not empty."""
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.value:
            raise self.refuse(Code.WRONG_FORM, node.span, f"{what} must be a text")
        return node.value

    def choice(self, node: Node, what: str, known: Iterable[str]) -> str:
        """One of a few words."""
        text = self.text(node, what)
        if text not in known:
            raise self.refuse(Code.WRONG_FORM, node.span, f"{what} '{text}' is not known", suggestion(text, known))
        return text

    def integer(self, node: Node, what: str, low: int, high: int) -> int:
        """A whole number within bounds."""
        value = node.value if isinstance(node, ScalarNode) else None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.refuse(Code.WRONG_FORM, node.span, f"{what} must be an integer from {low:,} to {high:,}")
        return value

    def expression(self, node: Node) -> Expression:
        """An expression that can be read."""
        if not isinstance(node, ScalarNode):
            raise self.refuse(Code.WRONG_FORM, node.span, "an expression must stand here")
        expression = parse_expression(node, self.diagnostics)
        if expression is None:
            raise FormError
        return expression

    def predicate(self, node: Node) -> Predicate:
        """A predicate that can be read."""
        if not isinstance(node, ScalarNode):
            raise self.refuse(Code.WRONG_FORM, node.span, "a predicate must stand here")
        predicate = parse_predicate(node, self.diagnostics)
        if predicate is None:
            raise FormError
        return predicate
