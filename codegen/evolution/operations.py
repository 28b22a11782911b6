"""One operation of the HTTP surface: what it takes and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codegen.evolution.contracts import OPENAPI, at, place
from codegen.evolution.rules import Rule
from codegen.evolution.sides import READERS, SENDERS
from codegen.source import ListNode, MapNode, ScalarNode, plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.evolution.changes import Changes
    from codegen.evolution.contracts import Contracts
    from codegen.evolution.differences import Kind
    from codegen.evolution.sides import SchemaSides
    from codegen.frontend.json_schema import Schema
    from codegen.source import Node

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_COMPARED = frozenset({"parameters", "requestBody", "responses", "security"})
_WORDS = frozenset(
    {"summary", "description", "tags", "operationId", "externalDocs", "links", "examples", "example", "deprecated"}
)
_OF_SCHEMA = ("default", "example", "examples")
_SUCCESS = "2"


@dataclass(frozen=True, slots=True)
class Side:
    """One side's contracts and its OpenAPI document."""

    contracts: Contracts
    document: MapNode

    def followed(self, node: Node | None) -> Node | None:
        """The node, or what it refers to inside of the document."""
        reference = at(node, "$ref")
        if isinstance(reference, ScalarNode) and reference.text.startswith("#/"):
            return self.followed(at(self.document, *reference.text.removeprefix("#/").split("/")))
        return node

    def members(self, node: Node | None, *names: str) -> Mapping[str, Node]:
        """What stands below a node, every reference followed."""
        found = self.followed(at(self.followed(node), *names))
        return found.members if isinstance(found, MapNode) else {}

    def schema(self, node: MapNode) -> Schema | None:
        """The typed schema; what is said of it apart from its meaning is left out."""
        kept = {name: below for name, below in node.members.items() if name not in _OF_SCHEMA}
        return self.contracts.inline(OPENAPI, MapNode(node.span, node.keys, kept))


class OperationSides:
    """Compares one operation."""

    def __init__(self, base: Side, head: Side, schemas: SchemaSides, changes: Changes, affected: str) -> None:
        self._base = base
        self._head = head
        self._schemas = schemas
        self._changes = changes
        self._affected = affected
        self._names: tuple[str, ...] = ()

    def compare(self, before: MapNode, after: MapNode, names: tuple[str, ...]) -> None:
        """``names`` lead to the operation in the new document."""
        self._names = names
        self._rest(before, after)
        old, new = _plain(before, "security"), _plain(after, "security")
        if old != new:
            self._add(Rule.SECURITY_CHANGED, ("security",), "another credential is asked for")
        self._parameters(before, after)
        self._body(before, after)
        self._answers(before, after)

    def _add(self, rule: Rule, below: tuple[str, ...], message: str) -> None:
        names = (*self._names, *below)
        self._changes.add(rule, place(self._head.document, *names), "/".join(names), message, self._affected)

    def _rest(self, before: MapNode, after: MapNode) -> None:
        for key in sorted((before.members.keys() | after.members.keys()) - _COMPARED):
            if _plain(before, key) != _plain(after, key):
                rule = Rule.API_REWORDED if key in _WORDS or key.startswith("x-") else Rule.API_UNPROVEN
                self._add(rule, (key,), f"{key} changed")

    def _parameters(self, before: MapNode, after: MapNode) -> None:
        old, new = _by_place(self._base, before), _by_place(self._head, after)
        for name, node in new.items():
            required = _plain(node, "required") is True
            if name not in old:
                rule = Rule.REQUEST_REQUIRED if required else Rule.PARAMETER_ADDED
                self._add(rule, ("parameters",), f"{name} is new{' and required' if required else ''}")
                continue
            self._required(old[name], node, ("parameters",), name)
            self._words(old[name], node, ("parameters",), name)
            self._schema(old[name], node, SENDERS, name)
        for name in old.keys() - new.keys():
            self._add(Rule.PARAMETER_REMOVED, ("parameters",), f"{name} is gone")

    def _required(self, old: Node | None, new: Node | None, below: tuple[str, ...], name: str) -> None:
        before, after = _plain(old, "required") is True, _plain(new, "required") is True
        if before != after:
            rule = Rule.REQUEST_REQUIRED if after else Rule.REQUEST_OPTIONAL
            self._add(rule, below, f"{name} {'is required from now on' if after else 'may be left out'}")

    def _words(self, old: Node, new: Node, below: tuple[str, ...], name: str) -> None:
        apart = ("required", "schema", "content", "headers")
        if worded(old, *apart) != worded(new, *apart):
            self._add(Rule.API_UNPROVEN, below, f"{name} is sent otherwise")
        elif {word: _plain(old, word) for word in _WORDS} != {word: _plain(new, word) for word in _WORDS}:
            self._add(Rule.API_REWORDED, below, f"words of {name} changed")

    def _schema(self, old: Node, new: Node, rules: Mapping[Kind, Rule], name: str) -> None:
        before, after = at(old, "schema"), at(new, "schema")
        if not isinstance(before, MapNode) or not isinstance(after, MapNode):
            if (before is None) != (after is None):
                self._add(Rule.API_UNPROVEN, (), f"the schema of {name} came or went")
            return
        if _plain(before, "default") != _plain(after, "default"):
            self._add(Rule.API_UNPROVEN, (), f"the default of {name} changed")
        head = self._head.schema(after)
        if head is not None:
            self._schemas.compare(self._base.schema(before), head, rules, self._affected)
        elif plain_value(before) != plain_value(after):
            self._add(Rule.API_UNPROVEN, (), f"the schema of {name} changed")

    def _body(self, before: MapNode, after: MapNode) -> None:
        old, new = self._base.followed(at(before, "requestBody")), self._head.followed(at(after, "requestBody"))
        if old is None or new is None:
            if old is not new:
                rule = Rule.MEDIA_TYPE_REMOVED if new is None else Rule.REQUEST_REQUIRED
                self._add(rule, ("requestBody",), f"there is {'no' if new is None else 'a'} body from now on")
            return
        self._required(old, new, ("requestBody",), "the body")
        self._words(old, new, ("requestBody",), "the body")
        self._content(old, new, SENDERS, ("requestBody",), "the body")

    def _content(
        self, old: Node | None, new: Node | None, rules: Mapping[Kind, Rule], below: tuple[str, ...], what: str
    ) -> None:
        before, after = self._base.members(old, "content"), self._head.members(new, "content")
        for kind, node in after.items():
            if kind in before:
                self._schema(before[kind], node, rules, f"{what} as {kind}")
                continue
            self._add(Rule.MEDIA_TYPE_ADDED, below, f"{what} may be {kind}")
        for kind in before.keys() - after.keys():
            self._add(Rule.MEDIA_TYPE_REMOVED, below, f"{what} can no longer be {kind}")

    def _answers(self, before: MapNode, after: MapNode) -> None:
        old, new = self._base.members(before, "responses"), self._head.members(after, "responses")
        known = {status[:1] for status in old}
        for status in new:
            if status not in old:
                rule = Rule.ANSWER_ADDED if status[:1] in known else Rule.ANSWER_NEW_CLASS
                self._add(rule, ("responses", status), f"answer {status} is new")
        for status in old:
            if status not in new:
                rule = Rule.ANSWER_REMOVED if status.startswith(_SUCCESS) else Rule.ERROR_REMOVED
                self._add(rule, ("responses", status), f"answer {status} is gone")
            else:
                self._answer(self._base.followed(old[status]), self._head.followed(new[status]), status)

    def _answer(self, old: Node | None, new: Node | None, status: str) -> None:
        below, what = ("responses", status), f"answer {status}"
        if old is not None and new is not None:
            self._words(old, new, below, what)
        self._content(old, new, READERS, below, what)
        before, after = self._base.members(old, "headers"), self._head.members(new, "headers")
        for name in sorted(before.keys() | after.keys()):
            was, is_ = (
                _always(side, members.get(name)) for side, members in ((self._base, before), (self._head, after))
            )
            if is_ < was:
                self._add(Rule.ANSWER_HEADER_REMOVED, below, f"{what} {_HEADER[is_]} the header {name}")
            elif is_ > was:
                self._add(Rule.ANSWER_HEADER_ADDED, below, f"{what} {_HEADER[is_]} the header {name}")
            if was and is_:
                self._schema(
                    self._base.followed(before[name]) or before[name],
                    self._head.followed(after[name]) or after[name],
                    READERS,
                    name,
                )


_HEADER = ("has no longer", "may have", "always has")


def _always(side: Side, header: Node | None) -> int:
    """0 there is none, 1 it may be there, 2 it always is: an index of the words for it."""
    if header is None:
        return 0
    return 2 if _plain(side.followed(header), "required") is True else 1


def _by_place(side: Side, operation: MapNode) -> dict[str, Node]:
    """The parameters by where they are and what they are called."""
    listed = at(operation, "parameters")
    found = {}
    for item in listed.items if isinstance(listed, ListNode) else ():
        node = side.followed(item)
        if node is not None:
            found[f"{_plain(node, 'in')} parameter '{_plain(node, 'name')}'"] = node
    return found


def _plain(node: Node | None, key: str) -> Any:
    below = at(node, key)
    return None if below is None else plain_value(below)


def worded(node: Node, *apart: str) -> Any:
    """The node's value without its words and without what is compared apart."""
    value = plain_value(node)
    return {key: below for key, below in value.items() if key not in _WORDS and key not in apart}
