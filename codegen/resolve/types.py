"""The types that values have on their way from the vendor schema to the canonical one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from codegen.diagnostics import shown
from codegen.frontend.json_schema import constant_validator, type_of_value
from codegen.frontend.schema_algebra import distinct
from codegen.ir.statements import Test

if TYPE_CHECKING:
    from decimal import Decimal

    import jsonschema_rs

    from codegen.frontend.json_schema import Schema
    from codegen.source import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueType:
    """What is known of a value. ``kind`` is a JSON type, or ``any`` where several are possible."""

    kind: str
    nullable: bool = False
    absent: bool = False
    """The value may be missing."""
    enum: tuple[Any, ...] | None = None
    """All values other than null, where they are known."""
    minimum: int | Decimal | None = None
    maximum: int | Decimal | None = None
    min_length: int = 0
    max_length: int | None = None
    pattern: str | None = None
    format: str | None = None
    items: ValueType | None = None
    """Of a list that is put together: its elements."""
    min_items: int = 0
    max_items: int | None = None
    schema: Schema | None = None
    """Of objects and arrays that a schema describes: what they hold."""

    @property
    def is_list(self) -> bool:
        """Whether it is a list, of one type of elements."""
        return self.kind == "array"

    @property
    def element(self) -> ValueType | None:
        """The type of a list's elements; None where nothing is known of them."""
        if self.items is not None or self.schema is None or self.schema.items is None:
            return self.items
        return type_of_schema(self.schema.items)

    def describe(self) -> str:
        """The type in a diagnostic's words."""
        words = f"{self.format} string" if self.kind == "string" and self.format else self.kind
        if self.is_list and self.element is not None:
            words = f"list of {self.element.describe().removeprefix('of ')}"
        if self.kind == "object" and self.schema is None:
            words = "object of one of several schemas"
        if self.kind == "any":
            words = " or ".join(self.schema.value_types) if self.schema else "of several types"
        if self.nullable and self.kind != "null":
            words += " or null"
        return f"{words}, may be absent" if self.absent else words


@lru_cache(maxsize=10_000)
def _validator(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    return constant_validator(schema.keywords)


def accepts(schema: Schema, constant: Scalar) -> bool:
    """Whether a constant is valid under the schema, by the validator that the run time uses."""
    return _validator(schema).is_valid(constant)


def type_of_schema(schema: Schema, *, absent: bool = False) -> ValueType:
    """The type of a value that is valid under the schema."""
    kinds = schema.value_types
    found = ValueType(
        kind=kinds[0] if len(kinds) == 1 else "any" if kinds else "null",
        # Where no value is valid there is none to misread.
        nullable=schema.nullable or not schema.types,
        absent=absent,
        minimum=schema.minimum,
        maximum=schema.maximum,
        min_length=schema.min_length,
        max_length=schema.max_length,
        pattern=schema.pattern,
        format=schema.format,
        min_items=schema.min_items,
        max_items=schema.max_items,
        schema=schema,
    )
    if schema.enum is None:
        return found
    return _with_enum(found, tuple(item for item in schema.enum if item is not None))


def type_of_literal(value: Scalar) -> ValueType:
    """The type of a constant."""
    if value is None:
        return ValueType(kind="null", nullable=True)
    return _with_enum(ValueType(kind=type_of_value(value)), (value,))


def _with_enum(found: ValueType, enum: tuple[Any, ...]) -> ValueType:
    """The type with all its values known, and so their bounds."""
    if not enum:
        return replace(found, enum=enum)
    if found.kind == "string":
        return replace(found, enum=enum, min_length=min(map(len, enum)), max_length=max(map(len, enum)))
    if found.kind in ("integer", "number"):
        return replace(found, enum=enum, minimum=min(enum), maximum=max(enum))
    return replace(found, enum=enum)


def union(left: ValueType, right: ValueType) -> ValueType:
    """The type of a value that is of either type."""
    kinds = {left.kind, right.kind} - {"null"}
    if kinds == {"integer", "number"}:
        kinds = {"number"}
    both = (left, right)
    enums = [side.enum for side in both]
    minima = [side.minimum for side in both]
    maxima = [side.maximum for side in both]
    lengths = [side.max_length for side in both]
    counts = [side.max_items for side in both]
    return ValueType(
        kind=kinds.pop() if len(kinds) == 1 else "any" if kinds else "null",
        nullable=left.nullable or right.nullable,
        absent=left.absent and right.absent,
        enum=distinct((*enums[0], *enums[1])) if enums[0] is not None and enums[1] is not None else None,
        minimum=min(minima) if None not in minima else None,  # type: ignore[type-var]  # no None is among them
        maximum=max(maxima) if None not in maxima else None,  # type: ignore[type-var]  # no None is among them
        min_length=min(left.min_length, right.min_length),
        max_length=max(lengths) if None not in lengths else None,  # type: ignore[type-var]  # no None is among them
        pattern=left.pattern if left.pattern == right.pattern else None,
        format=left.format if left.format == right.format else None,
        items=_union_of_elements(left, right),
        min_items=min(left.min_items, right.min_items),
        max_items=max(counts) if None not in counts else None,  # type: ignore[type-var]  # no None is among them
        schema=left.schema if left.schema is right.schema else None,
    )


def _union_of_elements(left: ValueType, right: ValueType) -> ValueType | None:
    elements = (left.element, right.element)
    if not left.is_list or not right.is_list or left.schema is right.schema is not None or None in elements:
        return None
    return union(*elements)  # type: ignore[arg-type]  # no None is among them


def list_of(element: ValueType, *, min_items: int = 0, max_items: int | None = None) -> ValueType:
    """The type of a list that is put together."""
    return ValueType(kind="array", items=element, min_items=min_items, max_items=max_items)


def certain(value: ValueType) -> ValueType:
    """The type once absence and null have been dealt with."""
    return replace(value, absent=False, nullable=False)


@dataclass(frozen=True, slots=True)
class Gap:
    """One constraint of the target that the source's type does not prove, and how the run time checks it."""

    what: str
    """In a diagnostic's words: `a length of at most 128`."""
    proof: str
    """What the vendor schema would have to say."""
    test: Test | None
    """None where the run time has no check: a step must bring the proof."""
    code: str = ""
    low: int | Decimal | None = None
    high: int | Decimal | None = None
    pattern: str | None = None
    values: tuple[Any, ...] = ()


def gaps(value: ValueType, target: Schema) -> list[Gap]:
    """What of the target's constraints is unproven for a value whose kind fits."""
    if value.enum is not None and all(accepts(target, item) for item in value.enum):
        return []
    if target.enum is not None:
        return [_enum_gap(value, target, target.enum)]
    if value.kind in ("integer", "number"):
        return _range_gaps(value, target)
    return _string_gaps(value, target) if value.kind == "string" else []


def _enum_gap(value: ValueType, target: Schema, constants: tuple[Any, ...]) -> Gap:
    # Only constants of the value's own kind are looked up: Python would take true for 1.
    kinds = {value.kind, "integer"} if value.kind == "number" else {value.kind}
    values = tuple(item for item in constants if type_of_value(item) in kinds and accepts(target, item))
    words = ", ".join(item if isinstance(item, str) else shown(item) for item in constants)
    return Gap(f"one of {words}", "an `enum` of these", Test.NOT_LISTED, "NOT_ALLOWED", values=values)


def _range_gaps(value: ValueType, target: Schema) -> list[Gap]:
    low = target.minimum is not None and (value.minimum is None or value.minimum < target.minimum)
    high = target.maximum is not None and (value.maximum is None or value.maximum > target.maximum)
    if not low and not high:
        return []
    proof = " and ".join(
        f"`{word}: {bound}`"
        for word, bound, open_ in (("minimum", target.minimum, low), ("maximum", target.maximum, high))
        if open_
    )
    what = f"a number {between(target.minimum, target.maximum)}"
    return [Gap(what, proof, Test.OUTSIDE_RANGE, "OUT_OF_RANGE", low=target.minimum, high=target.maximum)]


def between(low: int | Decimal | None, high: int | Decimal | None) -> str:
    """A range in a message's words."""
    if low is None or high is None:
        return f"of at most {high}" if low is None else f"of at least {low}"
    return f"of {low}" if low == high else f"from {low} to {high}"


def _string_gaps(value: ValueType, target: Schema) -> list[Gap]:
    found = []
    short = value.min_length < target.min_length
    long = target.max_length is not None and (value.max_length is None or value.max_length > target.max_length)
    if short or long:
        sides = (("minLength", target.min_length, short), ("maxLength", target.max_length, long))
        proof = " and ".join(f"`{word}: {bound}`" for word, bound, open_ in sides if open_)
        what = f"a length {between(target.min_length or None, target.max_length)}"
        found.append(
            Gap(what, proof, Test.OUTSIDE_LENGTH, "WRONG_LENGTH", low=target.min_length, high=target.max_length)
        )
    if target.pattern is not None and value.pattern != target.pattern:
        found.append(
            Gap(
                f"text that matches {target.pattern}",
                f"`pattern: {target.pattern}`",
                Test.NO_MATCH,
                "PATTERN_MISMATCH",
                pattern=target.pattern,
            )
        )
    if target.format is not None and value.format != target.format:
        found.append(Gap(f"a {target.format}", f"`format: {target.format}`", None))
    return found
