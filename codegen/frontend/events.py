"""The entries of `events:` and their versions."""

from __future__ import annotations

import re
from functools import partial

from codegen.diagnostics import Code, Span
from codegen.frontend.document import EventDocument, VersionDocument
from codegen.frontend.fields import FieldReader
from codegen.frontend.forms import FormError
from codegen.source import ListNode, MapNode, Node, ScalarNode

LANES = ("live", "workflow")
EVENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")
MAX_VERSIONS = 100
_VERSION_KEYS = ("payload", "emits", "filter", "explode", "where", "map")


class EventReader(FieldReader):
    """Reads events; what is reported is left out, so that the rest of the file is looked at too."""

    def events(self, node: Node) -> tuple[EventDocument, ...]:
        """Every event of an `events:` block."""
        if not isinstance(node, MapNode) or not node.members:
            raise self.refuse(Code.WRONG_FORM, node.span, "events must be a block with at least one event")
        events = [
            self.attempt(partial(self._event, name, node.keys[name].span, member))
            for name, member in node.members.items()
        ]
        return tuple(event for event in events if event is not None)

    def _event(self, name: str, span: Span, node: Node) -> EventDocument:
        if not EVENT_NAME.fullmatch(name):
            hint = "1 to 128 letters, digits, '.', '_', '/' and '-', a letter or digit first"
            self.diagnostics.add(Code.WRONG_FORM, span, f"event {name!a} is no usable name", hint)
        what = f"event '{name}'"
        versioned = isinstance(node, MapNode) and "versions" in node.members
        block = self.block(node, what, ("lane", "versions") if versioned else ("lane", *_VERSION_KEYS))
        lane = block.members.get("lane")
        lane_name = self.attempt(lambda: self.choice(lane, "lane", LANES) if lane else LANES[0])
        if versioned:
            versions = self._versions(block.members["versions"], what)
        else:
            versions = (self._version(block, span, what, "", None),)
        if lane_name is None:
            raise FormError
        return EventDocument(name, span, lane_name, versions)

    def _versions(self, node: Node, what: str) -> tuple[VersionDocument, ...]:
        if not isinstance(node, ListNode) or not 0 < len(node.items) <= MAX_VERSIONS:
            message = f"versions must be a list of 1 to {MAX_VERSIONS} blocks, each with a 'version'"
            raise self.refuse(Code.WRONG_FORM, node.span, message)
        versions = [self.attempt(partial(self._named_version, item, what)) for item in node.items]
        read = tuple(version for version in versions if version is not None)
        if len(read) < len(versions):
            raise FormError
        return read

    def _named_version(self, node: Node, what: str) -> VersionDocument:
        block = self.block(node, f"a version of {what}", ("version", "when", *_VERSION_KEYS))
        name = self.member(block, "version", f"a version of {what}")
        version = self.text(name, "version")
        when = block.members.get("when")
        return self._version(block, name.span, f"version '{version}' of {what}", version, when)

    def _version(self, block: MapNode, span: Span, what: str, version: str, when: Node | None) -> VersionDocument:
        given = block.members
        explode, where, kept = given.get("explode"), given.get("where"), given.get("filter")
        if where and not explode:
            self.diagnostics.add(Code.WRONG_FORM, where.span, "'where' stands without 'explode'")
        payload = self.attempt(lambda: self._payload(self.member(block, "payload", what)))
        emits = self.attempt(lambda: self._emits(self.member(block, "emits", what)))
        fields = self.attempt(lambda: self.fields(self.member(block, "map", what)))
        exploded = self.attempt(lambda: self.expression(explode)) if explode else None
        where_predicate, filter_predicate, when_predicate = (
            self.attempt(partial(self.predicate, node)) if node else None for node in (where, kept, when)
        )
        read = (exploded, where_predicate, filter_predicate, when_predicate)
        wanted = (explode, where, kept, when)
        if payload is None or emits is None or fields is None:
            raise FormError
        if any(node and found is None for node, found in zip(wanted, read, strict=True)):
            raise FormError
        return VersionDocument(
            version=version,
            span=span,
            when=when_predicate,
            payload=payload,
            emits=emits,
            filter=filter_predicate,
            explode=exploded,
            where=where_predicate,
            fields=fields,
            fields_span=block.keys["map"].span,
        )

    def _payload(self, node: Node) -> ScalarNode | MapNode:
        if isinstance(node, ListNode):
            raise self.refuse(Code.WRONG_FORM, node.span, "payload must be a schema, or its file below schemas/")
        return node

    def _emits(self, node: Node) -> ScalarNode:
        self.text(node, "emits")
        assert isinstance(node, ScalarNode)
        return node
