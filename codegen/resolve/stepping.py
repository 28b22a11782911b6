"""One step of an expression: its arguments checked, its result typed, its failure answered."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.syntax import Condition, Literal
from codegen.ir.statements import Apply, Assign, Convert, Current, Fixed, Guard, Item, PerItem, Read, SettleItems, Test
from codegen.resolve.outcomes import settled_items, without
from codegen.resolve.steps.definition import result_type, takes_list
from codegen.resolve.steps.registry import STEPS
from codegen.resolve.types import list_of, union

if TYPE_CHECKING:
    from collections.abc import Callable

    from codegen.frontend.json_schema import Schema
    from codegen.frontend.syntax import Operand, Outcome, Step
    from codegen.ir.statements import Value
    from codegen.resolve.operands import Found, OperandCompiler
    from codegen.resolve.outcomes import OutcomeCompiler
    from codegen.resolve.rules import Pipeline, Target
    from codegen.resolve.scopes import Scope
    from codegen.resolve.steps.definition import Parameter, StepDefinition
    from codegen.resolve.types import ValueType


@dataclass(frozen=True, slots=True)
class Application:
    """A step on its way onto a pipeline."""

    pipeline: Pipeline
    definition: StepDefinition
    step: Step
    outcome: Outcome | None
    """What answers for the step's failure."""
    target: Target

    @property
    def per_item(self) -> bool:
        """Whether the step goes through a list."""
        return self.pipeline.type.is_list and not takes_list(self.definition)

    @property
    def taken(self) -> ValueType | None:
        """What the step takes: the value, or an element of the list."""
        return self.pipeline.type.element if self.per_item else self.pipeline.type

    @property
    def current(self) -> Value:
        """The value to be taken."""
        return Item() if self.per_item else Current()


class StepCompiler:
    """Adds steps to pipelines."""

    def __init__(
        self,
        diagnostics: Diagnostics,
        outcomes: OutcomeCompiler,
        operands: OperandCompiler,
        bundle: Callable[[Schema], str],
    ) -> None:
        self._diagnostics = diagnostics
        self._bundle = bundle
        self._outcomes = outcomes
        self._operands = operands

    def step(self, pipeline: Pipeline, step: Step, scopes: tuple[Scope, ...], target: Target) -> bool:
        """Take one more step; False if something was reported."""
        definition = STEPS.get(step.name)
        if definition is None:
            message = f"there is no step '{step.name}'"
            self._diagnostics.add(Code.UNKNOWN_STEP, step.span, message, suggestion(step.name, STEPS))
            return False
        outcome = next((one for one in step.outcomes if _answers_failure(one)), None)
        at = Application(pipeline, definition, step, outcome, target)
        if at.taken is None:
            message = f"'{step.name}' goes through a list whose items are not declared"
            self._diagnostics.add(Code.TYPE_MISMATCH, step.span, message)
            return False
        if not self._fits(at, at.taken) or not self._narrow(at, at.taken):
            return False
        arguments = self._arguments(at, scopes)
        if arguments is None:
            return False
        types = tuple(found.type for found in arguments)
        call = Apply(definition.function or definition.name, self._values(at, arguments))
        kinds = _alternatives(definition, at.taken)
        result = reduce(union, (result_type(definition, kind, types) for kind in kinds))
        fails = definition.fails if any(definition.fallible(kind, types) for kind in kinds) else ""
        if not self._apply(at, call, result, fails):
            return False
        pipeline.steps.append(step.name)
        pipeline.located = None
        return self._settle(at)

    def _values(self, at: Application, arguments: list[Found]) -> tuple[Value, ...]:
        """What the runtime's function is called with."""
        assert at.taken is not None
        values = [at.current, *(argument.value for argument in arguments)]
        if at.definition.content_type:
            schema = at.taken.schema
            assert schema is not None
            assert schema.content is not None
            values.append(Fixed(self._bundle(schema.content)))
        return (*values, *(Read("envelope", (name,), certain=True) for name in at.definition.envelope))

    def _narrow(self, at: Application, taken: ValueType) -> bool:
        """Look at a value of several types for one that the step takes; False if something was reported."""
        if taken.kind != "any" or taken.schema is None:
            return True
        kinds = {kind.kind for kind in _alternatives(at.definition, taken)}
        if not taken.nullable and kinds >= set(taken.schema.value_types):
            return True
        known = replace(taken, nullable=False)
        narrowed = replace(known, kind=min(kinds)) if len(kinds) == 1 else known
        # What the schema calls a number may be an integer.
        named = tuple(sorted(kinds | ({"integer"} if "number" in kinds else set())))
        call = Apply("of_type", (at.current, Fixed(named)))
        return self._apply(at, call, narrowed, f"the value is none of {', '.join(named)}")

    def _fits(self, at: Application, value: ValueType) -> bool:
        """Whether the step takes values of the type; reported if not."""
        definition = at.definition
        element = value.element if value.is_list else None
        wrong, hint = not _alternatives(definition, value), ""
        # Of what may be of several types, null is one more that the step does not take.
        if not wrong and value.nullable and value.kind != "any":
            wrong, hint = True, "say before what happens on null"
        if not wrong and element is not None and definition.items:
            wrong = element.kind not in definition.items or element.nullable
            hint = "convert its elements before, or leave null out: `or omit on null`"
        if not wrong and definition.content_type and not _holds(value, definition.content_type):
            message = f"'{definition.name}' takes a text of which the vendor schema says what it holds"
            hint = f"add `contentMediaType: {definition.content_type}` and a contentSchema there"
            self._diagnostics.add(Code.TYPE_MISMATCH, at.step.span, message, hint)
            return False
        if wrong:
            words = ", ".join(sorted(definition.items or definition.takes))
            listed = f"a list of {words}" if definition.items else words
            message = f"'{definition.name}' takes {listed}; the value is {value.describe()}"
            self._diagnostics.add(Code.TYPE_MISMATCH, at.step.span, message, hint)
        return not wrong

    def _apply(self, at: Application, call: Apply, result: ValueType, fails: str) -> bool:
        """Replace the value, or each element of the list, by what the call gives; False if something was reported."""
        if fails and at.outcome is None:
            assert at.taken is not None
            message = f"'{at.step.name}' can fail on a {at.taken.describe()}: {fails}"
            self._diagnostics.add(Code.FALLIBLE, at.step.span, message, "add `or quarantine`, `or omit` or a value")
            return False
        expected = f"what '{at.step.name}' takes"
        pipeline, outcome = at.pipeline, at.outcome if fails else None
        if at.per_item:
            pipeline.statements.append(Assign(PerItem(Current(), call)))
            before = pipeline.type
            pipeline.type = list_of(result, min_items=before.min_items, max_items=before.max_items)
            if outcome is not None:
                self._settle_items(at, outcome, Test.FAILED, result, expected)
            return True
        pipeline.type = result
        if outcome is None:
            pipeline.statements.append(Assign(call))
            return True
        end = self._outcomes.consequence(outcome, pipeline, at.target, "NOT_CONVERTIBLE", expected)
        if end is not None:
            pipeline.statements.append(Convert(call, end))
        return end is not None

    def _settle_items(self, at: Application, outcome: Outcome, test: Test, result: ValueType, expected: str) -> None:
        pipeline = at.pipeline
        code = "NOT_CONVERTIBLE" if test is Test.FAILED else "MISSING"
        end = self._outcomes.consequence_for_items(outcome, pipeline, at.target, code, expected)
        pipeline.statements.append(SettleItems(Guard(test, end)))
        pipeline.type = settled_items(pipeline.type, result, end)

    def _settle(self, at: Application) -> bool:
        """Apply the outcomes that act on what the step gave."""
        for outcome in at.step.outcomes:
            if at.per_item:
                element = at.pipeline.type.element
                if Condition.EMPTY in outcome.conditions and element is not None:
                    filled = without(element, {Condition.EMPTY})
                    self._settle_items(at, outcome, Test.EMPTY, filled, "a list without empty texts")
                continue
            acts = Condition.NULL in outcome.conditions or Condition.EMPTY in outcome.conditions
            implied = not outcome.conditions and at.pipeline.type.nullable
            if (acts or implied) and not self._outcomes.settle(at.pipeline, outcome, at.target):
                return False
            if acts or not outcome.conditions:
                self._outcomes.settle_items(at.pipeline, outcome, at.target)
        return True

    def _arguments(self, at: Application, scopes: tuple[Scope, ...]) -> list[Found] | None:
        definition, step = at.definition, at.step
        given, wanted, rest = len(step.arguments), definition.parameters, definition.rest
        if given < len(wanted) or (given > len(wanted) and rest is None):
            names = [parameter.name for parameter in wanted] + ([f"{rest.name}, ..."] if rest else [])
            self._wrong(step, f"'{step.name}' takes {', '.join(names) or 'no arguments'}")
            return None
        parameters = [*wanted, *([rest] * (given - len(wanted)) if rest else ())]
        found: list[Found] = []
        for argument, parameter in zip(step.arguments, parameters, strict=True):
            one = self._argument(at, argument, parameter, scopes)
            if one is None:
                return None
            found.append(one)
        types = tuple(one.type for one in found)
        fault = definition.fault(types)
        if fault is not None:
            self._wrong(step, f"'{step.name}': {fault}")
            return None
        lacking = next((kind for kind in types if kind.absent or kind.nullable), None)
        assert at.taken is not None
        # A step that can fail treats a missing argument as one more reason to; no other takes one.
        if lacking is None or all(definition.fallible(kind, types) for kind in _alternatives(definition, at.taken)):
            return found
        names = [parameter.name for parameter in parameters]
        message = f"'{', '.join(names)}' of '{step.name}' must be there, and this is {lacking.describe()}"
        self._wrong(step, message, "say in parentheses what happens then: `(x or quarantine)`")
        return None

    def _wrong(self, step: Step, message: str, hint: str = "") -> None:
        self._diagnostics.add(Code.WRONG_ARGUMENTS, step.span, message, hint)

    def _argument(
        self, at: Application, argument: Operand, parameter: Parameter, scopes: tuple[Scope, ...]
    ) -> Found | None:
        name = f"'{parameter.name}' of '{at.definition.name}'"
        if parameter.constant and not isinstance(argument, Literal):
            self._diagnostics.add(Code.WRONG_ARGUMENTS, argument.span, f"{name} must be a constant")
            return None
        found = self._operands.argument(argument, scopes)
        if found is None:
            return None
        is_known = found.type.kind != "object" or found.type.schema is not None
        if found.type.kind not in parameter.takes or found.fallible or not is_known:
            takes = ", ".join(sorted(parameter.takes))
            message = f"{name} takes {takes}, not {found.type.describe()}"
            self._diagnostics.add(Code.WRONG_ARGUMENTS, argument.span, message)
            return None
        if not parameter.constant:
            at.pipeline.sources += found.sources
        return found


def _alternatives(definition: StepDefinition, value: ValueType) -> tuple[ValueType, ...]:
    """The types that a value may have and the step takes."""
    if value.kind in definition.takes:
        is_known = value.kind not in ("object", "array") or value.schema is not None or value.items is not None
        return (value,) if is_known else ()
    if value.kind != "any" or value.schema is None:
        return ()
    kinds = (kind for kind in value.schema.value_types if kind in definition.takes - {"object", "array"})
    return tuple(replace(value, kind=kind) for kind in kinds)


def _holds(value: ValueType, media_type: str) -> bool:
    """Whether the schema of a text says that it holds such a document, and what that is."""
    schema = value.schema
    return schema is not None and schema.content is not None and schema.content_media_type == media_type


def _answers_failure(outcome: Outcome) -> bool:
    return not outcome.conditions or Condition.FAILURE in outcome.conditions
