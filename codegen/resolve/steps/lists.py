"""Steps that take a list as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codegen.resolve.intervals import is_bounded, sum_bounds
from codegen.resolve.steps.definition import PLAIN, TEXT, Parameter, StepDefinition, constant
from codegen.resolve.types import ValueType, list_of

if TYPE_CHECKING:
    from codegen.resolve.steps.definition import Arguments

LISTS = frozenset({"array"})
NUMBERS = frozenset({"integer", "number"})
_SORTED = frozenset({"string", "integer", "number"})


def _element(value: ValueType, _: Arguments) -> ValueType:
    assert value.element is not None
    return value.element


def _may_be_empty(value: ValueType, _: Arguments) -> bool:
    return value.min_items == 0


def _sum(value: ValueType, _: Arguments) -> ValueType:
    assert value.element is not None
    low, high = sum_bounds(value.element, value.min_items, value.max_items)
    return ValueType(kind=value.element.kind, minimum=low, maximum=high)


def _sum_can_be_too_long(value: ValueType, _: Arguments) -> bool:
    assert value.element is not None
    return not is_bounded(value.element)


def _count(value: ValueType, _: Arguments) -> ValueType:
    return ValueType(kind="integer", minimum=value.min_items, maximum=value.max_items)


def _distinct(value: ValueType, _: Arguments) -> ValueType:
    assert value.element is not None
    return list_of(value.element, min_items=min(1, value.min_items), max_items=value.max_items)


def _join(value: ValueType, arguments: Arguments) -> ValueType:
    separator = constant(arguments[0])
    of = value.element
    longest = None
    if of is not None and of.kind == "string" and of.max_length is not None and value.max_items is not None:
        longest = value.max_items * of.max_length + max(0, value.max_items - 1) * len(separator)
    certainly = of is not None and (of.kind != "string" or of.min_length > 0)
    return ValueType(kind="string", min_length=min(1, value.min_items) if certainly else 0, max_length=longest)


def _split(value: ValueType, arguments: Arguments) -> ValueType:
    separator = constant(arguments[0])
    most = None if value.max_length is None else value.max_length // len(separator) + 1
    return list_of(ValueType(kind="string", max_length=value.max_length), min_items=1, max_items=most)


def _separator_fault(arguments: Arguments) -> str | None:
    return None if constant(arguments[0]) else "the separator is empty"


STEPS = (
    StepDefinition(
        name="first",
        takes=LISTS,
        result=_element,
        fallible=_may_be_empty,
        summary="The first of a list.",
        fails="the list is empty",
        example=("tags | first or quarantine", '["new", "oak"]', '"new"'),
    ),
    StepDefinition(
        name="last",
        takes=LISTS,
        result=_element,
        fallible=_may_be_empty,
        summary="The last of a list.",
        fails="the list is empty",
        example=("tags | last or quarantine", '["new", "oak"]', '"oak"'),
    ),
    StepDefinition(
        name="only",
        takes=LISTS,
        result=_element,
        fallible=lambda value, _: (value.min_items, value.max_items) != (1, 1),
        summary="The one element of a list.",
        fails="the list has none or more than one",
        example=("tags | only or quarantine", '["oak"]', '"oak"'),
    ),
    StepDefinition(
        name="count",
        takes=LISTS,
        result=_count,
        summary="How many elements a list has.",
        example=("tags | count", '["new", "oak"]', "2"),
    ),
    StepDefinition(
        name="sum",
        takes=LISTS,
        items=NUMBERS,
        function="total",
        result=_sum,
        fallible=_sum_can_be_too_long,
        summary="The exact sum of numbers; 0 of an empty list.",
        fails="the sum has more than 1,000 digits, which only unbounded numbers can have",
        example=("amounts | sum or quarantine", "[1, 2, 39]", "42"),
    ),
    StepDefinition(
        name="min",
        takes=LISTS,
        items=NUMBERS,
        function="least",
        result=_element,
        fallible=_may_be_empty,
        summary="The smallest of a list's numbers.",
        fails="the list is empty",
        example=("amounts | min or quarantine", "[3, 1, 2]", "1"),
    ),
    StepDefinition(
        name="max",
        takes=LISTS,
        items=NUMBERS,
        function="greatest",
        result=_element,
        fallible=_may_be_empty,
        summary="The greatest of a list's numbers.",
        fails="the list is empty",
        example=("amounts | max or quarantine", "[3, 1, 2]", "3"),
    ),
    StepDefinition(
        name="distinct",
        takes=LISTS,
        items=PLAIN,
        result=_distinct,
        summary="Each of a list's values once, where it stands first.",
        example=("tags | distinct", '["oak", "new", "oak"]', '["oak", "new"]'),
    ),
    StepDefinition(
        name="sort",
        takes=LISTS,
        items=_SORTED,
        function="ascending",
        result=lambda value, _: replace(value, schema=None, items=value.element),
        summary="A list in ascending order; texts by code point.",
        example=("tags | sort", '["oak", "Elm", "fir"]', '["Elm", "fir", "oak"]'),
    ),
    StepDefinition(
        name="join",
        takes=LISTS,
        items=PLAIN,
        function="joined_items",
        parameters=(Parameter(name="separator", takes=TEXT, constant=True),),
        result=_join,
        summary="A list's values as one text with the separator between them; empty texts are left out.",
        example=("tags | join(', ')", '["new", "", "oak"]', '"new, oak"'),
    ),
    StepDefinition(
        name="split",
        takes=TEXT,
        parameters=(Parameter(name="separator", takes=TEXT, constant=True),),
        result=_split,
        fault=_separator_fault,
        summary="The texts between separators, as a list.",
        example=("tags | split(',') | trim", '"vip, wholesale"', '["vip", "wholesale"]'),
    ),
)
