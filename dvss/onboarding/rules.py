"""The rules of a mapping, drafted: for every canonical field the lines that would fill it."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING

from dvss.onboarding import guesses as guessing
from dvss.onboarding.sources import scope_in
from dvss.onboarding.words import is_personal, nearness
from dvss.onboarding.yaml_text import scalar

if TYPE_CHECKING:
    from dvss.onboarding.guesses import Guess
    from dvss.onboarding.sources import Scope, Source
    from dvss.onboarding.targets import Target

UNKNOWN = "say_which"
"""Stands where nothing was found. No path is called so: the compiler asks for the decision."""
_MOST_CASES = 20
_LONGEST_CASE = 64
_LEAST_NEARNESS_OF_WORDS = 0.5
_CODE_LENGTH = 3
_WIDTH = 90


@dataclass(frozen=True, slots=True)
class Draft:
    """The lines of one field's rule, the field's name first."""

    lines: tuple[str, ...]
    score: float
    """How sure: the mean over what the field needs."""


def draft(target: Target, scope: Scope, context: str = "") -> Draft | None:
    """The rule of a field; None for an optional one that nothing looks like."""
    if target.is_money:
        return _money(target, scope, context)
    if target.kind == "object":
        return _object(target, scope, context)
    if target.kind == "array" and target.items is not None and target.items.kind == "object":
        return _array(target, target.items, scope, context)
    found = _found(
        guessing.guesses(
            target, scope, context, guessing.list_of_scalars if target.kind == "array" else guessing.scalar
        ),
        target,
    )
    if not found:
        return Draft((f"{target.name}: {UNKNOWN}",), 0.0) if target.is_required else None
    if target.words:
        return Draft(tuple(_match(target, found)), found[0].score)
    rule = scalar(guessing.expression(found[0], target, _outcome(target)))
    return Draft((f"{target.name}: {rule}{_others(found)}",), found[0].score)


def _found(found: list[Guess], target: Target) -> list[Guess]:
    """Those that are worth showing; for a required field at least the first, by its type alone."""
    is_loose = target.is_required or (target.kind == "object" and not target.is_money)
    least = guessing.LEAST_SCORE if is_loose else guessing.LEAST_OPTIONAL_SCORE
    good = [guess for guess in found if guess.score >= least]
    return good or (found if target.is_required else [])


def _outcome(target: Target) -> str:
    return "quarantine" if target.is_required else "omit"


def _others(found: list[Guess]) -> str:
    """What to think of, in a comment behind the rule: a doubt, and further sources."""
    told = []
    if found[0].score < guessing.LEAST_SCORE:
        told.append("by its type alone")
    if found[0].conversion.steps.startswith("local_timestamp"):
        told.append("which zone is it?")
    if others := ", ".join(guess.source.path for guess in found[1:]):
        told.append(f"or {others}")
    return f"  # {'; '.join(told)}" if told else ""


def _inside(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _match(target: Target, found: list[Guess]) -> list[str]:
    source = found[0].source
    outcome = _outcome(target)
    read = f"{source.path} or {outcome}" if source.may_lack else source.path
    seen = [value for value in dict.fromkeys(source.values) if value.isprintable() and 0 < len(value) <= _LONGEST_CASE]
    # What looks like personal data is not written into a mapping.
    shown = [] if is_personal(source.names[-1], "") else seen[:_MOST_CASES]
    cases = [f"{scalar(value)}: {_nearest(value, target)}" for value in shown] or [f"{UNKNOWN}: {UNKNOWN}"]
    return [
        f"{target.name}:{_others(found)}",
        f"  match: {scalar(read)}",
        "  cases:",
        *[f"    # {line}" for line in wrap(f"one of {', '.join(target.words)}", _WIDTH)],
        *_inside(_inside(cases)),
        f"  else: {outcome}",
    ]


def _nearest(value: str, target: Target) -> str:
    best = max(target.words, key=lambda word: nearness(value, word))
    return best if nearness(value, best) >= _LEAST_NEARNESS_OF_WORDS else UNKNOWN


def _money(target: Target, scope: Scope, context: str) -> Draft | None:
    found = _found(guessing.guesses(target, scope, context, guessing.amount), target)
    if not found:
        unknown = (f"{target.name}:", "  object:", f"    amount: {UNKNOWN}", f"    currency: {UNKNOWN}")
        return Draft(unknown, 0.0) if target.is_required else None
    source = found[0].source
    currency = _currency(source, scope)
    where = currency.path if currency else UNKNOWN
    steps = f" | minor_units({where})" if found[0].conversion.steps else ""
    upper = ""
    if currency is not None and any(value != value.upper() for value in currency.values):
        upper = " or quarantine | upper" if currency.may_lack else " | upper"
    read = f"{source.path} or quarantine" if source.may_lack and steps else source.path
    needed = " or quarantine" if steps or source.may_lack else ""
    lines = [
        "object:",
        f"  amount: {scalar(f'{read}{steps}{needed}')}",
        f"  currency: {scalar(f'{where}{upper} or quarantine')}",
    ]
    if source.may_lack and not target.is_required:
        # An amount that is not there leaves the whole out; its own rule could not, for money needs one.
        is_there = [f"present({source.path})"] if source.may_be_absent else []
        is_there += [f"{source.path} != null"] if source.may_be_null else []
        then = [f"- if: {scalar(' and '.join(is_there))}", "  then:", *_inside(_inside(lines))]
        lines = ["when:", *_inside(then), "else: omit"]
    return Draft((f"{target.name}:{_others(found)}", *_inside(lines)), found[0].score)


def _currency(amount: Source, scope: Scope) -> Source | None:
    """The currency code nearest to an amount: beside it, else of the fewest levels away."""
    codes = [
        source
        for source in scope.sources
        if source.kinds == {str}
        and all(len(value) == _CODE_LENGTH and value.isalpha() for value in source.values)
        and nearness(source.names[-1], "currency_code") > 0
    ]
    beside = [one for one in codes if one.names[:-1] == amount.names[:-1] and one.levels == amount.levels]
    return min(beside or codes, key=lambda one: (one.levels, len(one.names)), default=None)


def _object(target: Target, scope: Scope, context: str) -> Draft | None:
    found = _found(guessing.guesses(target, scope, context, guessing.an_object), target)
    start: list[str] = []
    if found:
        source = found[0].source
        read = f"{source.path} or {_outcome(target)}" if source.may_lack else source.path
        start, scope = [f"  from: {scalar(read)}"], scope_in(source, scope)
    elif not target.is_required:
        # Without an object of its own, fields found here and there would be put together at random.
        return None
    fields = [made for one in target.fields if (made := draft(one, scope, target.name))]
    if not fields:
        return None
    lines = [f"{target.name}:", *start, "  object:"]
    lines += [f"    {line}" for made in fields for line in made.lines]
    return Draft(tuple(lines), sum(made.score for made in fields) / len(fields))


def _array(target: Target, items: Target, scope: Scope, context: str) -> Draft | None:
    found = _found(guessing.guesses(target, scope, context, guessing.list_of_objects), target)
    inside = _arrays_inside(target, scope, context)
    if inside and (not found or inside[0].score > found[0].score):
        # Arrays of arrays may hold more elements than the canonical array takes.
        path, inner, score = f"{inside[0].path} or quarantine", inside[0].scope, inside[0].score
    elif found:
        source = found[0].source
        path = f"{source.path} or {_outcome(target)}" if source.may_lack else source.path
        inner, score = scope_in(source, scope), found[0].score
    else:
        return Draft((f"{target.name}: {UNKNOWN}",), 0.0) if target.is_required else None
    fields = [made for one in items.fields if (made := draft(one, inner, target.name.removesuffix("s")))]
    lines = [f"{target.name}:{_others(found) if found else ''}", f"  each: {scalar(path)}", "  map:"]
    lines += [f"    {line}" for made in fields for line in made.lines]
    return Draft(tuple(lines), score) if fields else None


@dataclass(frozen=True, slots=True)
class _Inside:
    """An array in the elements of another one."""

    path: str
    scope: Scope
    score: float


def _arrays_inside(target: Target, scope: Scope, context: str) -> list[_Inside]:
    found = []
    for outer in scope.sources:
        if outer.levels or guessing.list_of_objects(target, outer) is None:
            continue
        around = scope_in(outer, scope)
        for guess in _found(guessing.guesses(target, around, context, guessing.list_of_objects), target):
            if not guess.source.levels and guess.score >= guessing.LEAST_OPTIONAL_SCORE:
                path = f"{outer.path}[*].{guess.source.path}".replace(".[", "[")
                found.append(_Inside(f"{path}[*]", scope_in(guess.source, around), guess.score))
    return sorted(found, key=lambda one: -one.score)
