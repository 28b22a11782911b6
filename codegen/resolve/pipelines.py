"""An expression checked step by step: types in, statements out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.syntax import Call, Condition, Literal, Path
from codegen.ir.statements import Apply, Assign, Convert, Current, Fixed, Guard
from codegen.resolve.rules import Pipeline
from codegen.resolve.scopes import Scope, locate
from codegen.resolve.steps.definition import result_type
from codegen.resolve.steps.registry import STEPS
from codegen.resolve.types import Gap, ValueType, gaps, type_of_literal, union

if TYPE_CHECKING:
    from codegen.frontend.json_schema import Schema
    from codegen.frontend.syntax import Expression, Operand, Step
    from codegen.ir.statements import Value
    from codegen.resolve.outcomes import OutcomeCompiler
    from codegen.resolve.rules import Target


class PipelineCompiler:
    """Compiles the expressions of one event."""

    def __init__(self, diagnostics: Diagnostics, outcomes: OutcomeCompiler) -> None:
        self._diagnostics = diagnostics
        self._outcomes = outcomes

    def source(
        self, expression: Expression, scopes: tuple[Scope, ...], target: Target, *, takes_null: bool
    ) -> Pipeline | None:
        """The expression's value before anything is asked of its type; None if it was reported."""
        pipeline = self._operands(expression, scopes, target)
        if pipeline is None:
            return None
        settled = all(self._outcomes.settle(pipeline, outcome, target) for outcome in expression.outcomes)
        last = not expression.steps
        if not settled or not self._outcomes.need_present(
            pipeline, target, expression.span, takes_null=takes_null and last
        ):
            return None
        if not all(self._step(pipeline, step, scopes, target) for step in expression.steps):
            return None
        return pipeline

    def into(self, expression: Expression, scopes: tuple[Scope, ...], target: Target) -> Pipeline | None:
        """The expression with its type proven, or checked, to fit the target; None if it was reported."""
        pipeline = self.source(expression, scopes, target, takes_null=target.schema.nullable)
        if pipeline is None:
            return None
        if not self._fit(pipeline, expression, target):
            return None
        self._outcomes.report_needless(pipeline, expression)
        return pipeline

    def _operands(self, expression: Expression, scopes: tuple[Scope, ...], target: Target) -> Pipeline | None:
        found: list[tuple[Value, ValueType]] = []
        pipeline = Pipeline(ValueType(kind="null"))
        for operand in expression.operands:
            value = self._operand(operand, scopes, pipeline, target)
            if value is None:
                return None
            if found and not found[-1][1].absent:
                message = "what stands left of '??' is always present"
                self._diagnostics.add(Code.UNREACHABLE, operand.span, message, "remove what stands right of it")
            found.append(value)
        pipeline.type = found[0][1]
        for _, following in found[1:]:
            pipeline.type = union(pipeline.type, following)
        if len(found) == 1:
            pipeline.statements.append(Assign(found[0][0]))
        else:
            pipeline.located = None
            pipeline.statements.append(Assign(Apply("first", tuple(value for value, _ in found))))
        return pipeline

    def _operand(
        self, operand: Operand, scopes: tuple[Scope, ...], pipeline: Pipeline, target: Target
    ) -> tuple[Value, ValueType] | None:
        if isinstance(operand, Call):
            self._diagnostics.add(
                Code.UNKNOWN_STEP, operand.span, f"'{operand.name}' does not start an expression", "start with a path"
            )
            return None
        if isinstance(operand, Literal):
            if target.is_amount and target.required:
                self._outcomes.refuse_default(operand.span, target)
                return None
            pipeline.sources.append(f"const:{operand.value}")
            return Fixed(operand.value), type_of_literal(operand.value)
        located = locate(operand, scopes, self._diagnostics)
        if located is None:
            return None
        if not pipeline.sources:
            pipeline.pointer, pipeline.base, pipeline.located = located.pointer, located.base, located
        pipeline.sources.append(located.lineage)
        return located.read, located.type

    def _step(self, pipeline: Pipeline, step: Step, scopes: tuple[Scope, ...], target: Target) -> bool:
        definition = STEPS.get(step.name)
        if definition is None:
            message = f"there is no step '{step.name}'"
            self._diagnostics.add(Code.UNKNOWN_STEP, step.span, message, suggestion(step.name, STEPS))
            return False
        if pipeline.type.kind not in definition.takes:
            takes = ", ".join(sorted(definition.takes))
            message = f"'{step.name}' takes {takes}; the value is {pipeline.type.describe()}"
            self._diagnostics.add(Code.TYPE_MISMATCH, step.span, message)
            return False
        fallible = definition.fallible(pipeline.type, ())
        arguments = self._arguments(step, scopes, pipeline, fallible=fallible)
        if arguments is None:
            return False
        call = Apply(definition.name, (Current(), *(value for value, _ in arguments)))
        before = pipeline.type
        pipeline.type = result_type(definition, before, tuple(found for _, found in arguments))
        pipeline.steps.append(step.name)
        pipeline.located = None
        if not fallible:
            pipeline.statements.append(Assign(call))
            return True
        outcomes = [one for one in step.outcomes if not one.conditions or Condition.FAILURE in one.conditions]
        if not outcomes:
            message = f"'{step.name}' can fail on a {before.describe()}: {definition.fails}"
            self._diagnostics.add(Code.FALLIBLE, step.span, message, "add `or quarantine`, `or omit` or a value")
            return False
        consequence = self._outcomes.consequence(
            outcomes[0], pipeline, target, "NOT_CONVERTIBLE", f"what '{step.name}' takes"
        )
        if consequence is not None:
            pipeline.statements.append(Convert(call, consequence))
        return consequence is not None

    def _arguments(
        self, step: Step, scopes: tuple[Scope, ...], pipeline: Pipeline, *, fallible: bool
    ) -> list[tuple[Value, ValueType]] | None:
        definition = STEPS[step.name]
        if len(step.arguments) != len(definition.parameters):
            wanted = ", ".join(parameter.name for parameter in definition.parameters) or "no arguments"
            self._diagnostics.add(Code.WRONG_ARGUMENTS, step.span, f"'{step.name}' takes {wanted}")
            return None
        found: list[tuple[Value, ValueType]] = []
        for argument, parameter in zip(step.arguments, definition.parameters, strict=True):
            if isinstance(argument, Path):
                located = locate(argument, scopes, self._diagnostics)
                if located is None:
                    return None
                value: Value = located.read
                kind = located.type
                pipeline.sources.append(located.lineage)
            elif isinstance(argument, Literal):
                value, kind = Fixed(argument.value), type_of_literal(argument.value)
            else:
                self._diagnostics.add(
                    Code.WRONG_ARGUMENTS, argument.span, f"'{parameter.name}' must be a path or constant"
                )
                return None
            # A step that can fail treats a missing argument as one more reason to.
            if kind.kind not in parameter.takes or ((kind.absent or kind.nullable) and not fallible):
                takes = ", ".join(sorted(parameter.takes))
                message = f"'{parameter.name}' of '{step.name}' takes {takes}, not {kind.describe()}"
                self._diagnostics.add(Code.WRONG_ARGUMENTS, argument.span, message)
                return None
            found.append((value, kind))
        return found

    def _fit(self, pipeline: Pipeline, expression: Expression, target: Target) -> bool:
        schema = target.schema
        kinds = schema.value_types
        structured = pipeline.type.kind in ("object", "array")
        if structured or pipeline.type.kind not in (*kinds, "null", *(("integer",) if "number" in kinds else ())):
            message = f"the value is {pipeline.type.describe()}, '{target.pointer}' takes {' or '.join(schema.types)}"
            self._diagnostics.add(Code.TYPE_MISMATCH, expression.span, message, _conversion(pipeline.type, schema))
            return False
        outcomes = expression.steps[-1].outcomes if expression.steps else expression.outcomes
        # The last outcome, if it names no condition, also answers for what the target asks and nothing proves.
        final = outcomes[-1] if outcomes and not outcomes[-1].conditions else None
        sound = True
        for gap in gaps(pipeline.type, schema):
            if final is None or gap.test is None or pipeline.type.nullable:
                self._report_gap(gap, pipeline, expression, target)
                sound = False
                continue
            consequence = self._outcomes.consequence(final, pipeline, target, gap.code, gap.what)
            if consequence is None:
                return False
            pipeline.statements.append(
                Guard(gap.test, consequence, low=gap.low, high=gap.high, pattern=gap.pattern, values=gap.values)
            )
        return sound

    def _report_gap(self, gap: Gap, pipeline: Pipeline, expression: Expression, target: Target) -> None:
        message = f"'{target.pointer}' asks for {gap.what}, which is not proven"
        if pipeline.type.nullable:
            remedy = "say what happens on null"
        elif gap.test is not None:
            remedy = "add `or quarantine`"
        else:
            remedy = "add `| timestamp`" if target.schema.format == "date-time" else "use a step that gives it"
        hint = f"declare {gap.proof} in the vendor schema, or {remedy}"
        self._diagnostics.add(Code.UNPROVEN, expression.span, message, hint)


def _conversion(found: ValueType, target: Schema) -> str:
    kinds = target.value_types
    if "array" in kinds:
        return "build it with `each:`"
    if "object" in kinds:
        return "build it with `object:`"
    if "string" in kinds and found.kind in ("integer", "number", "boolean"):
        return "add `| string`"
    if "integer" in kinds and found.kind in ("string", "number"):
        return "add `| integer or quarantine`"
    return ""
