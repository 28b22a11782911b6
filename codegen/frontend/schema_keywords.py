"""What the keywords of one schema say together."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any

from codegen.frontend.json_schema import TYPES, type_of_value
from codegen.frontend.json_source import escaped
from codegen.frontend.schema_algebra import union

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.frontend.json_schema import Schema

_EXACT = 2**53


def is_integral(value: dict[str, Any]) -> bool:
    """Whether every number that the schema takes is a whole one."""
    return {*types_of(value)} & {"integer", "number"} == {"integer"}


def is_rounded(bound: int | Decimal | None) -> bool:
    """Whether the run time's validator takes a bound for the nearest double when it compares a fraction with it."""
    return bound is not None and bound == int(bound) and not -_EXACT <= bound <= _EXACT


def inclusive_bound(value: dict[str, Any], word: str) -> int | Decimal | None:
    """The ``minimum`` or ``maximum``, inclusive or exclusive, whichever is closer; of integers the nearest inside."""
    inclusive: int | Decimal | None = value.get(word)
    exclusive: int | Decimal | None = value.get(f"exclusive{word.capitalize()}")
    closest = max if word == "minimum" else min
    if not is_integral(value):
        return closest([bound for bound in (inclusive, exclusive) if bound is not None], default=None)
    inward = 1 if word == "minimum" else -1
    bounds = [] if inclusive is None else [whole_bound(inclusive, word)]
    if exclusive is not None:
        whole = whole_bound(exclusive, word)
        bounds.append(whole + inward if whole == exclusive else whole)
    return closest(bounds, default=None)


def whole_bound(bound: int | Decimal, word: str) -> int:
    """The nearest integer inside a ``minimum`` or ``maximum``."""
    rounding = ROUND_CEILING if word == "minimum" else ROUND_FLOOR
    return int(Decimal(bound).to_integral_value(rounding))


def types_of(value: dict[str, Any]) -> tuple[str, ...]:
    """The types that a schema's own keywords leave; every one where they say nothing."""
    declared = value.get("type")
    if declared is not None:
        named = {declared} if isinstance(declared, str) else {*declared}
        return tuple(sorted(named - {"integer"} if "number" in named else named))
    constants = [value["const"]] if "const" in value else value.get("enum", ())
    return tuple(sorted({type_of_value(item) for item in constants})) or TYPES


def additional_of(value: dict[str, Any], inner: Mapping[str, Schema]) -> Schema | None:
    """Of every member that is not in ``properties``: what one of the patterns or ``additionalProperties`` says."""
    if value.get("additionalProperties", True) is True:
        return None
    patterns = [inner[f"/patternProperties/{escaped(name)}"] for name in value.get("patternProperties", {})]
    return reduce(union, patterns, inner["/additionalProperties"])
