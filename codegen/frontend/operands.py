"""Parses what an expression starts with: paths, constants, functions, arithmetic, parentheses."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING

from codegen.frontend.syntax import Arithmetic, Call, Division, Every, Group, Literal, Path
from codegen.frontend.tokens import Cursor, SyntaxFaultError
from codegen.source import exact_number

if TYPE_CHECKING:
    from codegen.frontend.syntax import Expression, Operand, Predicate, Segment
    from codegen.frontend.tokens import Token
    from codegen.source import Scalar

_ROOTS = frozenset({"parent", "envelope", "body", "path"})
ROUNDINGS = ("down", "half_even", "half_up", "up")
MAX_SCALE = 100


class OperandParser(Cursor, ABC):
    """What stands left of the first step."""

    @abstractmethod
    def inner_expression(self) -> Expression:
        """An expression up to where it ends."""

    @abstractmethod
    def predicate(self) -> Predicate:
        """A predicate up to where it ends."""

    def sum(self) -> Operand:
        """`a * b + c - d`, from left to right."""
        found = self._product()
        while self.next.text in ("+", "-") and self.next.kind == "mark":
            token = self.next
            self.at += 1
            found = Arithmetic(self.place(token), token.text, found, self._product(), None)
        return found

    def _product(self) -> Operand:
        found = self._factor()
        while self.next.text in ("*", "/") and self.next.kind == "mark":
            token = self.next
            self.at += 1
            right = self._factor()
            division = self._division(token) if token.text == "/" else None
            found = Arithmetic(self.place(token), token.text, found, right, division)
        return found

    def _division(self, token: Token) -> Division:
        hint = f"write `a / b scale 2 half_up`; roundings: {', '.join(ROUNDINGS)}"
        if not self.take("scale"):
            raise SyntaxFaultError(token.offset, "a division names its scale and rounding", hint)
        place = self.next
        scale = self.literal()
        if scale is None or type(scale.value) is not int or not 0 <= scale.value <= MAX_SCALE:
            raise SyntaxFaultError(place.offset, f"a scale is a whole number from 0 to {MAX_SCALE}", hint)
        rounding = self.pop("name", "a rounding")
        if rounding.text not in ROUNDINGS:
            raise SyntaxFaultError(rounding.offset, f"no rounding '{rounding.text}'", hint)
        return Division(scale.value, rounding.text)

    def _factor(self) -> Operand:
        literal = self.literal()
        if literal is not None:
            return literal
        token = self.next
        if self.take("("):
            with self.deeper(token):
                group = Group(self.place(token), self.inner_expression())
            self.need(")")
            return group
        following = self.tokens[self.at + 1 : self.at + 2]
        if token.kind == "name" and following and following[0].text == "(":
            self.at += 2
            with self.deeper(token):
                arguments = self.arguments()
            return self._header(token, arguments) if token.text == "header" else self._call(token, arguments)
        return self.path()

    def _call(self, token: Token, arguments: tuple[Operand, ...]) -> Call:
        return Call(self.place(token), token.text, arguments)

    def _header(self, token: Token, arguments: tuple[Operand, ...]) -> Path:
        match arguments:
            case (Literal(value=str(name)),) if name:
                return Path(self.place(token), "header", (name.lower(),), self.since(token))
        raise SyntaxFaultError(token.offset, "header takes the name of one header", "write `header('X-Name')`")

    def arguments(self) -> tuple[Operand, ...]:
        """Arguments up to the parenthesis that closes them; the opening one is taken."""
        if self.take(")"):
            return ()
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        if self.next.text in ("|", "??") and self.next.kind == "mark":
            hint = "write `(a | trim)`"
            raise SyntaxFaultError(self.next.offset, "an argument with steps or '??' stands in parentheses", hint)
        self.need(")")
        return tuple(arguments)

    def literal(self) -> Literal | None:
        """A constant, if one stands here."""
        token = self.next
        words: dict[str, Scalar] = {"true": True, "false": False, "null": None}
        negative = token.text == "-" and self.tokens[self.at + 1].kind == "number"
        if negative:
            self.at += 1
        if token.kind == "text":
            value: Scalar = token.text[1:-1].replace("''", "'")
        elif self.next.kind == "number":
            value = exact_number(("-" if negative else "") + self.next.text)
            if value is None:
                raise SyntaxFaultError(token.offset, "the number has too many digits")
        elif token.kind == "name" and token.text in words:
            value = words[token.text]
        else:
            return None
        self.at += 1
        return Literal(self.place(token), value)

    def path(self) -> Path:
        """A path."""
        start = self.next
        segments: list[Segment] = []
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
        root = ".".join(map(str, segments[:up]))
        return Path(self.place(start), root, tuple(segments[up:]), self.since(start))

    def _selector(self) -> Segment:
        token = self.next
        if self.take("*"):
            return Every(self.place(token), None)
        if self.take("?"):
            with self.deeper(token):
                return Every(self.place(token), self.predicate())
        literal = self.literal()
        if literal is None or type(literal.value) not in (str, int):
            hint = "use ['name'], [0], [-1], [*] or [?predicate]"
            raise SyntaxFaultError(token.offset, f"expected a name or an index, found {self.found()}", hint)
        assert isinstance(literal.value, str | int)
        return literal.value


def _root_words(names: list[Segment]) -> int:
    """How many of a path's leading names say where it starts: `envelope`, or `parent` and its repetitions."""
    if not names or names[0] not in _ROOTS:
        return 0
    if names[0] != "parent":
        return 1
    return next((count for count, name in enumerate(names) if name != "parent"), len(names))
