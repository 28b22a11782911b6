"""Steps by regular expressions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import shown
from codegen.frontend.patterns import pattern_fault
from codegen.resolve.steps.definition import TEXT, Parameter, StepDefinition, constant
from codegen.resolve.steps.known import always, exact, failing
from codegen.resolve.types import ValueType
from codegen.runtime import mapping as runtime
from codegen.runtime.patterns import MAX_REPLACED, compiled

if TYPE_CHECKING:
    from codegen.resolve.steps.definition import Arguments


def _pattern_fault(arguments: Arguments) -> str | None:
    import re2

    pattern: str = constant(arguments[0])
    fault = pattern_fault(pattern)
    if fault is not None:
        return f"pattern {shown(pattern)}: {fault}"
    try:
        matches_nothing = compiled(pattern).search("") is not None
    except re2.error as error:
        words = error.args[0]
        return f"pattern {shown(pattern)}: {words.decode() if isinstance(words, bytes) else words}"
    return f"pattern {shown(pattern)} matches the empty text" if matches_nothing else None


def _extract(value: ValueType, arguments: Arguments) -> ValueType:
    has_group = compiled(constant(arguments[0])).groups > 0
    return ValueType(kind="string", min_length=0 if has_group else 1, max_length=value.max_length)


def _replace(value: ValueType, arguments: Arguments) -> ValueType:
    length = len(constant(arguments[1]))
    longest = MAX_REPLACED if value.max_length is None else min(value.max_length, MAX_REPLACED)
    return ValueType(
        kind="string", min_length=min(value.min_length, 1) if length else 0, max_length=longest * max(length, 1)
    )


def _may_be_long(value: ValueType, _: Arguments) -> bool:
    return value.max_length is None or value.max_length > MAX_REPLACED


_PATTERN = Parameter(name="pattern", takes=TEXT, constant=True)
_LIBRARIES = ("google-re2",)

STEPS = (
    StepDefinition(
        name="extract",
        takes=TEXT,
        parameters=(_PATTERN,),
        result=exact(runtime.extract, _extract),
        fallible=failing(runtime.extract, always),
        fault=_pattern_fault,
        libraries=_LIBRARIES,
        summary="What the first `(group)` of a pattern matches, or all of the first match where there is no group. "
        "Patterns are of the portable subset and run in linear time.",
        fails="nothing in the text matches",
        example=("gid | extract('/([0-9]+)$') or quarantine", '"gid://shopify/Order/123"', '"123"'),
    ),
    StepDefinition(
        name="replace",
        takes=TEXT,
        parameters=(_PATTERN, Parameter(name="text", takes=TEXT, constant=True)),
        result=exact(runtime.replace, _replace),
        fallible=failing(runtime.replace, _may_be_long),
        fault=_pattern_fault,
        libraries=_LIBRARIES,
        summary="Every match of a pattern replaced by the text, which is taken as it stands.",
        fails="the text has more than 10,000 characters",
        example=("phone | replace('[ ()-]+', '') or quarantine", '"(020) 555-0134"', '"0205550134"'),
    ),
)
