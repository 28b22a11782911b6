"""Steps on texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.resolve.steps.definition import TEXT, StepDefinition
from codegen.resolve.types import ValueType
from codegen.runtime import mapping as runtime

if TYPE_CHECKING:
    from collections.abc import Callable

    from codegen.resolve.steps.definition import Arguments


def _text_step(
    function: Callable[[str], str], *, grows: int, may_empty: bool
) -> Callable[[ValueType, Arguments], ValueType]:
    def result(value: ValueType, _: Arguments) -> ValueType:
        enum = tuple(dict.fromkeys(function(item) for item in value.enum)) if value.enum is not None else None
        return ValueType(
            kind="string",
            enum=enum,
            min_length=0 if may_empty else min(value.min_length, 1),
            max_length=value.max_length * grows if value.max_length is not None else None,
        )

    return result


STEPS = (
    StepDefinition(
        name="trim",
        takes=TEXT,
        result=_text_step(runtime.trim, grows=1, may_empty=True),
        summary="Removes white space at both ends.",
        example=("sku | trim", '" abc-001"', '"abc-001"'),
    ),
    StepDefinition(
        name="upper",
        takes=TEXT,
        result=_text_step(runtime.upper, grows=3, may_empty=False),
        summary="Upper case by Unicode's default rules, no locale. One character may become up to three.",
        example=("sku | upper", '"abc-001"', '"ABC-001"'),
    ),
    StepDefinition(
        name="lower",
        takes=TEXT,
        result=_text_step(runtime.lower, grows=3, may_empty=False),
        summary="Lower case by Unicode's default rules, no locale. One character may become up to three.",
        example=("state | lower", '"SHIPPED"', '"shipped"'),
    ),
)
