"""Where each field of a canonical event comes from: the compiled lineage, joined with the values of one run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import walk

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from generated.runtime.binding import RuleLineage


@dataclass(frozen=True, slots=True)
class Trace:
    """One field of one canonical event."""

    event: int
    """Which of the payload's canonical events, from 0."""
    target: str
    """JSON Pointer in the event's data."""
    sources: tuple[str, ...]
    steps: tuple[str, ...]
    expression: str
    place: str
    """``mappings/<vendor>.yaml:<line>`` of the rule."""
    value: str
    """JSON text."""


def trace(
    lineage: Sequence[RuleLineage], event_type: str, mapping_file: str, events: Sequence[dict[str, Any]]
) -> tuple[Trace, ...]:
    """One entry for each leaf of the events, in the events' own order."""
    rules = [rule for rule in lineage if rule.rule.startswith(f"{event_type}/")]
    return tuple(
        Trace(number, pointer, rule.sources, rule.steps, rule.expression, f"{mapping_file}:{rule.line}", value)
        for number, data in enumerate(events)
        for pointer, value in _leaves(data)
        if (rule := _rule_of(rules, pointer)) is not None
    )


def _leaves(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for pointer, value in walk(data):
        if not isinstance(value, (dict, list)) or not value:
            yield pointer, json.dumps(value, ensure_ascii=False, default=str)


def _rule_of(rules: Sequence[RuleLineage], pointer: str) -> RuleLineage | None:
    """The rule that made the value: the one whose target reaches furthest down to it."""
    tokens = pointer.split("/")
    fitting = [rule for rule in rules if _fits(rule.target.split("/"), tokens)]
    return max(fitting, key=lambda rule: rule.target.count("/"), default=None)


def _fits(target: list[str], tokens: list[str]) -> bool:
    if len(target) > len(tokens):
        return False
    pairs = zip(target, tokens, strict=False)
    return all(name == token or (name == "*" and token.isdecimal()) for name, token in pairs)
