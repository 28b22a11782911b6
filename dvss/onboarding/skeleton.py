"""A mapping file to be finished by hand: everything that is certain, and each rule as a comment."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from textwrap import wrap
from typing import TYPE_CHECKING

from dvss.onboarding.rules import draft
from dvss.onboarding.sources import elements, scope_in, scope_of
from dvss.onboarding.words import nearness
from dvss.onboarding.yaml_text import scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dvss.onboarding.samples import EventSamples
    from dvss.onboarding.sources import Scope, Source
    from dvss.onboarding.targets import Target

WIDTH = 118
_INDENT = 6
_MARGIN_FOR_EXPLODE = 0.3
"""By so much the elements of an array must fit better than the payload as a whole."""
_NAME_WEIGHT = 0.5
_MOST_ARRAYS = 5
"""Of one level, that are looked into."""

HEAD = """\
# yaml-language-server: $schema=../schemas/mapping.schema.json
vendor: {vendor}
name: {vendor}                   # what people call the vendor
priority: 50                   # a whole number; the lower one wins ties in reconciliation
authentication:
  scheme: api-key
limits:                        # of what the vendor may send
  requests_per_second: 50
  burst: 100
  max_payload_bytes: 262144

# A line that begins with `# ` is a rule guessed from names and types: remove the `# ` where it is right, correct it
# where it is not. A line that begins with `##` explains. `say_which` stands where nothing was found.
# `make codegen` says what is still missing; docs/contract/mapping-language.md has every step and block.
events:
"""


@dataclass(frozen=True, slots=True)
class Plan:
    """What an event's samples are taken for."""

    emits: str
    explode: str | None
    """Path of the array of which each element is an event."""
    scope: Scope
    """Where the rules' paths start."""
    score: float


def mapping_text(
    vendor: str, events: Sequence[EventSamples], plans: Sequence[Plan], known: Mapping[str, Target]
) -> str:
    """The text of ``mappings/<vendor>.yaml``."""
    parts = [HEAD.format(vendor=scalar(vendor))]
    for event, plan in zip(events, plans, strict=True):
        parts.append("\n".join(_event(vendor, event, plan, known[plan.emits])) + "\n")
    return "\n".join(parts)


def _event(vendor: str, event: EventSamples, plan: Plan, target: Target) -> Iterator[str]:
    yield f"  {scalar(event.name)}:"
    yield f"    payload: {schema_name(vendor, event.name)}"
    yield f"    emits: {plan.emits}"
    if plan.explode is not None:
        yield "    ## Each element of this array seems to be an event of its own; paths start at the element."
        yield f"    explode: {scalar(plan.explode)}"
    yield "    map:"
    for one in (field for field in target.fields if field.is_required):
        made = draft(one, plan.scope, _subject(target))
        yield from _prose(f"{one.name}, required. {one.description}")
        yield from _commented(made.lines if made else ())
    optional = [field for field in target.fields if not field.is_required]
    drafts = [(one, made) for one in optional if (made := draft(one, plan.scope, _subject(target)))]
    if drafts:
        yield ""
        yield from _prose("Optional, where the samples seem to have it:")
    for _, made in drafts:
        yield from _commented(made.lines)
    rest = [one.name for one in optional if one not in [target for target, _ in drafts]]
    if rest:
        yield from _prose(f"Optional, and nothing in the samples looks like it: {', '.join(rest)}.")


def schema_name(vendor: str, event: str) -> str:
    """The payload's schema, relative to ``schemas/``."""
    return f"vendors/{vendor}/{event}.v1.schema.json"


def _subject(target: Target) -> str:
    """What the event is about: ``order`` of OrderPlaced."""
    return target.name[:1].lower() + "".join(c if c.islower() else f" {c}" for c in target.name[1:]).split(" ")[0]


def _prose(text: str) -> list[str]:
    return [f"{' ' * _INDENT}## {line}" for line in wrap(text, WIDTH - _INDENT - 3)]


def _commented(lines: Sequence[str]) -> list[str]:
    return [f"{' ' * _INDENT}# {line}" for line in lines]


def plan(event: EventSamples, known: Mapping[str, Target], emits: str | None) -> Plan:
    """What the samples are, under the canonical event ``emits``, or under the one that they fit best."""
    if emits is not None:
        return _plan_for(event, emits, known[emits])
    plans = [_plan_for(event, name, target) for name, target in known.items()]
    return max(plans, key=lambda made: made.score + _NAME_WEIGHT * nearness(event.name, known[made.emits].name))


def _plan_for(event: EventSamples, emits: str, target: Target) -> Plan:
    whole = scope_of(event.payloads)
    best = Plan(emits, None, whole, _score(target, whole))
    for path, inner in _arrays(whole):
        score = _score(target, inner)
        if score > best.score + _MARGIN_FOR_EXPLODE:
            best = Plan(emits, path, inner, score)
    return best


def _arrays(whole: Scope) -> Iterator[tuple[str, Scope]]:
    """The arrays of objects in a payload, and those in their elements, with the scope of an element."""
    for outer in _lists(whole):
        inner = scope_in(outer, whole, is_event=True)
        yield outer.path, inner
        for deeper in _lists(inner):
            yield f"{outer.path}[*].{deeper.path}[*]".replace(".[", "["), scope_in(deeper, inner, is_event=True)


def _lists(scope: Scope) -> list[Source]:
    found = (one for one in scope.sources if not one.levels and elements(one))
    return list(islice(found, _MOST_ARRAYS))


def _score(target: Target, scope: Scope) -> float:
    """How well the required fields are found, from 0 to about 1."""
    needed = [field for field in target.fields if field.is_required]
    drafts = [draft(field, scope, _subject(target)) for field in needed]
    return sum(made.score for made in drafts if made) / len(needed)
