"""The mapping file: YAML nodes to a typed document. Form is checked here, meaning in ``codegen.resolve``."""

from __future__ import annotations

import re

from codegen.diagnostics import Code, Diagnostics, Span
from codegen.frontend.document import EventDocument, MappingDocument, WebhookDocument
from codegen.frontend.fields import FieldReader
from codegen.frontend.forms import FormError
from codegen.frontend.syntax import Path
from codegen.source import ListNode, MapNode, Node, ScalarNode

SCHEMES = ("api-key", "shopify", "square", "standard-webhooks", "stripe")
LANES = ("live", "workflow")
VENDOR_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
EVENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")
DEFAULT_PAYLOAD_BYTES = 262_144
MAX_PAYLOAD_BYTES = 1_048_576


def read_mapping(path: str, node: Node, diagnostics: Diagnostics) -> MappingDocument | None:
    """The typed document of one mapping file; None if its form was reported as unusable."""
    try:
        return _Reader(path, diagnostics).mapping(node)
    except FormError:
        return None


class _Reader(FieldReader):
    def __init__(self, path: str, diagnostics: Diagnostics) -> None:
        super().__init__(diagnostics)
        self._path = path

    def mapping(self, node: Node) -> MappingDocument:
        """What is reported gets a stand-in, so that the rest of the file is looked at too."""
        keys = ("vendor", "name", "priority", "contact", "authentication", "limits", "webhook", "events")
        root = self.block(node, "a mapping", keys)
        contact, webhook = root.members.get("contact"), root.members.get("webhook")
        vendor = self.attempt(lambda: self._vendor(self._of(root, "vendor")))
        name = self.attempt(lambda: self.text(self._of(root, "name"), "name"))
        priority = self.attempt(lambda: self.integer(self._of(root, "priority"), "priority", 0, 1_000_000))
        known_as = self.attempt(lambda: self.text(contact, "contact") if contact else "")
        scheme = self.attempt(lambda: self._scheme(self._of(root, "authentication"), has_webhook=webhook is not None))
        limits = self.attempt(lambda: self._limits(self._of(root, "limits")))
        envelope = self.attempt(lambda: self._webhook(webhook)) if webhook else None
        events = self.attempt(lambda: self._events(self._of(root, "events")))
        requests_per_second, burst, max_payload_bytes = limits or (1, 1, DEFAULT_PAYLOAD_BYTES)
        return MappingDocument(
            path=self._path,
            vendor=vendor or self._path.removeprefix("mappings/").removesuffix(".yaml"),
            vendor_span=root.members["vendor"].span if vendor else root.span,
            name=name or "",
            priority=priority or 0,
            contact=known_as or "",
            scheme=scheme or SCHEMES[0],
            requests_per_second=requests_per_second,
            burst=burst,
            max_payload_bytes=max_payload_bytes,
            webhook=envelope,
            events=events or (),
        )

    def _of(self, root: MapNode, key: str) -> Node:
        return self.member(root, key, "the mapping")

    def _vendor(self, node: Node) -> str:
        vendor = self.text(node, "vendor")
        if not VENDOR_NAME.fullmatch(vendor):
            hint = "1 to 64 letters, digits, '_' and '-', a letter first"
            raise self.refuse(Code.WRONG_FORM, node.span, f"vendor {vendor!a} is no usable id", hint)
        if self._path != f"mappings/{vendor}.yaml":
            message = f"the file of vendor '{vendor}' must be mappings/{vendor}.yaml"
            self.diagnostics.add(Code.WRONG_FORM, node.span, message, "rename one of the two")
        return vendor

    def _scheme(self, node: Node, *, has_webhook: bool) -> str:
        block = self.block(node, "authentication", ("scheme",))
        scheme_node = self.member(block, "scheme", "authentication")
        scheme = self.choice(scheme_node, "scheme", SCHEMES)
        if (scheme == "api-key") == has_webhook:
            message = f"scheme '{scheme}' {'takes no' if has_webhook else 'needs a'} webhook block"
            hint = "a native webhook needs a signature scheme; the envelope API takes api-key"
            self.diagnostics.add(Code.WRONG_FORM, scheme_node.span, message, hint)
        return scheme

    def _limits(self, node: Node) -> tuple[int, int, int]:
        block = self.block(node, "limits", ("requests_per_second", "burst", "max_payload_bytes"))
        size = block.members.get("max_payload_bytes")
        rate = self.member(block, "requests_per_second", "limits")
        return (
            self.integer(rate, "requests_per_second", 1, 1_000_000),
            self.integer(self.member(block, "burst", "limits"), "burst", 1, 1_000_000),
            self.integer(size, "max_payload_bytes", 1, MAX_PAYLOAD_BYTES) if size else DEFAULT_PAYLOAD_BYTES,
        )

    def _webhook(self, node: Node) -> WebhookDocument:
        keys = ("event_type", "external_event_id", "occurred_at", "digest_without", "ignore")
        block = self.block(node, "webhook", keys)
        ignore = block.members.get("ignore", ListNode(node.span, ()))
        without = block.members.get("digest_without", ListNode(node.span, ()))
        if not isinstance(ignore, ListNode) or not isinstance(without, ListNode):
            raise self.refuse(Code.WRONG_FORM, node.span, "ignore and digest_without must be lists")
        return WebhookDocument(
            span=node.span,
            event_type=self.expression(self.member(block, "event_type", "webhook")),
            external_event_id=self.expression(self.member(block, "external_event_id", "webhook")),
            occurred_at=self.expression(self.member(block, "occurred_at", "webhook")),
            digest_without=tuple(self._digest_path(item) for item in without.items),
            ignore=tuple(self.text(item, "an ignored event type") for item in ignore.items),
        )

    def _digest_path(self, node: Node) -> tuple[str, ...]:
        expression = self.expression(node)
        path = expression.operands[0]
        plain = len(expression.operands) == 1 and not expression.steps and not expression.outcomes
        if plain and isinstance(path, Path) and path.root == "body" and path.segments:
            names = tuple(name for name in path.segments if isinstance(name, str))
            if len(names) == len(path.segments):
                return names
        raise self.refuse(Code.WRONG_FORM, node.span, "digest_without lists paths of names like body.attempt")

    def _events(self, node: Node) -> tuple[EventDocument, ...]:
        if not isinstance(node, MapNode) or not node.members:
            raise self.refuse(Code.WRONG_FORM, node.span, "events must be a block with at least one event")
        events = [self._event(name, node.keys[name].span, member) for name, member in node.members.items()]
        return tuple(event for event in events if event is not None)

    def _event(self, name: str, span: Span, node: Node) -> EventDocument | None:
        if not EVENT_NAME.fullmatch(name):
            hint = "1 to 128 letters, digits, '.', '_', '/' and '-', a letter or digit first"
            self.diagnostics.add(Code.WRONG_FORM, span, f"event {name!a} is no usable name", hint)
        what = f"event '{name}'"
        block = self.attempt(lambda: self.block(node, what, ("payload", "emits", "lane", "explode", "where", "map")))
        if block is None:
            return None
        lane, explode, where = (block.members.get(key) for key in ("lane", "explode", "where"))
        if where and not explode:
            self.diagnostics.add(Code.WRONG_FORM, where.span, "'where' stands without 'explode'")
        payload = self.attempt(lambda: self._payload(self.member(block, "payload", what)))
        emits = self.attempt(lambda: self._emits(self.member(block, "emits", what)))
        lane_name = self.attempt(lambda: self.choice(lane, "lane", LANES) if lane else LANES[0])
        fields = self.attempt(lambda: self.fields(self.member(block, "map", what)))
        exploded = self.attempt(lambda: self.expression(explode)) if explode else None
        kept = self.attempt(lambda: self.predicate(where)) if where else None
        if payload is None or emits is None or lane_name is None or fields is None:
            return None
        if (explode and exploded is None) or (where and kept is None):
            return None
        return EventDocument(
            name=name,
            span=span,
            payload=payload,
            emits=emits,
            lane=lane_name,
            explode=exploded,
            where=kept,
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
