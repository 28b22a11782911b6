"""The mapping file: YAML nodes to a typed document. Form is checked here, meaning in ``codegen.resolve``."""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics
from codegen.frontend.document import LookupDocument, MappingDocument, WebhookDocument
from codegen.frontend.events import EventReader
from codegen.frontend.forms import FormError
from codegen.frontend.fragments import Fragments
from codegen.frontend.syntax import Path
from codegen.source import ListNode, MapNode, Node

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.frontend.shared import SharedFiles

SCHEMES = (
    "api-key",
    "adyen",
    "hmac",
    "paypal",
    "shopify",
    "square",
    "standard-webhooks",
    "stripe",
    "woocommerce",
)
KEYS = (
    "vendor", "name", "priority", "contact", "authentication", "limits", "webhook", "lookups", "fragments", "events",
)  # fmt: skip
VENDOR_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
TABLE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
DEFAULT_PAYLOAD_BYTES = 262_144
MAX_PAYLOAD_BYTES = 1_048_576


def read_mapping(path: str, node: Node, shared: SharedFiles, diagnostics: Diagnostics) -> MappingDocument | None:
    """The typed document of one mapping file; None if its form was reported as unusable."""
    used: dict[str, Node] = {}
    parts = {}
    for kind in ("fragments", "lookups"):
        listed = node.members.get(kind) if isinstance(node, MapNode) else None
        members = listed.members if isinstance(listed, MapNode) else {}
        resolved = {name: shared.resolve(member, used) for name, member in members.items()}
        parts[kind] = {name: found for name, found in resolved.items() if found is not None}
    try:
        reader = _Reader(path, Fragments(parts["fragments"], diagnostics), diagnostics)
        return reader.mapping(node, parts["lookups"], used)
    except FormError:
        return None


class _Reader(EventReader):
    def __init__(self, path: str, fragments: Fragments, diagnostics: Diagnostics) -> None:
        super().__init__(diagnostics, fragments)
        self._path = path

    def mapping(self, node: Node, tables: Mapping[str, Node], shared: Mapping[str, Node]) -> MappingDocument:
        """What is reported gets a stand-in, so that the rest of the file is looked at too."""
        root = self.block(node, "a mapping", KEYS)
        for kind in ("fragments", "lookups"):
            if kind in root.members:
                self.attempt(partial(self.block_of_names, root.members[kind], kind))
        contact, webhook = root.members.get("contact"), root.members.get("webhook")
        vendor = self.attempt(lambda: self._vendor(self._of(root, "vendor")))
        name = self.attempt(lambda: self.text(self._of(root, "name"), "name"))
        priority = self.attempt(lambda: self.integer(self._of(root, "priority"), "priority", 0, 1_000_000))
        known_as = self.attempt(lambda: self.text(contact, "contact") if contact else "")
        scheme = self.attempt(lambda: self._scheme(self._of(root, "authentication"), has_webhook=webhook is not None))
        limits = self.attempt(lambda: self._limits(self._of(root, "limits")))
        envelope = self.attempt(lambda: self._webhook(webhook)) if webhook else None
        lookups = [self.attempt(partial(self._lookup_table, name, rows)) for name, rows in tables.items()]
        events = self.attempt(lambda: self.events(self._of(root, "events")))
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
            lookups={table.name: table for table in lookups if table is not None},
            events=events or (),
            shared=shared,
        )

    def _of(self, root: MapNode, key: str) -> Node:
        return self.member(root, key, "the mapping")

    def block_of_names(self, node: Node, kind: str) -> None:
        """Check that `fragments:` or `lookups:` is a block whose names can be used."""
        if not isinstance(node, MapNode):
            raise self.refuse(Code.WRONG_FORM, node.span, f"{kind} must be a block of names")
        for name, key in node.keys.items():
            if not TABLE_NAME.fullmatch(name):
                hint = "1 to 64 letters, digits and '_', a letter first"
                self.diagnostics.add(Code.WRONG_FORM, key.span, f"{name!a} is no usable name", hint)

    def _lookup_table(self, name: str, node: Node) -> LookupDocument:
        if not isinstance(node, MapNode) or not node.members:
            raise self.refuse(Code.WRONG_FORM, node.span, f"lookup '{name}' must be a block of `key: value`")
        return LookupDocument(name, node.span, node)

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
        keys = ("event_type", "external_event_id", "occurred_at", "digest_without", "ignore", "split", "answer")
        block = self.block(node, "webhook", keys)
        ignore = block.members.get("ignore", ListNode(node.span, ()))
        without = block.members.get("digest_without", ListNode(node.span, ()))
        split, answer = block.members.get("split"), block.members.get("answer")
        if not isinstance(ignore, ListNode) or not isinstance(without, ListNode):
            raise self.refuse(Code.WRONG_FORM, node.span, "ignore and digest_without must be lists")
        return WebhookDocument(
            span=node.span,
            event_type=self.expression(self.member(block, "event_type", "webhook")),
            external_event_id=self.expression(self.member(block, "external_event_id", "webhook")),
            occurred_at=self.expression(self.member(block, "occurred_at", "webhook")),
            digest_without=tuple(self._names_of_path(item, "digest_without", split=split) for item in without.items),
            ignore=tuple(self.text(item, "an ignored event type") for item in ignore.items),
            split=self._names_of_path(split, "split", split=None) if split else None,
            answer=self.text(answer, "answer") if answer else None,
        )

    def _names_of_path(self, node: Node, what: str, *, split: Node | None) -> tuple[str, ...]:
        """The names of a plain path below the body, or below the item of a body that is split."""
        root = "item" if split else "body"
        expression = self.expression(node)
        path = expression.operands[0]
        plain = len(expression.operands) == 1 and not expression.steps and not expression.outcomes
        if plain and isinstance(path, Path):
            segments = (path.root, *path.segments) if path.root else path.segments
            names = tuple(name for name in segments[1:] if isinstance(name, str))
            if segments[0] == root and names and len(names) == len(segments) - 1:
                return names
        raise self.refuse(Code.WRONG_FORM, node.span, f"{what} takes paths of names like {root}.attempt")
