"""Whether what an expression gives is what its target takes: proven, or checked at run time with a declared outcome."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics
from codegen.frontend.syntax import Action
from codegen.ir.statements import Give, Guard, SettleItems, Test
from codegen.resolve.inclusion import proves
from codegen.resolve.types import between, gaps

if TYPE_CHECKING:
    from codegen.frontend.json_schema import Schema
    from codegen.frontend.syntax import Expression, Outcome
    from codegen.ir.statements import End
    from codegen.resolve.outcomes import OutcomeCompiler
    from codegen.resolve.rules import Pipeline, Target
    from codegen.resolve.types import Gap, ValueType


class Fitter:
    """Proves pipelines against their targets."""

    def __init__(self, diagnostics: Diagnostics, outcomes: OutcomeCompiler) -> None:
        self._diagnostics = diagnostics
        self._outcomes = outcomes

    def fit(self, pipeline: Pipeline, expression: Expression, target: Target) -> bool:
        """Add the checks that the target asks for and nothing proves; False if something was reported."""
        if not _kind_fits(pipeline.type, target.schema):
            takes = _taken(target.schema, of_lists=pipeline.type.is_list)
            message = f"the value is {pipeline.type.describe()}, '{target.pointer}' takes {takes}"
            hint = _conversion(pipeline.type, target.schema)
            self._diagnostics.add(Code.TYPE_MISMATCH, expression.span, message, hint)
            return False
        outcomes = expression.steps[-1].outcomes if expression.steps else expression.outcomes
        # The last outcome, if it names no condition, also answers for what the target asks and nothing proves.
        final = outcomes[-1] if outcomes and not outcomes[-1].conditions else None
        if pipeline.type.is_list:
            return self._fit_list(pipeline, expression, target, final)
        sound = True
        for gap in gaps(pipeline.type, target.schema):
            if final is None or gap.test is None or pipeline.type.nullable:
                self._report(gap, pipeline.type, expression, target)
                sound = False
                continue
            end = self._outcomes.consequence(final, pipeline, target, gap.code, gap.what)
            if end is None:
                return False
            pipeline.statements.append(_guard(gap, end))
        return sound

    def _fit_list(self, pipeline: Pipeline, expression: Expression, target: Target, final: Outcome | None) -> bool:
        """First the elements, of which some may be left out, then how many there are."""
        element, wanted = pipeline.type.element, target.schema.items
        assert element is not None
        assert wanted is not None
        found = gaps(element, wanted)
        drops = False
        for gap in found:
            if final is None or gap.test is None:
                self._report(gap, element, expression, target)
                return False
            end = self._outcomes.consequence_for_items(final, pipeline, target, gap.code, gap.what)
            drops = drops or end == Give(None)
            pipeline.statements.append(SettleItems(_guard(gap, end)))
            if final.action is Action.VALUE and not target.item(wanted).takes(final.value):
                message = f"the value does not fit '{target.pointer}/*'"
                self._diagnostics.add(Code.LITERAL_MISMATCH, final.span, message)
                return False
        given = pipeline.type
        short = target.schema.min_items > (0 if drops else given.min_items)
        long = target.schema.max_items is not None and (
            given.max_items is None or given.max_items > target.schema.max_items
        )
        if not short and not long:
            return True
        low, high = target.schema.min_items, target.schema.max_items
        bounds = f"a number of items {between(low or None, high)}"
        if final is None or final.action is Action.VALUE:
            message = f"'{target.pointer}' asks for {bounds}, which is not proven"
            hint = "declare minItems and maxItems in the vendor schema, or add `or quarantine`"
            self._diagnostics.add(Code.UNPROVEN, expression.span, message, hint)
            return False
        counted = self._outcomes.consequence(final, pipeline, target, "WRONG_COUNT", bounds)
        if counted is not None:
            pipeline.statements.append(Guard(Test.OUTSIDE_LENGTH, counted, low=low, high=high))
        return counted is not None

    def _report(self, gap: Gap, value: ValueType, expression: Expression, target: Target) -> None:
        message = f"'{target.pointer}' asks for {gap.what}, which is not proven"
        if value.nullable:
            remedy = "say what happens on null"
        elif gap.test is not None:
            remedy = "add `or quarantine`"
        else:
            remedy = "add `| timestamp`" if target.schema.format == "date-time" else "use a step that gives it"
        hint = f"declare {gap.proof} in the vendor schema, or {remedy}"
        self._diagnostics.add(Code.UNPROVEN, expression.span, message, hint)


def _guard(gap: Gap, end: End) -> Guard:
    assert gap.test is not None
    return Guard(gap.test, end, low=gap.low, high=gap.high, pattern=gap.pattern, values=gap.values)


def _kind_fits(value: ValueType, target: Schema) -> bool:
    kinds = target.value_types
    if value.kind == "null":
        return True
    if value.is_list:
        element, items = value.element, target.items
        if "array" not in kinds or element is None or items is None:
            return False
        return proves(element, items) or _plain_fits(element, items)
    if value.kind == "object":
        return proves(replace(value, nullable=False), target)
    return _plain_fits(value, target, nullable_is_settled=True)


def _plain_fits(value: ValueType, target: Schema, *, nullable_is_settled: bool = False) -> bool:
    kinds = target.value_types
    if value.kind in ("object", "array") or (value.nullable and not target.nullable and not nullable_is_settled):
        return False
    return value.kind in kinds or (value.kind == "integer" and "number" in kinds)


def _taken(target: Schema, *, of_lists: bool) -> str:
    kinds = " or ".join(target.types)
    items = target.items.types if target.items is not None and of_lists else ()
    return f"{kinds} of {' or '.join(items)}" if items else kinds


def _conversion(found: ValueType, target: Schema) -> str:
    kinds = target.value_types
    if found.is_list and "array" not in kinds:
        return "take one of them, `| first or omit`, or all as one text, `| join(', ')`"
    if found.is_list and found.element is not None and target.items is not None:
        if found.element.nullable and not target.items.nullable:
            return "say what happens on null: `or omit on null`"
        if "object" in (found.element.kind, *target.items.value_types):
            return "build it with `each:`"
        return _conversion(found.element, target.items)
    if "array" in kinds:
        return "build it with `each:` or `list:`"
    if "object" in kinds and target.additional is not None:
        return "build it with `entries:`, of an object's `| pairs`"
    if "object" in kinds:
        return "build it with `object:`, which can prove each member by itself"
    if "string" in kinds and found.kind in ("integer", "number", "boolean"):
        return "add `| string`"
    if "integer" in kinds and found.kind in ("string", "number"):
        return "add `| integer or quarantine`"
    return ""
