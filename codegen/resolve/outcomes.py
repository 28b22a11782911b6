"""What a rule does where there is no value to go on with: outcomes, declared or implied."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, shown
from codegen.frontend.syntax import Action, Condition
from codegen.ir.statements import Fixed, Give, Guard, Reject, SettleItems, Test
from codegen.resolve.types import certain, list_of, type_of_literal, union

if TYPE_CHECKING:
    from codegen.diagnostics import Span
    from codegen.frontend.syntax import Expression, Outcome
    from codegen.ir.statements import End
    from codegen.resolve.rules import Pipeline, Target
    from codegen.resolve.types import ValueType


class OutcomeCompiler:
    """Turns outcomes into guards."""

    def __init__(self, diagnostics: Diagnostics) -> None:
        self._diagnostics = diagnostics

    def consequence(self, outcome: Outcome, pipeline: Pipeline, target: Target, code: str, expected: str) -> End | None:
        """What the outcome does; None if it was reported."""
        pipeline.used.add(outcome)
        if outcome.action is Action.QUARANTINE:
            return Reject(target.rule, code, pipeline.pointer, expected, pipeline.base)
        if outcome.action is Action.OMIT:
            if target.required:
                message = f"{target.place} is required and cannot be left out"
                self._diagnostics.add(Code.ABSENT_NOT_TAKEN, outcome.span, message, "use `or quarantine`")
                return None
            pipeline.may_omit = True
            return Give(target.nothing)
        if target.refuses_default:
            self.refuse_default(outcome.span, target)
            return None
        if not target.takes(outcome.value):
            message = f"{shown(outcome.value)} does not fit {target.place}"
            self._diagnostics.add(Code.LITERAL_MISMATCH, outcome.span, message, target.asks(outcome.value))
            return None
        pipeline.instead.append(type_of_literal(outcome.value))
        return Give(Fixed(outcome.value))

    def consequence_for_items(self, outcome: Outcome, pipeline: Pipeline, target: Target, code: str, what: str) -> End:
        """What the outcome does with the elements of a list: left out, replaced, or the payload is rejected."""
        pipeline.used.add(outcome)
        match outcome.action:
            case Action.QUARANTINE:
                return Reject(target.rule, code, pipeline.pointer, what, pipeline.base)
            case Action.OMIT:
                return Give(None)
            case Action.VALUE:
                return Give(Fixed(outcome.value))

    def refuse_default(self, span: Span, target: Target) -> None:
        """Report a default where none may stand."""
        message = f"'{target.pointer}' is a required amount or quantity and may not have a default"
        self._diagnostics.add(Code.DEFAULT_NOT_ALLOWED, span, message, "use `or quarantine`")

    def settle(self, pipeline: Pipeline, outcome: Outcome, target: Target) -> bool:
        """Apply one outcome to what the value may lack: absence, null, emptiness."""
        possible = {
            Condition.ABSENT: pipeline.type.absent,
            Condition.NULL: pipeline.type.nullable,
            Condition.EMPTY: pipeline.type.kind in ("string", "array"),
        }
        wanted = _conditions(outcome)
        taken = {condition for condition in wanted if possible.get(condition)}
        if not taken:
            return True
        consequence = self.consequence(outcome, pipeline, target, "MISSING", "a value")
        if consequence is None:
            return False
        tests = {
            Test.MISSING: {Condition.ABSENT, Condition.NULL} <= taken,
            Test.ABSENT: Condition.ABSENT in taken and Condition.NULL not in taken,
            Test.NULL: Condition.NULL in taken and Condition.ABSENT not in taken,
            Test.EMPTY: Condition.EMPTY in taken,
        }
        pipeline.statements += [Guard(test, consequence) for test, asked in tests.items() if asked]
        pipeline.type = without(pipeline.type, taken)
        return True

    def settle_items(self, pipeline: Pipeline, outcome: Outcome, target: Target) -> None:
        """Apply an outcome on null to the elements of a list that is there."""
        element = pipeline.type.element if pipeline.type.is_list else None
        if element is None or not element.nullable or Condition.NULL not in _conditions(outcome):
            return
        end = self.consequence_for_items(outcome, pipeline, target, "MISSING", "a list without null")
        pipeline.statements.append(SettleItems(Guard(Test.NULL, end)))
        pipeline.type = settled_items(pipeline.type, replace(element, nullable=False), end)

    def need_present(self, pipeline: Pipeline, target: Target, span: Span, *, takes_null: bool) -> bool:
        """What may still be absent is left out of an optional target and refused for a required one."""
        sound = True
        if pipeline.type.absent:
            if target.required:
                message = f"the value may be absent, and {target.place} is required"
                hint = "add `or quarantine`, or make the field required in the vendor schema"
                self._diagnostics.add(Code.ABSENT_NOT_TAKEN, span, message, hint)
                sound = False
            else:
                pipeline.statements.append(Guard(Test.ABSENT, Give(target.nothing)))
                pipeline.may_omit = True
        if pipeline.type.nullable and not takes_null:
            hint = "add `or omit on null` or `or quarantine on null`"
            self._diagnostics.add(Code.NULL_NOT_TAKEN, span, "the value may be null, which is not taken here", hint)
            sound = False
        nullable = pipeline.type.nullable and takes_null
        pipeline.type = replace(certain(pipeline.type), nullable=nullable)
        return sound

    def report_needless(self, pipeline: Pipeline, expression: Expression) -> None:
        """Warn of every outcome that nothing can lead to."""
        for outcome in declared(expression):
            if outcome not in pipeline.used:
                words = "a value" if outcome.action is Action.VALUE else outcome.action
                message = f"'or {words}' can never happen here"
                self._diagnostics.add(Code.NEEDLESS_OUTCOME, outcome.span, message, "remove it")


def declared(expression: Expression) -> tuple[Outcome, ...]:
    """Every outcome of an expression."""
    return (*expression.outcomes, *(outcome for step in expression.steps for outcome in step.outcomes))


def _conditions(outcome: Outcome) -> tuple[Condition, ...]:
    """What an outcome acts on behind a path."""
    if outcome.conditions:
        return outcome.conditions
    return (Condition.ABSENT,) if outcome.action is Action.VALUE else (Condition.ABSENT, Condition.NULL)


def without(value: ValueType, settled: set[Condition]) -> ValueType:
    """The type of a value to which none of the conditions applies."""
    found = replace(
        value,
        absent=value.absent and Condition.ABSENT not in settled,
        nullable=value.nullable and Condition.NULL not in settled,
    )
    if Condition.EMPTY not in settled:
        return found
    if value.is_list:
        return replace(found, min_items=max(1, value.min_items))
    enum = tuple(item for item in value.enum if item) if value.enum is not None else None
    return replace(found, min_length=max(1, value.min_length), enum=enum)


def settled_items(value: ValueType, element: ValueType, end: End) -> ValueType:
    """The type of a list behind a guard on its elements, which leaves elements of the type."""
    match end:
        case Give(None):
            return list_of(element, max_items=value.max_items)
        case Give(Fixed(instead)):
            element = union(element, type_of_literal(instead))
    return list_of(element, min_items=value.min_items, max_items=value.max_items)
