"""One step of an expression: its arguments checked, its result typed, its failure answered."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.syntax import Condition, Literal
from codegen.ir.statements import Apply, Assign, Convert, Current, Guard, Item, PerItem, Read, SettleItems, Test
from codegen.resolve.outcomes import settled_items
from codegen.resolve.steps.definition import result_type, takes_list
from codegen.resolve.steps.registry import STEPS
from codegen.resolve.types import list_of

if TYPE_CHECKING:
    from codegen.frontend.syntax import Operand, Outcome, Step
    from codegen.ir.statements import Value
    from codegen.resolve.operands import OperandCompiler
    from codegen.resolve.outcomes import OutcomeCompiler
    from codegen.resolve.rules import Pipeline, Target
    from codegen.resolve.scopes import Scope
    from codegen.resolve.steps.definition import Arguments, Parameter, StepDefinition
    from codegen.resolve.types import ValueType


class StepCompiler:
    """Adds steps to pipelines."""

    def __init__(self, diagnostics: Diagnostics, outcomes: OutcomeCompiler, operands: OperandCompiler) -> None:
        self._diagnostics = diagnostics
        self._outcomes = outcomes
        self._operands = operands

    def step(self, pipeline: Pipeline, step: Step, scopes: tuple[Scope, ...], target: Target) -> bool:
        """Take one more step; False if something was reported."""
        definition = STEPS.get(step.name)
        if definition is None:
            message = f"there is no step '{step.name}'"
            self._diagnostics.add(Code.UNKNOWN_STEP, step.span, message, suggestion(step.name, STEPS))
            return False
        per_item = pipeline.type.is_list and not takes_list(definition)
        taken = pipeline.type.element if per_item else pipeline.type
        if taken is None or not self._fits(definition, taken, step):
            if taken is None:
                message = f"'{step.name}' goes through a list whose items are not declared"
                self._diagnostics.add(Code.TYPE_MISMATCH, step.span, message)
            return False
        arguments = self._arguments(definition, step, scopes, pipeline, taken)
        if arguments is None:
            return False
        types = tuple(found for _, found in arguments)
        current: Value = Item() if per_item else Current()
        extra = (Read("envelope", (name,), certain=True) for name in definition.envelope)
        call = Apply(definition.function or definition.name, (current, *(value for value, _ in arguments), *extra))
        fallible = definition.fallible(taken, types)
        before, result = pipeline.type, result_type(definition, taken, types)
        pipeline.steps.append(step.name)
        pipeline.located = None
        outcome = next((one for one in step.outcomes if _answers_failure(one)), None)
        if fallible and outcome is None:
            message = f"'{step.name}' can fail on a {taken.describe()}: {definition.fails}"
            self._diagnostics.add(Code.FALLIBLE, step.span, message, "add `or quarantine`, `or omit` or a value")
            return False
        failing = outcome if fallible else None
        if per_item:
            self._per_item(pipeline, replace(before, nullable=False), result, call, failing, target, step)
        elif not self._whole(pipeline, result, call, failing, target, step):
            return False
        return self._settle(pipeline, step, target)

    def _fits(self, definition: StepDefinition, value: ValueType, step: Step) -> bool:
        takes = definition.takes
        element = value.element if value.is_list else None
        hint = ""
        wrong = value.kind not in takes
        if not wrong and value.nullable:
            wrong, hint = True, "say before what happens on null"
        if not wrong and element is not None and definition.items:
            wrong = element.kind not in definition.items or element.nullable
            hint = "convert its elements before, or leave null out: `or omit on null`"
        if wrong:
            words = (
                ", ".join(sorted(takes)) if not definition.items else f"a list of {', '.join(sorted(definition.items))}"
            )
            message = f"'{step.name}' takes {words}; the value is {value.describe()}"
            self._diagnostics.add(Code.TYPE_MISMATCH, step.span, message, hint)
        return not wrong

    def _per_item(  # noqa: PLR0917 - one step on a list, with all that answers for it
        self,
        pipeline: Pipeline,
        before: ValueType,
        result: ValueType,
        call: Apply,
        outcome: Outcome | None,
        target: Target,
        step: Step,
    ) -> None:
        pipeline.statements.append(Assign(PerItem(Current(), call)))
        pipeline.type = list_of(result, min_items=before.min_items, max_items=before.max_items)
        if outcome is None:
            return
        end = self._outcomes.consequence_for_items(
            outcome, pipeline, target, "NOT_CONVERTIBLE", f"what '{step.name}' takes"
        )
        pipeline.statements.append(SettleItems(Guard(Test.FAILED, end)))
        pipeline.type = settled_items(pipeline.type, result, end)

    def _whole(  # noqa: PLR0917 - one step, with all that answers for it
        self,
        pipeline: Pipeline,
        result: ValueType,
        call: Apply,
        outcome: Outcome | None,
        target: Target,
        step: Step,
    ) -> bool:
        pipeline.type = result
        if outcome is None:
            pipeline.statements.append(Assign(call))
            return True
        end = self._outcomes.consequence(outcome, pipeline, target, "NOT_CONVERTIBLE", f"what '{step.name}' takes")
        if end is not None:
            pipeline.statements.append(Convert(call, end))
        return end is not None

    def _settle(self, pipeline: Pipeline, step: Step, target: Target) -> bool:
        """Apply the outcomes that act on what the step gave."""
        for outcome in step.outcomes:
            acts = Condition.NULL in outcome.conditions or Condition.EMPTY in outcome.conditions
            implied = not outcome.conditions and pipeline.type.nullable
            if (acts or implied) and not self._outcomes.settle(pipeline, outcome, target):
                return False
            if acts or not outcome.conditions:
                self._outcomes.settle_items(pipeline, outcome, target)
        return True

    def _arguments(
        self,
        definition: StepDefinition,
        step: Step,
        scopes: tuple[Scope, ...],
        pipeline: Pipeline,
        value: ValueType,
    ) -> list[tuple[Value, ValueType]] | None:
        given, wanted = len(step.arguments), definition.parameters
        rest = definition.rest
        if given < len(wanted) or (given > len(wanted) and rest is None):
            names = [parameter.name for parameter in wanted] + ([f"{rest.name}, ..."] if rest else [])
            self._wrong(step, f"'{step.name}' takes {', '.join(names) or 'no arguments'}")
            return None
        parameters = [*wanted, *([rest] * (given - len(wanted)) if rest else ())]
        found: list[tuple[Value, ValueType]] = []
        for argument, parameter in zip(step.arguments, parameters, strict=True):
            one = self._argument(definition, argument, parameter, scopes, pipeline)
            if one is None:
                return None
            found.append(one)
        types = tuple(kind for _, kind in found)
        fault = definition.fault(types)
        if fault is not None:
            self._wrong(step, f"'{step.name}': {fault}")
            return None
        return found if self._may_lack(definition, step, found, value, types) else None

    def _wrong(self, step: Step, message: str) -> None:
        self._diagnostics.add(Code.WRONG_ARGUMENTS, step.span, message)

    def _may_lack(
        self,
        definition: StepDefinition,
        step: Step,
        found: list[tuple[Value, ValueType]],
        value: ValueType,
        types: Arguments,
    ) -> bool:
        """A step that can fail treats a missing argument as one more reason to; no other takes one."""
        lacking = next((kind for kind in types if kind.absent or kind.nullable), None)
        if lacking is None or definition.fallible(value, types):
            return True
        names = [parameter.name for parameter in definition.parameters]
        self._wrong(step, f"'{', '.join(names)}' of '{step.name}' must be there, and this is {lacking.describe()}")
        return not found

    def _argument(
        self,
        definition: StepDefinition,
        argument: Operand,
        parameter: Parameter,
        scopes: tuple[Scope, ...],
        pipeline: Pipeline,
    ) -> tuple[Value, ValueType] | None:
        name = f"'{parameter.name}' of '{definition.name}'"
        if parameter.constant and not isinstance(argument, Literal):
            self._diagnostics.add(Code.WRONG_ARGUMENTS, argument.span, f"{name} must be a constant")
            return None
        found = self._operands.argument(argument, scopes)
        if found is None:
            return None
        if found.type.kind not in parameter.takes or found.fallible:
            takes = ", ".join(sorted(parameter.takes))
            message = f"{name} takes {takes}, not {found.type.describe()}"
            self._diagnostics.add(Code.WRONG_ARGUMENTS, argument.span, message)
            return None
        if not parameter.constant:
            pipeline.sources += found.sources
        return found.value, found.type


def _answers_failure(outcome: Outcome) -> bool:
    return not outcome.conditions or Condition.FAILURE in outcome.conditions
