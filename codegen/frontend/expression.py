"""Parses the expression language: `path | step | step(argument) or outcome`, and predicates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, suggestion
from codegen.frontend.syntax import (
    Action,
    Call,
    Compare,
    Comparison,
    Condition,
    Expression,
    Joined,
    Literal,
    Not,
    Outcome,
    Path,
    Present,
    Step,
)
from codegen.frontend.tokens import Cursor, SyntaxFaultError
from codegen.source import exact_number

if TYPE_CHECKING:
    from codegen.frontend.syntax import Operand, Predicate
    from codegen.source import Scalar, ScalarNode

_ROOTS = frozenset({"parent", "envelope", "body", "path", "header"})
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


class _Parser(Cursor):
    def expression(self) -> Expression:
        operands = [self._operand()]
        while self.take("??"):
            operands.append(self._operand())
        outcomes = self._outcomes()
        steps: list[Step] = []
        while self.take("|"):
            if len(steps) == MAX_STEPS:
                raise SyntaxFaultError(self.next.offset, f"an expression has at most {MAX_STEPS} steps")
            steps.append(self._step())
        self.end()
        return Expression(self.place(self.tokens[0]), self.text, tuple(operands), outcomes, tuple(steps))

    def _step(self) -> Step:
        token = self.pop("name", "the name of a step")
        arguments: tuple[Operand, ...] = self._arguments() if self.take("(") else ()
        return Step(self.place(token), token.text, arguments, self._outcomes())

    def _arguments(self) -> tuple[Operand, ...]:
        if self.take(")"):
            return ()
        arguments = [self._operand()]
        while self.take(","):
            arguments.append(self._operand())
        self.need(")")
        return tuple(arguments)

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
        literal = self._literal()
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

    def _literal(self) -> Literal | None:
        token = self.next
        words: dict[str, Scalar] = {"true": True, "false": False, "null": None}
        if token.kind == "text":
            value: Scalar = token.text[1:-1].replace("''", "'")
        elif token.kind == "number":
            value = exact_number(token.text)
            if value is None:
                raise SyntaxFaultError(token.offset, "the number has too many digits")
        elif token.kind == "name" and token.text in words:
            value = words[token.text]
        else:
            return None
        self.at += 1
        return Literal(self.place(token), value)

    def _operand(self) -> Operand:
        literal = self._literal()
        if literal is not None:
            return literal
        following = self.tokens[self.at + 1 : self.at + 2]
        if self.next.kind == "name" and following and following[0].text == "(":
            token = self.pop("name", "a function")
            self.need("(")
            with self.deeper(token):
                return Call(self.place(token), token.text, self._arguments())
        return self._path()

    def _path(self) -> Path:
        start = self.next
        segments: list[str | int] = []
        pinned = self.take("$")
        if not pinned and self.next.text != "[":
            segments.append(self.pop("name", "a path").text)
        first_bracket: int | None = None
        while True:
            if self.take("."):
                segments.append(self.pop("name", "a field name").text)
            elif self.take("["):
                first_bracket = len(segments) if first_bracket is None else first_bracket
                segments.append(self._selector())
                self.need("]")
            else:
                break
        up = 0 if pinned else _root_words(segments[:first_bracket])
        text = self.text[start.offset : self.tokens[self.at - 1].offset + len(self.tokens[self.at - 1].text)]
        return Path(self.place(start), ".".join(map(str, segments[:up])), tuple(segments[up:]), text)

    def _selector(self) -> str | int:
        token = self.next
        literal = self._literal()
        if literal is None or type(literal.value) not in (str, int):
            hint = "use ['name'] or [0]"
            raise SyntaxFaultError(token.offset, f"expected a name or an index, found {self.found()}", hint)
        if isinstance(literal.value, int) and literal.value < 0:
            raise SyntaxFaultError(token.offset, "an index counts from 0")
        assert isinstance(literal.value, str | int)
        return literal.value

    def whole_predicate(self) -> Predicate:
        predicate = self._predicate()
        self.end()
        return predicate

    def _predicate(self) -> Predicate:
        terms = [self._term()]
        word = self.next
        while self.next.text in ("and", "or") and self.next.kind == "name":
            if self.next.text != word.text:
                hint = "group one of them with parentheses"
                raise SyntaxFaultError(self.next.offset, "'and' and 'or' side by side", hint)
            self.at += 1
            terms.append(self._term())
        return terms[0] if len(terms) == 1 else Joined(self.place(word), word.text, tuple(terms))

    def _term(self) -> Predicate:
        token = self.next
        if self.take("not"):
            with self.deeper(token):
                return Not(self.place(token), self._term())
        if self.take("("):
            with self.deeper(token):
                inner = self._predicate()
            self.need(")")
            return inner
        if token.text == "present" and self.tokens[self.at + 1].text == "(":
            self.at += 2
            path = self._path()
            self.need(")")
            return Present(self.place(token), path)
        path = self._path()
        comparison = next((one for one in Comparison if self.take(one)), None)
        if comparison is None:
            raise SyntaxFaultError(self.next.offset, f"expected '==' or '!=', found {self.found()}")
        place = self.next
        literal = self._literal()
        if literal is None:
            raise SyntaxFaultError(place.offset, f"expected a constant, found {self.found()}")
        return Compare(self.place(token), path, comparison, literal)


def _root_words(names: list[str | int]) -> int:
    """How many of a path's leading names say where it starts: `envelope`, or `parent` and its repetitions."""
    if not names or names[0] not in _ROOTS:
        return 0
    if names[0] != "parent":
        return 1
    return next((count for count, name in enumerate(names) if name != "parent"), len(names))
