"""What a vendor's events become, by those who read them: rule by rule, from the compiled mappings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Span
from codegen.evolution.contracts import at, mapping_path, place
from codegen.evolution.fields import written_fields
from codegen.evolution.rules import Rule
from codegen.frontend.json_source import escaped, pointer_names
from codegen.source import MapNode, plain_value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.evolution.changes import Changes
    from codegen.evolution.contracts import Contracts
    from codegen.frontend.json_schema import Schema
    from codegen.ir.project import MappedVersion, RuleTrace, VendorMapping
    from codegen.source import Node

_TABLE = "lookup_"
_SELECTION = ("when", "filter", "explode", "where")
_QUOTED = re.compile(r"'[^']*'")
_OMITS = re.compile(r"(?:\bor|\belse|:|;) omit\b")
_PLAIN = re.compile(r"[\w.\[\]$*-]+(?: \| [\w() ,.:%/+-]+)*")
"""One path and its steps, with no outcome that could give a value where there is none."""


@dataclass(frozen=True, slots=True)
class Pair:
    """One version of an event on both sides."""

    event: str
    base_version: str
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
    if old is not None:
        _lookups(vendor, old, head, changes)
    for pair in pairs:
        comparison = _Output(vendor, pair, changes)
        comparison.selection()
        if comparison.emits():
            continue
        if old is None:
            comparison.unproven()
        else:
            comparison.rules(_version(old, pair.event, pair.base_version), _version(new, pair.event, pair.version))
            comparison.blocks(written_fields(base, vendor, pair.before), written_fields(head, vendor, pair.after))


def _determined_otherwise(vendor: str, base: Contracts, head: Contracts) -> bool:
    """Whether anything that is read for this vendor differs; mappings are compiled only where it does."""
    own = mapping_path(vendor)
    paths = {path for path in base.sources.keys() | head.sources.keys() if _may_be_read(path)} | {own}
    return any(base.sources.get(path) != head.sources.get(path) for path in paths)


def _may_be_read(path: str) -> bool:
    return path.startswith("schemas/") or (path.startswith("mappings/") and path.count("/") > 1)


def _lookups(vendor: str, before: VendorMapping, head: Contracts, changes: Changes) -> None:
    after, root = head.compiled(vendor), head.mappings[vendor]
    assert after is not None, "the new contracts compile"
    old = {table.name: table for table in before.tables}
    for table in after.tables:
        if old.get(table.name, table) != table:
            name = table.name.removeprefix(_TABLE)
            span, message = place(root, "lookups", name), f"lookup table '{name}' changed"
            changes.add(Rule.LOOKUP_CHANGED, span, f"lookups/{name}", message, f"readers of events from {vendor}")


def _version(mapping: VendorMapping, event: str, version: str) -> MappedVersion:
    versions = next(one.versions for one in mapping.events if one.event_type == event)
    return next(one for one in versions if one.version == version)


class _Output:
    def __init__(self, vendor: str, pair: Pair, changes: Changes) -> None:
        self._vendor = vendor
        self._pair = pair
        self._changes = changes
        self._emits = _text(pair.before, "emits")
        self._said: set[str] = set()

    def _add(self, rule: Rule, span: Span, below: str, message: str) -> None:
        version = f" {self._pair.version}" if self._pair.version else ""
        self._said.add(below)
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

    def rules(self, before: MappedVersion, after: MappedVersion) -> None:
        """Field by field."""
        old, new = _by_target(before), _by_target(after)
        for target, traces in new.items():
            span, below = Span(traces[0].path, traces[0].line, 1), f"map{target}"
            earlier = old.get(target)
            if earlier is None:
                self._add(Rule.RULE_ADDED, span, below, f"{target} is given")
            elif self._goes_missing(earlier, traces):
                self._add(Rule.FIELD_MAY_BE_MISSING, span, below, f"{target} was always given and may be missing")
            elif _words(earlier) != _words(traces):
                message = f"{target} was '{_words(earlier)}' and is '{_words(traces)}'"
                self._add(Rule.RULE_CHANGED, span, below, message)
        for target, traces in old.items():
            if target not in new:
                missing = _may_be_missing(traces, self._pair.base_payload)
                rule = Rule.RULE_REMOVED if missing else Rule.FIELD_NO_LONGER_GIVEN
                self._add(rule, place(self._pair.after, "map"), f"map{target}", f"{target} is given no longer")

    def blocks(self, before: Mapping[str, Node], after: Mapping[str, Node]) -> None:
        """What changed inside of a field's block and is no rule of its own, such as the `value:` of an `each:`."""
        for name, node in after.items():
            below = f"map/{escaped(name)}"
            said = any(one == below or one.startswith(f"{below}/") for one in self._said)
            if not said and name in before and plain_value(before[name]) != plain_value(node):
                self._add(Rule.RULE_CHANGED, node.span, below, f"/{escaped(name)} is made otherwise")

    def _goes_missing(self, old: Sequence[RuleTrace], new: Sequence[RuleTrace]) -> bool:
        before = _may_be_missing(old, self._pair.base_payload)
        return not before and _may_be_missing(new, self._pair.head_payload)


def _plain(node: MapNode, key: str) -> object:
    below = at(node, key)
    return None if below is None else plain_value(below)


def _text(node: MapNode, key: str) -> str:
    found = _plain(node, key)
    return "" if found is None else str(found)


def _by_target(version: MappedVersion) -> dict[str, list[RuleTrace]]:
    """The rules of each field; the branches of a match may have one each."""
    found: dict[str, list[RuleTrace]] = {}
    for trace in version.traces:
        if trace.target:
            found.setdefault(trace.target, []).append(trace)
    return found


def _words(traces: Sequence[RuleTrace]) -> str:
    return "; ".join(trace.expression for trace in traces)


def _may_be_missing(traces: Sequence[RuleTrace], payload: Schema | None) -> bool:
    """Whether it is certain that some valid payload gives no such field; False where it is not certain."""
    return any(_omits(trace, payload) for trace in traces)


def _omits(trace: RuleTrace, payload: Schema | None) -> bool:
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
