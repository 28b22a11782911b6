"""Fragments: blocks of fields with a name, written once and used in several places."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codegen.source import Node, ScalarNode


class Fragments:
    """The fragments of one mapping."""

    def __init__(self, nodes: Mapping[str, Node], diagnostics: Diagnostics) -> None:
        self._nodes = nodes
        self._diagnostics = diagnostics
        self._open: list[str] = []
        self.used: set[str] = set()

    @contextmanager
    def opened(self, name: ScalarNode) -> Iterator[Node | None]:
        """The fragment while it is read; None if it was reported."""
        node = self._nodes.get(name.text)
        if node is None:
            hint = suggestion(name.text, self._nodes) or "write it under `fragments:`"
            self._diagnostics.add(Code.UNKNOWN_SHARED, name.span, f"there is no fragment '{name.text}'", hint)
        elif name.text in self._open:
            way = " -> ".join((*self._open[self._open.index(name.text) :], name.text))
            self._diagnostics.add(Code.FRAGMENT_CYCLE, name.span, f"fragments in a circle: {way}", "cut it")
            node = None
        self.used.add(name.text)
        self._open.append(name.text)
        yield node
        self._open.pop()
