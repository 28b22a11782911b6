"""What a vendor's events become, by those who read them: rule by rule, from the compiled mappings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Span
from codegen.evolution.contracts import at, mapping_path, place
from codegen.evolution.rules import Rule
from codegen.frontend.json_source import pointer_names
from codegen.source import MapNode, plain_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.evolution.changes import Changes
    from codegen.evolution.contracts import Contracts
    from codegen.frontend.json_schema import Schema
    from codegen.ir.project import MappedEvent, RuleTrace, VendorMapping

_SELECTION = ("when", "filter", "explode", "where")
_QUOTED = re.compile(r"'[^']*'")
_OMITS = re.compile(r"(?:\bor|\belse|:|;) omit\b")
_PLAIN = re.compile(r"[\w.\[\]$*-]+(?: \| [\w() ,.:%/+-]+)*")
"""One path and its steps, with no outcome that could give a value where there is none."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One version of an event on both sides."""

    event: str
    version: str
    before: MapNode
    after: MapNode
    base_payload: Schema | None
    head_payload: Schema


def compare_outputs(vendor: str, base: Contracts, head: Contracts, pairs: Sequence[Pair], changes: Changes) -> None:
    """Every rule of every event that both sides have."""
    if not pairs or not _determined_otherwise(vendor, base, head):
        return
    old, new = base.compiled(vendor), head.compiled(vendor)
    assert new is not None, "the new contracts compile"
    for pair in pairs:
        comparison = _Output(vendor, pair, changes)
        comparison.selection()
        if comparison.emits():
            continue
        if old is None:
            comparison.unproven()
        else:
            comparison.rules(_event(old, pair), _event(new, pair))


def _determined_otherwise(vendor: str, base: Contracts, head: Contracts) -> bool:
    """Whether anything that is read for this vendor differs; mappings are compiled only where it does."""
    own = mapping_path(vendor)
    paths = {path for path in base.sources.keys() | head.sources.keys() if _may_be_read(path)} | {own}
    return any(base.sources.get(path) != head.sources.get(path) for path in paths)


def _may_be_read(path: str) -> bool:
    return path.startswith("schemas/") or (path.startswith("mappings/") and path.count("/") > 1)


def _event(mapping: VendorMapping, pair: Pair) -> MappedEvent:
    return next(event for event in mapping.events if event.event_type == pair.event)


class _Output:
    def __init__(self, vendor: str, pair: Pair, changes: Changes) -> None:
        self._vendor = vendor
        self._pair = pair
        self._changes = changes
        self._emits = _text(pair.before, "emits")
        self._changed = False

    def _add(self, rule: Rule, span: Span, below: str, message: str) -> None:
        self._changed = True
        version = f" {self._pair.version}" if self._pair.version else ""
        pointer = f"events/{self._pair.event}{version}/{below}"
        affected = f"readers of {self._emits} from {self._vendor}"
        self._changes.add(rule, span, pointer, f"{message} in event '{self._pair.event}'{version}", affected)

    def _at_key(self, rule: Rule, key: str, message: str) -> None:
        self._add(rule, place(self._pair.after, key), key, message)

    def selection(self) -> None:
        """Filter, explode and what else chooses payloads."""
        for key in _SELECTION:
            old, new = _text(self._pair.before, key), _text(self._pair.after, key)
            if old != new:
                self._at_key(Rule.SELECTION_CHANGED, key, f"{key} was {old or 'none'} and is {new or 'none'}")

    def emits(self) -> bool:
        """Whether the event becomes another one: then no rule has its counterpart."""
        new = _text(self._pair.after, "emits")
        if new == self._emits:
            return False
        self._at_key(Rule.EMITS_CHANGED, "emits", f"emits was {self._emits} and is {new}")
        return True

    def unproven(self) -> None:
        """The base does not compile: what its text says of the rules is all there is."""
        keys = ("map", "payload")
        old, new = ([_plain(node, key) for key in keys] for node in (self._pair.before, self._pair.after))
        if old != new:
            self._at_key(Rule.OUTPUT_UNPROVEN, "map", "the base does not compile and the rules differ")

    def rules(self, before: MappedEvent, after: MappedEvent) -> None:
        """Field by field."""
        old, new = _by_target(before), _by_target(after)
        for target, trace in new.items():
            place_of_rule = self._place(trace)
            if target not in old:
                self._add(Rule.RULE_ADDED, place_of_rule, f"map{target}", f"{target} is given")
            elif self._may_go_missing(old[target], trace):
                message = f"{target} was always given and may be missing"
                self._add(Rule.FIELD_MAY_BE_MISSING, place_of_rule, f"map{target}", message)
            elif trace.expression != old[target].expression:
                message = f"{target} was '{old[target].expression}' and is '{trace.expression}'"
                self._add(Rule.RULE_CHANGED, place_of_rule, f"map{target}", message)
        for target, trace in old.items():
            if target not in new:
                missing = _may_be_missing(trace, self._pair.base_payload)
                rule = Rule.RULE_REMOVED if missing else Rule.FIELD_NO_LONGER_GIVEN
                self._add(rule, place(self._pair.after, "map"), f"map{target}", f"{target} is given no longer")
        schemas_same = self._pair.base_payload is not None and _same_schemas(before, after, self._pair)
        if not self._changed and schemas_same and _code(before) != _code(after):
            self._at_key(Rule.MAPPER_CHANGED, "map", "a table or fragment that the rules use changed")

    def _place(self, trace: RuleTrace) -> Span:
        return Span(mapping_path(self._vendor), trace.line, self._pair.after.span.column)

    def _may_go_missing(self, old: RuleTrace, new: RuleTrace) -> bool:
        before = _may_be_missing(old, self._pair.base_payload)
        return not before and _may_be_missing(new, self._pair.head_payload)


def _plain(node: MapNode, key: str) -> object:
    below = at(node, key)
    return None if below is None else plain_value(below)


def _text(node: MapNode, key: str) -> str:
    found = _plain(node, key)
    return "" if found is None else str(found)


def _by_target(event: MappedEvent) -> dict[str, RuleTrace]:
    return {trace.target: trace for trace in event.traces if trace.target}


def _same_schemas(before: MappedEvent, after: MappedEvent, pair: Pair) -> bool:
    return (before.payload_schema, before.canonical_schema) == (after.payload_schema, after.canonical_schema) and (
        pair.base_payload is not None and pair.base_payload.source.value == pair.head_payload.source.value
    )


def _code(event: MappedEvent) -> object:
    return event.functions, event.tables, event.explode


def _may_be_missing(trace: RuleTrace, payload: Schema | None) -> bool:
    """Whether it is certain that some valid payload gives no such field; False where it is not certain."""
    words = _QUOTED.sub("''", trace.expression)
    if _OMITS.search(words):
        return True
    plain = len(trace.sources) == 1 and _PLAIN.fullmatch(words) and " or " not in words
    return bool(plain) and payload is not None and _passes_optional(payload, trace.sources[0])


def _passes_optional(schema: Schema, source: str) -> bool:
    """Whether a pointer into the payload leads through a member that may be left out."""
    below: Schema | None = schema
    for name in pointer_names(source):
        if below is None:
            return False
        if name == "*":
            below = below.items
            continue
        if name not in below.properties:
            return False
        if name not in below.required:
            return True
        below = below.properties[name]
    return False
