"""What a step makes of a value of which every possibility is known: the run time's own results, one by one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codegen.runtime.values import FAILED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from codegen.resolve.steps.definition import Arguments
    from codegen.resolve.types import ValueType


def exact(
    run: Callable[..., Any], otherwise: Callable[[ValueType, Arguments], ValueType]
) -> Callable[[ValueType, Arguments], ValueType]:
    """The result's type: as ``otherwise`` has it, with the values that ``run`` gives where all are known."""

    def result(value: ValueType, arguments: Arguments) -> ValueType:
        found = otherwise(value, arguments)
        made = _results(run, value, arguments)
        return found if made is None else _of_values(found, [one for one in made if one is not FAILED])

    return result


def failing(
    run: Callable[..., Any], otherwise: Callable[[ValueType, Arguments], bool]
) -> Callable[[ValueType, Arguments], bool]:
    """Whether a step can fail: what ``run`` says where all values are known, else ``otherwise``."""

    def fallible(value: ValueType, arguments: Arguments) -> bool:
        made = _results(run, value, arguments)
        return otherwise(value, arguments) if made is None else FAILED in made

    return fallible


def always(_: ValueType, __: Arguments) -> bool:
    """Of a step that can fail on whatever it takes."""
    return True


def _results(run: Callable[..., Any], value: ValueType, arguments: Arguments) -> list[Any] | None:
    constants = [argument.enum[0] for argument in arguments if argument.enum is not None and len(argument.enum) == 1]
    may_lack = any(argument.absent or argument.nullable for argument in arguments)
    if value.enum is None or len(constants) < len(arguments) or may_lack:
        return None
    return [run(item, *constants) for item in value.enum]


def _of_values(found: ValueType, values: Sequence[Any]) -> ValueType:
    found = replace(found, enum=tuple(dict.fromkeys(values)))
    if values and found.kind == "string":
        return replace(found, min_length=min(map(len, values)), max_length=max(map(len, values)))
    if values and found.kind in ("integer", "number"):
        return replace(found, minimum=min(values), maximum=max(values))
    return found
