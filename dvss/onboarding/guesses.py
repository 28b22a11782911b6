"""Which source a canonical field may come from, and the expression that would take it there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from dvss.onboarding.inference import infer
from dvss.onboarding.words import nearness, words
from generated.runtime import mapping as rt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from dvss.onboarding.sources import Scope, Source
    from dvss.onboarding.targets import Target

LEAST_SCORE = 0.3
"""Of a guess that is shown for a required field."""
LEAST_OPTIONAL_SCORE = 0.6
_MOST = 4
_LONGEST_OF_A_FORMAT = 1_000_000
_LEVEL_COSTS = 0.15
_DEPTH_COSTS = 0.02
_CONTEXT_WEIGHT = 0.2
_AMOUNT_NAMES = frozenset({"amount", "value"})
_LOCAL_FORMATS = (
    "YYYY-MM-DD", "DD/MM/YYYY HH:mm", "DD/MM/YYYY", "MM/DD/YYYY HH:mm", "MM/DD/YYYY", "DD.MM.YYYY HH:mm", "DD.MM.YYYY",
    "DD/MM/YYYY HH:mm:ss", "DD.MM.YYYY HH:mm:ss", "YYYY/MM/DD HH:mm:ss", "YYYY/MM/DD",
)  # fmt: skip
_EPOCHS = (
    (10**8, 10**10, "epoch_seconds"),
    (10**11, 10**13, "epoch_milliseconds"),
    (10**14, 10**16, "epoch_microseconds"),
)
_TO_CODES: dict[str, Callable[[str], Any]] = {
    "": str,
    "upper": rt.upper,
    "country": rt.country,
    "currency": rt.currency,
}
_ODDS_OF_INTEGER_AS_TIME = 0.8


@dataclass(frozen=True, slots=True)
class Conversion:
    """The steps from a source's values to a target's type."""

    steps: str
    """As in the mapping language, empty for none."""
    fit: float
    """1 where the types are the same, less the further they are apart."""
    can_fail: bool


@dataclass(frozen=True, slots=True)
class Guess:
    """A source for a target; the better, the higher its score."""

    source: Source
    score: float
    conversion: Conversion


def guesses(target: Target, scope: Scope, context: str, convert: Converter) -> list[Guess]:
    """The likely sources of a target, the best one first; ``context`` is the name of what the target is part of."""
    found = []
    for source in scope.sources:
        if source.levels and not (target.is_required or scope.is_event):
            continue
        conversion = convert(target, source)
        if conversion is not None:
            found.append(Guess(source, conversion.fit * _named(source, target, context), conversion))
    # Equal scores stay in the samples' order.
    return sorted(found, key=lambda guess: -guess.score)[:_MOST]


def _named(source: Source, target: Target, context: str) -> float:
    *above, name = source.names
    if above and name.lower() in _AMOUNT_NAMES:
        name = above[-1]
    score = max(nearness(name, target.name), nearness("_".join(source.names[-2:]), target.name))
    if score and context and above:
        score += _CONTEXT_WEIGHT * max(nearness(one, context) for one in above)
    elif score and context and not source.levels:
        score = max(score, nearness(f"{context}_{name}", target.name))
    return max(0.0, score - _LEVEL_COSTS * source.levels - _DEPTH_COSTS * len(above))


def scalar(target: Target, source: Source) -> Conversion | None:
    """From a text, number or boolean to the target's; None where none of them is there, or no step would do."""
    kinds = source.kinds
    if not kinds or kinds & {dict, list}:
        return None
    if target.words:
        return Conversion("", 1.0, can_fail=True) if kinds == {str} else None
    if target.is_time:
        return _to_time(source.values)
    if "pattern" in target.asks and kinds == {str}:
        return _to_pattern(target.asks["pattern"], source.values)
    return _BY_KIND[target.kind](source.values, kinds) if target.kind in _BY_KIND else None


def list_of_objects(_target: Target, source: Source) -> Conversion | None:
    is_list = any(type(value) is list and any(type(item) is dict for item in value) for value in source.values)
    return Conversion("", 1.0, can_fail=False) if is_list else None


def list_of_scalars(_target: Target, source: Source) -> Conversion | None:
    items = [item for value in source.values if type(value) is list for item in value]
    is_list = source.kinds == {list} and bool(items) and {type(item) for item in items} <= {str}
    return Conversion("", 1.0, can_fail=True) if is_list else None


def an_object(_target: Target, source: Source) -> Conversion | None:
    return Conversion("", 1.0, can_fail=False) if source.kinds == {dict} else None


def amount(_target: Target, source: Source) -> Conversion | None:
    """Of money: any number, also one in a text."""
    if not source.kinds or source.kinds & {dict, list, bool} or not _all(rt.decimal, source.values):
        return None
    is_minor = source.kinds == {int} and bool({"cents", "minor", "pence"} & set(words("_".join(source.names))))
    return Conversion("" if is_minor else "minor_units", 1.0, can_fail=True)


def expression(guess: Guess, target: Target, outcome: str) -> str:
    """The guess as a rule; ``outcome`` stands wherever it may have no value."""
    path, steps = guess.source.path, guess.conversion.steps
    needed = guess.conversion.can_fail or not _proves(guess.source, steps, target)
    if not steps:
        return f"{path} or {outcome}" if needed or guess.source.may_lack else path
    read = f"{path} or {outcome}" if guess.source.may_lack else path
    return f"{read} | {steps}" + (f" or {outcome}" if needed else "")


def _proves(source: Source, steps: str, target: Target) -> bool:
    """Whether the schema that is inferred for the source shows that the target's bounds hold."""
    asks = target.asks
    if target.is_time or not asks:
        return True
    schema = infer(source.values)
    if target.kind == "string":
        longest = (
            schema.get("maxLength", _LONGEST_OF_A_FORMAT)
            if not steps
            else len(str(schema.get("maximum", "9" * 1_000))) + 1
        )
        return (
            "pattern" not in asks
            and longest <= asks.get("maxLength", longest)
            and bool(steps or not asks.get("minLength"))
        )
    low, high = schema.get("minimum"), schema.get("maximum")
    return (
        low is not None and high is not None and asks.get("minimum", low) <= low and high <= asks.get("maximum", high)
    )


def _all(step: Callable[..., Any], values: Iterable[Any], *arguments: str) -> bool:
    return all(step(value, *arguments) is not rt.FAILED for value in values)


def _to_time(values: tuple[Any, ...]) -> Conversion | None:
    if all(type(value) is str for value in values):
        if _all(rt.timestamp, values):
            return Conversion("timestamp", 1.0, can_fail=infer(values).get("format") != "date-time")
        if _all(rt.local_timestamp, values, "UTC"):
            return Conversion("local_timestamp('UTC')", 1.0, can_fail=True)
        for form in _LOCAL_FORMATS:
            if _all(rt.local_timestamp, values, "UTC", form):
                return Conversion(f"local_timestamp('UTC', '{form}')", 1.0, can_fail=True)
    if all(type(value) is not bool for value in values) and _all(rt.decimal, values):
        for low, high, step in _EPOCHS:
            if all(low <= rt.decimal(value) < high for value in values):
                return Conversion(step, _ODDS_OF_INTEGER_AS_TIME, can_fail=True)
    return None


def _to_pattern(pattern: str, texts: tuple[str, ...]) -> Conversion | None:
    for steps, step in _TO_CODES.items():
        made = [step(text) for text in texts]
        if all(text is not rt.FAILED and re.search(pattern, text) for text in made):
            return Conversion(steps, 1.0 if not steps else 0.9, can_fail=True)
    return None


def _to_text(_values: tuple[Any, ...], kinds: frozenset[type]) -> Conversion | None:
    return Conversion("", 1.0, can_fail=False) if kinds == {str} else Conversion("string", 0.9, can_fail=len(kinds) > 1)


def _to_integer(values: tuple[Any, ...], kinds: frozenset[type]) -> Conversion | None:
    if kinds == {int}:
        return Conversion("", 1.0, can_fail=False)
    if bool in kinds or not _all(rt.integer, values):
        return None
    return Conversion("integer", 0.9, can_fail=True)


def _to_number(values: tuple[Any, ...], kinds: frozenset[type]) -> Conversion | None:
    if kinds <= {int, Decimal}:
        return Conversion("", 1.0, can_fail=False)
    if bool in kinds or not _all(rt.decimal, values):
        return None
    return Conversion("decimal", 0.9, can_fail=True)


def _to_boolean(values: tuple[Any, ...], kinds: frozenset[type]) -> Conversion | None:
    if kinds == {bool}:
        return Conversion("", 1.0, can_fail=False)
    return Conversion("boolean", 0.6, can_fail=True) if _all(rt.boolean, values) else None


if TYPE_CHECKING:
    Converter = Callable[[Target, Source], Conversion | None]

_BY_KIND: dict[str, Callable[[tuple[Any, ...], frozenset[type]], Conversion | None]] = {
    "string": _to_text,
    "integer": _to_integer,
    "number": _to_number,
    "boolean": _to_boolean,
}
