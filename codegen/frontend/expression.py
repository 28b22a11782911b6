"""Parses the expression language: `path | step | step(argument) or outcome`, and predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.operands import OperandParser
from codegen.frontend.predicates import PredicateParser
from codegen.frontend.syntax import Action, Condition, Expression, Outcome, Step
from codegen.frontend.tokens import SyntaxFaultError

if TYPE_CHECKING:
    from codegen.frontend.syntax import Operand, Predicate
    from codegen.source import Scalar, ScalarNode

MAX_STEPS = 20


def parse_expression(node: ScalarNode, diagnostics: Diagnostics) -> Expression | None:
    """Parse a rule's right side; None if it was reported."""
    try:
        return _Parser(node).expression()
    except SyntaxFaultError as error:
        diagnostics.add(Code.BAD_EXPRESSION, node.place(error.offset), error.message, error.hint)
        return None


def parse_predicate(node: ScalarNode, diagnostics: Diagnostics) -> Predicate | None:
    """Parse the condition of a `where:` or an `if:`; None if it was reported."""
    try:
        return _Parser(node).whole_predicate()
    except SyntaxFaultError as error:
        diagnostics.add(Code.BAD_EXPRESSION, node.place(error.offset), error.message, error.hint)
        return None


class _Parser(PredicateParser, OperandParser):
    def expression(self) -> Expression:
        expression = self.inner_expression()
        self.end()
        return expression

    def inner_expression(self) -> Expression:
        """An expression up to where it ends: the text's end, or a parenthesis that closes it."""
        start = self.next
        operands = [self.sum()]
        while self.take("??"):
            operands.append(self.sum())
        skipped = self._conditions() if len(operands) > 1 else ()
        outcomes = self._outcomes()
        steps: list[Step] = []
        while self.take("|"):
            if len(steps) == MAX_STEPS:
                raise SyntaxFaultError(self.next.offset, f"an expression has at most {MAX_STEPS} steps")
            steps.append(self._step())
        return Expression(self.place(start), self.since(start), tuple(operands), skipped, outcomes, tuple(steps))

    def _step(self) -> Step:
        token = self.pop("name", "the name of a step")
        arguments: tuple[Operand, ...] = self.arguments() if self.take("(") else ()
        return Step(self.place(token), token.text, arguments, self._outcomes())

    def _outcomes(self) -> tuple[Outcome, ...]:
        outcomes = []
        while self.next.text == "or" and self.next.kind == "name":
            token = self.next
            self.at += 1
            action, value = self._action()
            outcomes.append(Outcome(self.place(token), action, value, self._conditions()))
        return tuple(outcomes)

    def _action(self) -> tuple[Action, Scalar]:
        if self.take(Action.QUARANTINE):
            return Action.QUARANTINE, None
        if self.take(Action.OMIT):
            return Action.OMIT, None
        token = self.next
        literal = self.literal()
        if literal is None:
            hint = "outcomes: quarantine, omit, null, 'text', a number, true, false"
            raise SyntaxFaultError(token.offset, f"expected an outcome behind 'or', found {self.found()}", hint)
        return Action.VALUE, literal.value

    def _conditions(self) -> tuple[Condition, ...]:
        if not self.take("on"):
            return ()
        conditions = [self._condition()]
        while self.take(","):
            conditions.append(self._condition())
        return tuple(conditions)

    def _condition(self) -> Condition:
        token = self.pop("name", "a condition")
        if token.text not in list(Condition):
            raise SyntaxFaultError(token.offset, f"no condition '{token.text}'", suggestion(token.text, Condition))
        return Condition(token.text)

    def whole_predicate(self) -> Predicate:
        predicate = self.predicate()
        self.end()
        return predicate
