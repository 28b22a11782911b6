"""Parses predicates: comparisons, `in`, `present`, and what joins them."""

from __future__ import annotations

from codegen.frontend.operands import OperandParser
from codegen.frontend.syntax import Compare, Comparison, Group, Joined, Literal, Not, OneOf, Path, Predicate, Present
from codegen.frontend.tokens import SyntaxFaultError

_COMPARED_BY = frozenset({*Comparison, "in"})


class PredicateParser(OperandParser):
    """What stands behind `where:`, `if:` and `[?`."""

    def predicate(self) -> Predicate:
        """A predicate up to where it ends."""
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
        if token.text == "(" and not self._is_operand():
            self.at += 1
            with self.deeper(token):
                inner = self.predicate()
            self.need(")")
            return inner
        if token.text == "present" and self.tokens[self.at + 1].text == "(":
            self.at += 2
            path = self.path()
            self.need(")")
            return Present(self.place(token), path)
        return self._comparison(self._left())

    def _is_operand(self) -> bool:
        """Whether the parentheses that open here hold an expression that is compared, and no predicate."""
        depth = 0
        for following, behind in zip(self.tokens[self.at :], self.tokens[self.at + 1 :], strict=False):
            depth += {"(": 1, ")": -1}.get(following.text, 0) if following.kind == "mark" else 0
            if not depth:
                return behind.text in _COMPARED_BY and behind.kind in ("mark", "name")
        return False

    def _left(self) -> Path | Group:
        token = self.next
        if not self.take("("):
            return self.path()
        with self.deeper(token):
            group = Group(self.place(token), self.inner_expression())
        self.need(")")
        return group

    def _comparison(self, left: Path | Group) -> Predicate:
        if self.take("in"):
            self.need("(")
            literals = [self._constant()]
            while self.take(","):
                literals.append(self._constant())
            self.need(")")
            return OneOf(left.span, left, tuple(literals))
        comparison = next((one for one in Comparison if self.take(one)), None)
        if comparison is None:
            raise SyntaxFaultError(
                self.next.offset, f"expected a comparison, found {self.found()}", "use == != < <= > >= or in"
            )
        right = self.literal()
        if right is not None:
            return Compare(left.span, left, comparison, right)
        if self.next.kind != "name" and self.next.text not in ("$", "["):
            raise SyntaxFaultError(self.next.offset, f"expected a constant or a path, found {self.found()}")
        return Compare(left.span, left, comparison, self.path())

    def _constant(self) -> Literal:
        place = self.next
        literal = self.literal()
        if literal is None:
            raise SyntaxFaultError(place.offset, f"expected a constant, found {self.found()}")
        return literal
