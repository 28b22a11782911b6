"""An expression checked step by step: types in, statements out."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics
from codegen.frontend.syntax import Condition, Literal
from codegen.ir.statements import Apply, Assign, Fixed, Guard, Later, Read, Test
from codegen.resolve.fitting import Fitter
from codegen.resolve.operands import OperandCompiler, place_of
from codegen.resolve.outcomes import OutcomeCompiler, without
from codegen.resolve.rules import Pipeline
from codegen.resolve.stepping import StepCompiler
from codegen.resolve.types import ValueType, union

if TYPE_CHECKING:
    from codegen.frontend.syntax import Expression
    from codegen.resolve.operands import Found
    from codegen.resolve.output import Output
    from codegen.resolve.rules import Target
    from codegen.resolve.scopes import Scope


class PipelineCompiler:
    """Compiles the expressions of one event."""

    def __init__(self, diagnostics: Diagnostics, output: Output) -> None:
        self._diagnostics = diagnostics
        self.outcomes = OutcomeCompiler(diagnostics)
        self.operands = OperandCompiler(diagnostics, output, self)
        self._steps = StepCompiler(diagnostics, self.outcomes, self.operands, output.bundle)
        self._fitter = Fitter(diagnostics, self.outcomes)

    def source(
        self,
        expression: Expression,
        scopes: tuple[Scope, ...],
        target: Target,
        *,
        takes_null: bool,
        takes_absent: bool = False,
    ) -> Pipeline | None:
        """The expression's value before anything is asked of its type; None if it was reported."""
        with self.operands.filling(target):
            return self._source(expression, scopes, target, takes_null=takes_null, takes_absent=takes_absent)

    def _source(
        self,
        expression: Expression,
        scopes: tuple[Scope, ...],
        target: Target,
        *,
        takes_null: bool,
        takes_absent: bool,
    ) -> Pipeline | None:
        pipeline = self._operands(expression, scopes, target)
        if pipeline is None:
            return None
        if not all(self.outcomes.settle(pipeline, outcome, target) for outcome in expression.outcomes):
            return None
        last = not expression.steps
        passes_absent = takes_absent and last
        if not passes_absent and not self.outcomes.need_present(
            pipeline, target, expression.span, takes_null=takes_null and last
        ):
            return None
        for outcome in expression.outcomes:
            self.outcomes.settle_items(pipeline, outcome, target)
        if not all(self._steps.step(pipeline, step, scopes, target) for step in expression.steps):
            return None
        return pipeline

    def into(self, expression: Expression, scopes: tuple[Scope, ...], target: Target) -> Pipeline | None:
        """The expression with its type proven, or checked, to fit the target; None if it was reported."""
        pipeline = self.source(expression, scopes, target, takes_null=target.schema.nullable)
        if pipeline is None:
            return None
        if not self._fitter.fit(pipeline, expression, target):
            return None
        self.outcomes.report_needless(pipeline, expression)
        return pipeline

    def _operands(self, expression: Expression, scopes: tuple[Scope, ...], target: Target) -> Pipeline | None:
        found: list[Found] = []
        for operand in expression.operands:
            if isinstance(operand, Literal) and target.refuses_default:
                self.outcomes.refuse_default(operand.span, target)
                return None
            value = self.operands.operand(operand, scopes, target)
            if value is None:
                return None
            if found and not _is_skipped(found[-1].type, expression.skipped):
                message = "what stands left of '??' is always taken"
                self._diagnostics.add(Code.UNREACHABLE, operand.span, message, "remove what stands right of it")
            found.append(value)
        return self._joined(expression, found, target)

    def _joined(self, expression: Expression, found: list[Found], target: Target) -> Pipeline | None:
        """The first of the operands that is not passed over."""
        pipeline = Pipeline(_type_of_first([value.type for value in found], expression.skipped))
        pipeline.pointer, pipeline.base = place_of(found)
        pipeline.sources = [source for value in found for source in value.sources]
        pipeline.steps = [step for value in found for step in value.steps]
        plain = (Read, Fixed)
        first, *others = (value.value for value in found)
        values = (first, *(value if isinstance(value, plain) else Later(value) for value in others))
        if len(found) == 1:
            pipeline.located = found[0].located
            pipeline.statements.append(Assign(values[0]))
            return pipeline if self._sound(pipeline, found[0], expression, target) else None
        if any(value.fallible for value in found):
            message = "arithmetic that can fail stands beside '??' in parentheses: `(a * b or quarantine) ?? c`"
            self._diagnostics.add(Code.FALLIBLE, expression.span, message)
            return None
        kept = tuple(str(condition) for condition in expression.skipped if condition is not Condition.ABSENT)
        call = Apply("coalesce_but", (Fixed(kept), *values)) if kept else Apply("coalesce", values)
        pipeline.statements.append(Assign(call))
        return pipeline

    def _sound(self, pipeline: Pipeline, found: Found, expression: Expression, target: Target) -> bool:
        """Whether arithmetic that can fail has an outcome."""
        if not found.fallible:
            return True
        outcome = next(
            (one for one in expression.outcomes if not one.conditions or Condition.FAILURE in one.conditions), None
        )
        if outcome is None:
            message = "the result may have more than 1,000 digits, or a divisor may be 0"
            hint = "bound the numbers in the vendor schema, or add `or quarantine`, `or omit` or a value"
            self._diagnostics.add(Code.FALLIBLE, expression.span, message, hint)
            return False
        expected = "a result of at most 1,000 digits, and no division by 0"
        end = self.outcomes.consequence(outcome, pipeline, target, "NOT_REPRESENTABLE", expected)
        if end is not None:
            pipeline.statements.append(Guard(Test.FAILED, end))
        return end is not None


def _is_skipped(value: ValueType, conditions: tuple[Condition, ...]) -> bool:
    """Whether `??` can pass over a value of the type."""
    return (
        value.absent
        or (value.nullable and Condition.NULL in conditions)
        or (value.kind in ("string", "array") and Condition.EMPTY in conditions)
    )


def _type_of_first(types: list[ValueType], conditions: tuple[Condition, ...]) -> ValueType:
    """The type of what `??` gives: a value that is not passed over, or the last one."""
    *before, last = types
    taken = [without(value, {Condition.ABSENT, *conditions}) for value in before]
    if not taken:
        return last
    return replace(reduce(union, [*taken, last]), absent=last.absent)
