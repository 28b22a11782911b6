"""The mapping file: YAML nodes to a typed document. Form is checked here, meaning in ``codegen.resolve``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, Span, suggestion
from codegen.frontend.expression import Expression, Path, parse_expression, parse_predicate
from codegen.source import ListNode, MapNode, Node, ScalarNode

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codegen.frontend.expression import Predicate
    from codegen.source import Scalar

SCHEMES = ("api-key", "shopify", "square", "standard-webhooks", "stripe")
LANES = ("live", "workflow")
VENDOR_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
EVENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")
DEFAULT_PAYLOAD_BYTES = 262_144
MAX_PAYLOAD_BYTES = 1_048_576


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written out: `const: EACH`, or a case of a match."""

    span: Span
    value: Scalar


@dataclass(frozen=True, slots=True)
class Refusal:
    """`quarantine` or `omit` where a value could stand (a case, an `else:`)."""

    span: Span
    omit: bool


@dataclass(frozen=True, slots=True)
class ObjectBlock:
    """`object:` with its fields; ``origin`` is the `from:` that its paths start at."""

    span: Span
    origin: Expression | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class EachBlock:
    """`each:` over an array, kept elements by `where:`, each mapped by `map:`."""

    span: Span
    source: Expression
    where: Predicate | None
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a match."""

    span: Span
    literal: Scalar
    value: Block


@dataclass(frozen=True, slots=True)
class MatchBlock:
    """`match:` on a value with `cases:` and perhaps `else:`."""

    span: Span
    source: Expression
    cases: tuple[Case, ...]
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class Branch:
    """One `if:`/`then:` of a when."""

    span: Span
    predicate: Predicate
    value: Block


@dataclass(frozen=True, slots=True)
class WhenBlock:
    """`when:`, the first branch whose predicate holds, and its `else:`."""

    span: Span
    branches: tuple[Branch, ...]
    otherwise: Block


type Block = Expression | Constant | Refusal | ObjectBlock | EachBlock | MatchBlock | WhenBlock


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical field and how it is made."""

    name: str
    span: Span
    block: Block


@dataclass(frozen=True, slots=True)
class EventDocument:
    """One entry of `events:`."""

    name: str
    span: Span
    payload: ScalarNode | MapNode
    emits: ScalarNode
    lane: str
    explode: Expression | None
    where: Predicate | None
    fields: tuple[Field, ...]
    fields_span: Span


@dataclass(frozen=True, slots=True)
class WebhookDocument:
    """How a native webhook's envelope is found."""

    span: Span
    event_type: Expression
    external_event_id: Expression
    occurred_at: Expression
    digest_without: tuple[Path, ...]
    ignore: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MappingDocument:
    """One mapping file."""

    path: str
    vendor: str
    vendor_span: Span
    name: str
    priority: int
    contact: str
    scheme: str
    requests_per_second: int
    burst: int
    max_payload_bytes: int
    webhook: WebhookDocument | None
    events: tuple[EventDocument, ...]


class _FormError(Exception):
    """The block was reported; nothing can be made of it."""


def read_mapping(path: str, node: Node, diagnostics: Diagnostics) -> MappingDocument | None:
    """The typed document of one mapping file; None if its form was reported as unusable."""
    _find_secrets(node, diagnostics)
    try:
        return _Reader(path, diagnostics).mapping(node)
    except _FormError:
        return None


_SECRET = re.compile(
    r"whsec_[A-Za-z0-9+/=]{16}|sk_live_[A-Za-z0-9]{8}|rk_live_[A-Za-z0-9]{8}|shpss_[0-9a-f]{8}|AKIA[0-9A-Z]{16}"
    r"|-----BEGIN [A-Z ]*PRIVATE KEY|dvss_[A-Za-z0-9_-]{43}"
)


def _find_secrets(node: Node, diagnostics: Diagnostics) -> None:
    if isinstance(node, ScalarNode):
        if _SECRET.search(node.text):
            diagnostics.add(Code.SECRET, node.span, "this looks like a secret", "add secrets with `dvss key add`")
    elif isinstance(node, ListNode):
        for item in node.items:
            _find_secrets(item, diagnostics)
    else:
        for member in node.members.values():
            _find_secrets(member, diagnostics)


class _Reader:
    def __init__(self, path: str, diagnostics: Diagnostics) -> None:
        self._path = path
        self._diagnostics = diagnostics

    def _refuse(self, code: Code, span: Span, message: str, hint: str = "") -> _FormError:
        self._diagnostics.add(code, span, message, hint)
        return _FormError()

    def _block(self, node: Node, what: str, keys: Iterable[str]) -> MapNode:
        if not isinstance(node, MapNode):
            raise self._refuse(Code.WRONG_FORM, node.span, f"{what} must be a block of keys")
        known = set(keys)
        for key, span in node.keys.items():
            if key not in known:
                self._diagnostics.add(Code.UNKNOWN_KEY, span, f"{what} has no key '{key}'", suggestion(key, known))
        return node

    def _member(self, node: MapNode, key: str, what: str) -> Node:
        if key not in node.members:
            raise self._refuse(Code.WRONG_FORM, node.span, f"{what} has no '{key}'")
        return node.members[key]

    def _text(self, node: Node, what: str) -> str:
        if not isinstance(node, ScalarNode) or not isinstance(node.value, str) or not node.value:
            raise self._refuse(Code.WRONG_FORM, node.span, f"{what} must be a text")
        return node.value

    def _choice(self, node: Node, what: str, known: Iterable[str]) -> str:
        text = self._text(node, what)
        if text not in known:
            raise self._refuse(Code.WRONG_FORM, node.span, f"{what} '{text}' is not known", suggestion(text, known))
        return text

    def _integer(self, node: Node, what: str, low: int, high: int) -> int:
        value = node.value if isinstance(node, ScalarNode) else None
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self._refuse(Code.WRONG_FORM, node.span, f"{what} must be an integer from {low:,} to {high:,}")
        return value

    def mapping(self, node: Node) -> MappingDocument:
        keys = ("vendor", "name", "priority", "contact", "authentication", "limits", "webhook", "events")
        root = self._block(node, "a mapping", keys)
        vendor_node = self._member(root, "vendor", "the mapping")
        vendor = self._text(vendor_node, "vendor")
        if not VENDOR_NAME.fullmatch(vendor):
            hint = "1 to 64 letters, digits, '_' and '-', a letter first"
            raise self._refuse(Code.WRONG_FORM, vendor_node.span, f"vendor {vendor!a} is no usable id", hint)
        if self._path != f"mappings/{vendor}.yaml":
            self._diagnostics.add(
                Code.WRONG_FORM, vendor_node.span, f"the file of vendor '{vendor}' must be mappings/{vendor}.yaml"
            )
        authentication = self._block(self._member(root, "authentication", "the mapping"), "authentication", ("scheme",))
        limits = self._block(
            self._member(root, "limits", "the mapping"), "limits", ("requests_per_second", "burst", "max_payload_bytes")
        )
        bytes_node = limits.members.get("max_payload_bytes")
        webhook_node = root.members.get("webhook")
        contact = root.members.get("contact")
        return MappingDocument(
            path=self._path,
            vendor=vendor,
            vendor_span=vendor_node.span,
            name=self._text(self._member(root, "name", "the mapping"), "name"),
            priority=self._integer(self._member(root, "priority", "the mapping"), "priority", 0, 1_000_000),
            contact=self._text(contact, "contact") if contact else "",
            scheme=self._choice(self._member(authentication, "scheme", "authentication"), "scheme", SCHEMES),
            requests_per_second=self._integer(
                self._member(limits, "requests_per_second", "limits"), "requests_per_second", 1, 1_000_000
            ),
            burst=self._integer(self._member(limits, "burst", "limits"), "burst", 1, 1_000_000),
            max_payload_bytes=self._integer(bytes_node, "max_payload_bytes", 1, MAX_PAYLOAD_BYTES)
            if bytes_node
            else DEFAULT_PAYLOAD_BYTES,
            webhook=self._webhook(webhook_node) if webhook_node else None,
            events=self._events(self._member(root, "events", "the mapping")),
        )

    def _webhook(self, node: Node) -> WebhookDocument:
        keys = ("event_type", "external_event_id", "occurred_at", "digest_without", "ignore")
        block = self._block(node, "webhook", keys)
        ignore = block.members.get("ignore", ListNode(node.span, ()))
        without = block.members.get("digest_without", ListNode(node.span, ()))
        if not isinstance(ignore, ListNode) or not isinstance(without, ListNode):
            raise self._refuse(Code.WRONG_FORM, node.span, "ignore and digest_without must be lists")
        return WebhookDocument(
            span=node.span,
            event_type=self._expression(self._member(block, "event_type", "webhook")),
            external_event_id=self._expression(self._member(block, "external_event_id", "webhook")),
            occurred_at=self._expression(self._member(block, "occurred_at", "webhook")),
            digest_without=tuple(self._digest_path(item) for item in without.items),
            ignore=tuple(self._text(item, "an ignored event type") for item in ignore.items),
        )

    def _digest_path(self, node: Node) -> Path:
        expression = self._expression(node)
        path = expression.operands[0]
        plain = len(expression.operands) == 1 and not expression.steps and not expression.outcomes
        if not plain or not isinstance(path, Path) or path.root != "body" or not path.segments:
            raise self._refuse(Code.WRONG_FORM, node.span, "digest_without lists paths like body.attempt")
        return path

    def _events(self, node: Node) -> tuple[EventDocument, ...]:
        if not isinstance(node, MapNode) or not node.members:
            raise self._refuse(Code.WRONG_FORM, node.span, "events must be a block with at least one event")
        events = []
        for name, member in node.members.items():
            if not EVENT_NAME.fullmatch(name):
                hint = "1 to 128 letters, digits, '.', '_', '/' and '-'"
                self._diagnostics.add(Code.WRONG_FORM, node.keys[name], f"event {name!a} is no usable name", hint)
                continue
            try:
                events.append(self._event(name, node.keys[name], member))
            except _FormError:
                continue
        return tuple(events)

    def _event(self, name: str, span: Span, node: Node) -> EventDocument:
        what = f"event '{name}'"
        block = self._block(node, what, ("payload", "emits", "lane", "explode", "where", "map"))
        payload = self._member(block, "payload", what)
        emits = self._member(block, "emits", what)
        if isinstance(payload, ListNode) or not isinstance(emits, ScalarNode):
            raise self._refuse(Code.WRONG_FORM, node.span, "payload is a schema or its file, emits a text")
        lane = block.members.get("lane")
        explode = block.members.get("explode")
        where = block.members.get("where")
        if where and not explode:
            self._diagnostics.add(Code.WRONG_FORM, where.span, "'where' stands without 'explode'")
        fields_node = self._member(block, "map", what)
        return EventDocument(
            name=name,
            span=span,
            payload=payload,
            emits=emits,
            lane=self._choice(lane, "lane", LANES) if lane else LANES[0],
            explode=self._expression(explode) if explode else None,
            where=self._predicate(where) if where else None,
            fields=self._fields(fields_node),
            fields_span=block.keys["map"],
        )

    def _fields(self, node: Node) -> tuple[Field, ...]:
        if not isinstance(node, MapNode):
            raise self._refuse(Code.WRONG_FORM, node.span, "fields must be a block of `target: source`")
        fields = []
        for name, member in node.members.items():
            try:
                fields.append(Field(name, node.keys[name], self._value(member)))
            except _FormError:
                continue
        return tuple(fields)

    def _expression(self, node: Node) -> Expression:
        if not isinstance(node, ScalarNode):
            raise self._refuse(Code.WRONG_FORM, node.span, "an expression must stand here")
        expression = parse_expression(node.text, node.text_span, self._diagnostics)
        if expression is None:
            raise _FormError
        return expression

    def _predicate(self, node: Node) -> Predicate:
        if not isinstance(node, ScalarNode):
            raise self._refuse(Code.WRONG_FORM, node.span, "a predicate must stand here")
        predicate = parse_predicate(node.text, node.text_span, self._diagnostics)
        if predicate is None:
            raise _FormError
        return predicate

    _BLOCKS = ("object", "each", "match", "when", "const")

    def _value(self, node: Node) -> Block:
        """The right side of a field: an expression, or a block."""
        if isinstance(node, ScalarNode):
            return self._expression(node)
        if isinstance(node, MapNode):
            kind = next((key for key in self._BLOCKS if key in node.members), None)
            if kind == "object":
                block = self._block(node, "an object block", ("object", "from"))
                origin = block.members.get("from")
                return ObjectBlock(
                    node.span, self._expression(origin) if origin else None, self._fields(block.members["object"])
                )
            if kind == "each":
                return self._each(node)
            if kind == "match":
                return self._match(node)
            if kind == "when":
                return self._when(node)
            if kind == "const":
                value = self._block(node, "a const block", ("const",)).members["const"]
                if isinstance(value, ScalarNode):
                    return Constant(value.span, value.value)
        hint = "an expression, or a block with " + ", ".join(f"'{key}:'" for key in self._BLOCKS)
        raise self._refuse(Code.WRONG_FORM, node.span, "this is no value of a field", hint)

    def _each(self, node: MapNode) -> EachBlock:
        block = self._block(node, "an each block", ("each", "where", "map"))
        where = block.members.get("where")
        return EachBlock(
            node.span,
            self._expression(block.members["each"]),
            self._predicate(where) if where else None,
            self._fields(self._member(block, "map", "an each block")),
        )

    def _match(self, node: MapNode) -> MatchBlock:
        block = self._block(node, "a match block", ("match", "cases", "else"))
        cases_node = self._member(block, "cases", "a match block")
        if not isinstance(cases_node, MapNode) or not cases_node.members:
            raise self._refuse(Code.WRONG_FORM, cases_node.span, "cases must be a block of `value: result`")
        cases = tuple(
            Case(cases_node.keys[key], None if key == "null" else key, self._case_value(member))
            for key, member in cases_node.members.items()
        )
        otherwise = block.members.get("else")
        return MatchBlock(
            node.span,
            self._expression(block.members["match"]),
            cases,
            self._case_value(otherwise) if otherwise else None,
        )

    def _case_value(self, node: Node) -> Block:
        """The result of a case: a constant, a refusal, or a block."""
        if not isinstance(node, ScalarNode):
            return self._value(node)
        if node.value in ("quarantine", "omit"):
            return Refusal(node.span, omit=node.value == "omit")
        return Constant(node.span, node.value)

    def _when(self, node: MapNode) -> WhenBlock:
        block = self._block(node, "a when block", ("when", "else"))
        listed = block.members["when"]
        if not isinstance(listed, ListNode) or not listed.items:
            raise self._refuse(Code.WRONG_FORM, listed.span, "when must be a list of `if:` and `then:`")
        branches = []
        for item in listed.items:
            branch = self._block(item, "a branch", ("if", "then"))
            branches.append(
                Branch(
                    item.span,
                    self._predicate(self._member(branch, "if", "a branch")),
                    self._case_value(self._member(branch, "then", "a branch")),
                )
            )
        otherwise = self._member(block, "else", "a when block")
        return WhenBlock(node.span, tuple(branches), self._case_value(otherwise))
