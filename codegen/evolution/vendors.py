"""Mappings, by the vendors who send: what of their terms changed, event by event."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import shown
from codegen.evolution.contracts import at, mapping_path, place
from codegen.evolution.outputs import Pair, compare_outputs
from codegen.evolution.rules import Rule
from codegen.evolution.sides import SENDERS
from codegen.evolution.versions import paired_versions
from codegen.frontend.mapping import DEFAULT_PAYLOAD_BYTES
from codegen.source import ListNode, MapNode, ScalarNode, plain_value

if TYPE_CHECKING:
    from typing import Any

    from codegen.evolution.changes import Changes
    from codegen.evolution.contracts import Contracts
    from codegen.evolution.sides import SchemaSides
    from codegen.source import Node

_LIMITS = {"requests_per_second": None, "burst": None, "max_payload_bytes": DEFAULT_PAYLOAD_BYTES}
_WEBHOOK = (
    ("event_type", Rule.IDENTITY_CHANGED),
    ("external_event_id", Rule.IDENTITY_CHANGED),
    ("split", Rule.IDENTITY_CHANGED),
    ("answer", Rule.ANSWER_CHANGED),
    ("occurred_at", Rule.ORDER_CHANGED),
)
_SETTINGS = (("name", Rule.SETTING_CHANGED), ("contact", Rule.SETTING_CHANGED), ("priority", Rule.ORDER_CHANGED))


def compare_vendors(base: Contracts, head: Contracts, schemas: SchemaSides, changes: Changes) -> None:
    """Every vendor of both sides."""
    for vendor in sorted(base.mappings.keys() | head.mappings.keys()):
        before, after = base.mappings.get(vendor), head.mappings.get(vendor)
        affected = f"vendor {vendor}"
        if before is not None and after is not None:
            _Vendor(vendor, base, head, schemas, changes).compare(before, after)
        elif before is not None:
            changes.add(Rule.VENDOR_REMOVED, before.span, "", f"vendor '{vendor}' is gone", affected)
        elif after is not None and mapping_path(vendor) in base.sources:
            message = "the base's mapping cannot be read, so that nothing is known of what changed"
            changes.add(Rule.OUTPUT_UNPROVEN, after.span, "", message, affected)
        elif after is not None:
            changes.add(Rule.VENDOR_ADDED, after.span, "", f"vendor '{vendor}' is new", affected)


class _Vendor:
    def __init__(self, vendor: str, base: Contracts, head: Contracts, schemas: SchemaSides, changes: Changes) -> None:
        self._vendor = vendor
        self._base = base
        self._head = head
        self._schemas = schemas
        self._changes = changes

    def compare(self, before: MapNode, after: MapNode) -> None:
        for key, rule in _SETTINGS:
            self._value(rule, before, after, key)
        self._value(Rule.SCHEME_CHANGED, before, after, "authentication", "scheme")
        self._limits(before, after)
        self._webhook(before, after)
        self._events(before, after)

    def _add(self, rule: Rule, after: MapNode, names: tuple[str, ...], message: str) -> None:
        self._changes.add(rule, place(after, *names), "/".join(names), message, f"vendor {self._vendor}")

    def _value(self, rule: Rule, before: MapNode, after: MapNode, *names: str) -> None:
        old, new = _plain(at(before, *names)), _plain(at(after, *names))
        if old != new:
            self._add(rule, after, names, f"{' '.join(names)} was {_words(old)} and is {_words(new)}")

    def _limits(self, before: MapNode, after: MapNode) -> None:
        for key, default in _LIMITS.items():
            old = _plain(at(before, "limits", key)) or default
            new = _plain(at(after, "limits", key)) or default
            if isinstance(old, int) and isinstance(new, int) and old != new:
                rule = Rule.LIMIT_LOWERED if new < old else Rule.LIMIT_RAISED
                self._add(rule, after, ("limits", key), f"limit {key} was {old} and is {new}")

    def _webhook(self, before: MapNode, after: MapNode) -> None:
        for key, rule in _WEBHOOK:
            self._value(rule, before, after, "webhook", key)
        names = ("webhook", "digest_without")
        old, new = _listed(at(before, *names)), _listed(at(after, *names))
        for path in sorted(old - new):
            self._add(Rule.DIGEST_CHANGED, after, names, f"'{path}' counts in the digest")
        for path in sorted(new - old):
            self._add(Rule.DIGEST_RELAXED, after, names, f"'{path}' is left out of the digest")
        names = ("webhook", "ignore")
        old, new = _listed(at(before, *names)), _listed(at(after, *names))
        for event in sorted(old - new - _names(after)):
            self._add(Rule.IGNORED_NO_LONGER, after, names, f"event '{event}' is ignored no longer")
        for event in sorted(new - old - _names(before)):
            self._add(Rule.IGNORED, after, names, f"event '{event}' is ignored from now on")

    def _events(self, before: MapNode, after: MapNode) -> None:
        for event in sorted(_names(before) - _names(after)):
            self._add(Rule.EVENT_REMOVED, after, ("events", event), f"event '{event}' is mapped no longer")
        for event in sorted(_names(after) - _names(before)):
            self._add(Rule.EVENT_ADDED, after, ("events", event), f"event '{event}' is new")
        pairs = []
        for event in sorted(_names(before) & _names(after)):
            pairs += self._event(event, at(before, "events", event), at(after, "events", event), after)
        compare_outputs(self._vendor, self._base, self._head, pairs, self._changes)

    def _event(self, event: str, before: Node | None, after: Node | None, root: MapNode) -> list[Pair]:
        """The versions of an event that both sides have."""
        assert isinstance(after, MapNode), "the new contracts compile"
        names = ("events", event)
        old_lane, new_lane = (_plain(at(one, "lane")) or "live" for one in (before, after))
        if old_lane != new_lane:
            message = f"lane of event '{event}' was {old_lane} and is {new_lane}"
            self._add(Rule.SETTING_CHANGED, root, (*names, "lane"), message)
        found = paired_versions(before, after)
        for version in found.removed:
            message = f"version {version} of event '{event}' is gone"
            self._add(Rule.EVENT_VERSION_REMOVED, root, (*names, "versions"), message)
        for version, node in found.added:
            when = _plain(at(node, "when"))
            rule = Rule.EVENT_VERSION_ADDED if when is None else Rule.SELECTION_CHANGED
            taken = "" if when is None else f" and takes the payloads for which {when} holds"
            self._add(rule, root, (*names, "versions"), f"version {version} of event '{event}' is new{taken}")
        pairs = []
        for base_version, version, old, new in found.kept:
            base, head = self._base.payload(self._vendor, old), self._head.payload(self._vendor, new)
            assert head is not None, "the new contracts compile"
            self._schemas.compare(base, head, SENDERS, f"vendor {self._vendor}")
            pairs.append(Pair(event, base_version, version, old, new, base, head))
        return pairs


def _plain(node: Node | None) -> Any:
    return None if node is None else plain_value(node)


def _words(value: Any) -> str:
    return "none" if value is None else shown(value)


def _names(mapping: MapNode) -> frozenset[str]:
    events = at(mapping, "events")
    return frozenset(events.members if isinstance(events, MapNode) else ())


def _listed(node: Node | None) -> frozenset[str]:
    items = node.items if isinstance(node, ListNode) else ()
    return frozenset(item.text for item in items if isinstance(item, ScalarNode))
