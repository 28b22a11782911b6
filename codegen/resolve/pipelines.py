"""An expression checked step by step: types in, statements out."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.expression import Action, Call, Condition, Expression, Literal, Outcome, Path, Step
from codegen.ir import Apply, Assign, Convert, Current, EachOf, Fixed, Give, Guard, Reject, Test
from codegen.resolve.scopes import Located, Scope, locate
from codegen.resolve.steps import STEPS, result_type
from codegen.resolve.types import Gap, ValueType, certain, gaps, literal_fits, type_of_literal, union

if TYPE_CHECKING:
    from codegen.diagnostics import Span
    from codegen.frontend.expression import Operand
    from codegen.frontend.json_schema import Schema
    from codegen.ir import End, Statement, Value


@dataclass(frozen=True, slots=True)
class Target:
    """What a rule fills."""

    schema: Schema
    required: bool
    event: str
    pointer: str
    """Place in the canonical event's data, ``*`` for indexes."""
    span: Span
    branch: str = ""
    """Cases that lead here, for names in generated code."""

    @property
    def rule(self) -> str:
        """Name of the rule, for rejections and lineage."""
        return f"{self.event}{self.pointer}"


@dataclass(slots=True)
class Pipeline:
    """What an expression has become so far."""

    type: ValueType
    statements: list[Statement] = field(default_factory=list)
    pointer: str = ""
    depth: int = 0
    sources: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    may_omit: bool = False
    located: Located | None = None
    """The path, where the expression is nothing but one."""
    used: set[Outcome] = field(default_factory=set)
    """The outcomes that can happen."""

    def total(self) -> Value | None:
        """The value as one expression, if no statement can end the rule early."""
        value: Value | None = None
        for statement in self.statements:
            if not isinstance(statement, Assign):
                return None
            value = substitute(statement.value, value)
        return value


def substitute(value: Value, current: Value | None) -> Value:
    """The value with what it does to the current one done to ``current``."""
    match value:
        case Current():
            assert current is not None
            return current
        case Apply(function, arguments):
            return Apply(function, tuple(substitute(argument, current) for argument in arguments))
        case EachOf():
            return replace(value, items=substitute(value.items, current))
        case _:
            return value


def reads_current(value: Value) -> bool:
    """Whether ``substitute`` puts the current value in just one place."""
    match value:
        case Current():
            return True
        case Apply(_, arguments):
            return sum(map(reads_current, arguments)) == 1
        case EachOf():
            return reads_current(value.items)
        case _:
            return False


class PipelineCompiler:
    """Compiles the expressions of one event."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics

    def source(
        self, expression: Expression, scopes: tuple[Scope, ...], target: Target, *, takes_null: bool
    ) -> Pipeline | None:
        """The expression's value before anything is asked of its type; None if it was reported."""
        pipeline = self._operands(expression, scopes, target)
        if pipeline is None:
            return None
        settled = all(self._settle(pipeline, outcome, target) for outcome in expression.outcomes)
        last = not expression.steps
        if not settled or not self._need_present(pipeline, target, expression.span, takes_null=takes_null and last):
            return None
        if not all(self._step(pipeline, step, scopes, target) for step in expression.steps):
            return None
        return pipeline

    def report_needless(self, pipeline: Pipeline, expression: Expression) -> None:
        """Warn of every outcome that nothing can lead to."""
        declared = (*expression.outcomes, *(outcome for step in expression.steps for outcome in step.outcomes))
        for outcome in declared:
            if outcome not in pipeline.used:
                self._diagnostics.add(
                    Code.NEEDLESS_OUTCOME, outcome.span, f"'or {outcome.action}' can never happen here"
                )

    def into(self, expression: Expression, scopes: tuple[Scope, ...], target: Target) -> Pipeline | None:
        """The expression with its type proven, or checked, to fit the target; None if it was reported."""
        pipeline = self.source(expression, scopes, target, takes_null=target.schema.nullable)
        if pipeline is None:
            return None
        if not self._fit(pipeline, expression, target):
            return None
        self.report_needless(pipeline, expression)
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
            if self._is_amount(target) and target.required:
                self._refuse_default(operand.span, target)
                return None
            pipeline.sources.append(f"const:{operand.value}")
            return Fixed(operand.value), type_of_literal(operand.value)
        located = locate(operand, scopes, self._diagnostics)
        if located is None:
            return None
        if not pipeline.sources:
            pipeline.pointer, pipeline.depth, pipeline.located = located.pointer, located.depth, located
        pipeline.sources.append(located.lineage)
        return located.read, located.type

    @staticmethod
    def _is_amount(target: Target) -> bool:
        """Amounts and quantities are the integers of the canonical events."""
        return target.schema.value_types == ("integer",)

    def _refuse_default(self, span: Span, target: Target) -> None:
        message = f"'{target.pointer}' is a required amount or quantity and may not have a default"
        self._diagnostics.add(Code.DEFAULT_NOT_ALLOWED, span, message, "use `or quarantine`")

    def consequence(self, outcome: Outcome, pipeline: Pipeline, target: Target, code: str, expected: str) -> End | None:
        """What the outcome does; None if it was reported."""
        pipeline.used.add(outcome)
        if outcome.action is Action.QUARANTINE:
            return Reject(target.rule, code, pipeline.pointer, expected, pipeline.depth)
        if outcome.action is Action.OMIT:
            if target.required:
                message = f"'{target.pointer}' is required and cannot be left out"
                self._diagnostics.add(Code.ABSENT_NOT_TAKEN, outcome.span, message, "use `or quarantine`")
                return None
            pipeline.may_omit = True
            return Give(None)
        if self._is_amount(target) and target.required:
            self._refuse_default(outcome.span, target)
            return None
        if not literal_fits(outcome.value, target.schema):
            message = f"{outcome.value!a} does not fit '{target.pointer}'"
            self._diagnostics.add(Code.LITERAL_MISMATCH, outcome.span, message)
            return None
        return Give(Fixed(outcome.value))

    def _settle(self, pipeline: Pipeline, outcome: Outcome, target: Target) -> bool:
        """Apply one outcome that stands behind the path."""
        possible = {
            Condition.ABSENT: pipeline.type.absent,
            Condition.NULL: pipeline.type.nullable,
            Condition.EMPTY: pipeline.type.kind in ("string", "array"),
        }
        wanted = outcome.conditions or (
            (Condition.ABSENT,) if outcome.action is Action.VALUE else (Condition.ABSENT, Condition.NULL)
        )
        taken = {condition for condition in wanted if possible.get(condition)}
        if not taken:
            return True
        consequence = self.consequence(outcome, pipeline, target, "MISSING", "a value")
        if consequence is None:
            return False
        if {Condition.ABSENT, Condition.NULL} <= taken:
            pipeline.statements.append(Guard(Test.MISSING, consequence))
        elif Condition.ABSENT in taken:
            pipeline.statements.append(Guard(Test.ABSENT, consequence))
        elif Condition.NULL in taken:
            pipeline.statements.append(Guard(Test.NULL, consequence))
        if Condition.EMPTY in taken:
            pipeline.statements.append(Guard(Test.EMPTY, consequence))
        before = pipeline.type
        pipeline.type = replace(
            before,
            absent=before.absent and Condition.ABSENT not in taken,
            nullable=before.nullable and Condition.NULL not in taken,
            min_length=max(1, before.min_length) if Condition.EMPTY in taken else before.min_length,
        )
        return True

    def _need_present(self, pipeline: Pipeline, target: Target, span: Span, *, takes_null: bool) -> bool:
        """What may still be absent is left out of an optional target and refused for a required one."""
        sound = True
        if pipeline.type.absent:
            if target.required:
                message = f"the value may be absent, and '{target.pointer}' is required"
                hint = "add `or quarantine`, or make the field required in the vendor schema"
                self._diagnostics.add(Code.ABSENT_NOT_TAKEN, span, message, hint)
                sound = False
            else:
                pipeline.statements.append(Guard(Test.ABSENT, Give(None)))
                pipeline.may_omit = True
        if pipeline.type.nullable and not takes_null:
            hint = "add `or omit on null` or `or quarantine on null`"
            self._diagnostics.add(Code.NULL_NOT_TAKEN, span, "the value may be null, which is not taken here", hint)
            sound = False
        nullable = pipeline.type.nullable and takes_null
        pipeline.type = replace(certain(pipeline.type), nullable=nullable)
        return sound

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
        fallible = definition.fallible(pipeline.type)
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
        consequence = self.consequence(outcomes[0], pipeline, target, "NOT_CONVERTIBLE", f"what '{step.name}' takes")
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
            consequence = self.consequence(final, pipeline, target, gap.code, gap.what)
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
