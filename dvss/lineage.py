"""Where each field of a canonical event comes from: the compiled lineage, joined with the values of one run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dvss.elements import Elements
from dvss.pointers import ABSENT, resolved, value_at
from dvss.sensitivity import MASKED, Sensitivity
from generated.runtime.exact_json import walk
from generated.runtime.json_forms import dump

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from generated.runtime.binding import Registry, RuleLineage
    from handlers.core.mapping import Mapped

_LONGEST_VALUE = 200
UNLINKING = frozenset({"sha256", "tokenise", "mask"})
"""Steps behind which a sensitive value may be seen."""


@dataclass(frozen=True, slots=True)
class Origin:
    """One source of a field."""

    pointer: str
    """JSON Pointer in the payload, ``*`` for all elements of an array; or ``envelope:``, ``header:``, ``lookup:``,
    ``const:`` with a name."""
    value: str | None
    """JSON text, ``***`` for what is sensitive; None where there is none, or the source is a table."""


@dataclass(frozen=True, slots=True)
class Trace:
    """One field of one canonical event."""

    event: int
    """Which of the payload's canonical events, from 0."""
    target: str
    """JSON Pointer in the event's data."""
    sources: tuple[Origin, ...]
    steps: tuple[str, ...]
    expression: str
    place: str
    """``<file>:<line>`` of the rule."""
    value: str
    """JSON text, ``***`` for what is sensitive."""


@dataclass(frozen=True, slots=True)
class Run:
    """A payload that was mapped, with everything that it was mapped by."""

    registry: Registry
    vendor_id: str
    payload: Any
    envelope: Mapping[str, Any]
    """As ``EventBinding.mapper`` takes it."""
    mapped: Mapped


def trace(run: Run) -> tuple[Trace, ...]:
    """One entry for each leaf of the run's canonical events, in their own order; none for an ignored event."""
    binding = run.mapped.binding
    if binding is None:
        return ()
    name = f"{binding.event_type}@{binding.version}" if binding.version else binding.event_type
    rules = [
        rule for rule in run.registry.lineage(run.vendor_id) if rule.rule == name or rule.rule.startswith(f"{name}/")
    ]
    reader = _Reader(run, Elements(rules, run), Sensitivity(run.registry.schema(binding.payload_schema)))
    marked = Sensitivity(run.registry.schema(binding.canonical_schema))
    found = []
    for number, data in enumerate(run.mapped.data):
        for pointer, value in _leaves(data):
            rule = _rule_of(rules, pointer)
            if rule is not None:
                origins = tuple(reader.origin(source, number, pointer) for source in rule.sources)
                text = MASKED if marked.at(pointer) or _is_shown_by(origins, rule) else _text(value)
                place = f"{rule.path}:{rule.line}"
                found.append(Trace(number, pointer, origins, rule.steps, rule.expression, place, text))
    return tuple(found)


def _is_shown_by(origins: tuple[Origin, ...], rule: RuleLineage) -> bool:
    """Whether a sensitive value would be seen in what the rule made of it."""
    return any(origin.value == MASKED for origin in origins) and not UNLINKING & set(rule.steps)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads a rule's sources in one run."""

    run: Run
    elements: Elements
    sensitive: Sensitivity

    def origin(self, source: str, number: int, target: str) -> Origin:
        if source and not source.startswith("/"):
            return Origin(source, self._told(source))
        pointer = resolved(self.run.payload, self.elements.located(source, number, target))
        found = value_at(self.run.payload, pointer)
        if found is ABSENT:
            return Origin(pointer, None)
        return Origin(pointer, MASKED if self.sensitive.at(pointer) else _text(found))

    def _told(self, source: str) -> str | None:
        """The value of what stands beside the payload."""
        kind, _, name = source.partition(":")
        envelope = self.run.envelope
        told = {"const": name, "header": envelope["headers"].get(name), "envelope": envelope.get(name)}
        value = told.get(kind)
        return None if value is None else _text(value)


def _text(value: Any) -> str:
    text = dump(value).decode()
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]} ..."


def _leaves(data: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for pointer, value in walk(data):
        if not isinstance(value, (dict, list)) or not value:
            yield pointer, value


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
