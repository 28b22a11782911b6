"""Steps on objects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.resolve.shapes import merged, pairs_of
from codegen.resolve.steps.definition import Parameter, StepDefinition
from codegen.resolve.types import ValueType, type_of_schema

if TYPE_CHECKING:
    from codegen.resolve.steps.definition import Arguments

OBJECTS = frozenset({"object"})


def _pairs(value: ValueType, _: Arguments) -> ValueType:
    assert value.schema is not None
    return type_of_schema(pairs_of(value.schema))


def _merge(value: ValueType, arguments: Arguments) -> ValueType:
    other = arguments[0].schema
    assert value.schema is not None
    assert other is not None
    return type_of_schema(merged(value.schema, other))


STEPS = (
    StepDefinition(
        name="pairs",
        takes=OBJECTS,
        function="members",
        result=_pairs,
        summary="The members of an object as a list of objects with `name` and `value`, in their order.",
        example=("sizes | pairs", '{"S": 1}', '[{"name": "S", "value": 1}]'),
    ),
    StepDefinition(
        name="merge",
        takes=OBJECTS,
        parameters=(Parameter(name="other", takes=OBJECTS),),
        result=_merge,
        summary="One object with the members of both; the other one's where both have one.",
        example=("person | merge(person)", '{"city": "Porthaven"}', '{"city": "Porthaven"}'),
    ),
)
