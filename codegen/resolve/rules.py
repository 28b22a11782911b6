"""A rule while it is compiled: what it fills, and the statements that it has become so far."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from codegen.frontend.json_source import escaped
from codegen.ir.statements import Apply, Assign, Collect, Current, EachOf, Give, Nothing, PerItem, Return
from codegen.resolve.types import accepts, gaps, type_of_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.diagnostics import Span
    from codegen.frontend.json_schema import Schema
    from codegen.frontend.syntax import Outcome
    from codegen.ir.statements import Statement, Value
    from codegen.resolve.scopes import Located
    from codegen.resolve.types import ValueType
    from codegen.source import Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """What a rule fills."""

    schema: Schema
    required: bool
    span: Span
    rule: str
    """Name for rejections and lineage: the event, the way to the field, each case on it in brackets."""
    pointer: str = ""
    """Place in the canonical event's data, ``*`` for indexes."""
    words: tuple[str, ...]
    """The way through the mapping's blocks, for names in generated code."""
    case: str = ""
    """The cases taken and arrays entered since the field was reached; a rule inside them is still the field's."""

    def member(self, name: str, span: Span) -> Target:
        """A field of the object."""
        way = f"/{escaped(name)}"
        return Target(
            schema=self.schema.properties[name],
            required=name in self.schema.required,
            span=span,
            rule=f"{self.rule}{self.case}{way}",
            pointer=f"{self.pointer}{way}",
            words=(*self.words, name),
        )

    def item(self, schema: Schema) -> Target:
        """An element of the array."""
        return replace(
            self,
            schema=schema,
            required=True,
            pointer=f"{self.pointer}/*",
            words=(*self.words, "item"),
            case=f"{self.case}/*",
        )

    def entry(self) -> Target:
        """A member of the object that has a name of its own."""
        schema = self.schema.additional
        assert schema is not None
        return replace(
            self,
            schema=schema,
            required=True,
            pointer=f"{self.pointer}/*",
            words=(*self.words, "entry"),
            case=f"{self.case}/*",
        )

    def optional(self) -> Target:
        """The same place, where nothing need stand."""
        return replace(self, required=False)

    def inner(self, word: str) -> Target:
        """The same field, behind one more function."""
        return replace(self, words=(*self.words, word))

    def branch(self, label: str, word: str) -> Target:
        """The same field in one case of a match or branch of a when."""
        return replace(self, case=f"{self.case}({label})", words=(*self.words, word))

    def takes(self, constant: Scalar) -> bool:
        """Whether a constant may stand here."""
        return accepts(self.schema, constant)

    def asks(self, constant: Scalar) -> str:
        """What a constant that does not fit should be, in a message's words."""
        found = type_of_literal(constant)
        missed = [gap.what for gap in gaps(found, self.schema)] if found.kind in self.schema.types else []
        return f"it takes {' and '.join(missed) or ' or '.join(self.schema.types)}"

    def part(self, number: int) -> Part:
        """An expression in parentheses on the way to this field: it is a value of any type, or none."""
        return Part(
            schema=self.schema,
            required=False,
            span=self.span,
            rule=self.rule,
            pointer=self.pointer,
            words=(*self.words, f"part {number}"),
            case=self.case,
            fills_amount=self.refuses_default,
        )

    def term(self) -> Part:
        """A term that is reckoned with: a constant there is no default of the field."""
        return replace(self.part(0), words=self.words, fills_amount=False)

    @property
    def block(self) -> str:
        """Name in lineage of the block of fields that builds the value."""
        return self.rule + "/*" * self.case.count("/*")

    @property
    def place(self) -> str:
        """The place in a message's words."""
        return f"'{self.pointer}'" if self.pointer else "the event"

    @property
    def refuses_default(self) -> bool:
        """Required amounts and quantities, the integers of the canonical events, have no default."""
        return self.required and self.schema.value_types == ("integer",)

    @property
    def nothing(self) -> Value | None:
        """What a rule ends with that gives no value; None leaves the field out."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(Target):
    """What an expression in parentheses fills."""

    fills_amount: bool

    def takes(self, constant: Scalar) -> bool:
        """Any constant."""
        del constant
        return True

    @property
    def refuses_default(self) -> bool:
        """Whether the value becomes a required amount or quantity as it is."""
        return self.fills_amount

    @property
    def nothing(self) -> Value | None:
        """What is omitted in parentheses is absent outside of them."""
        return Nothing()


@dataclass(slots=True)
class Pipeline:
    """What an expression has become so far."""

    type: ValueType
    statements: list[Statement] = field(default_factory=list)
    pointer: str = ""
    base: int = 0
    """Number of the scope that ``pointer`` starts at."""
    sources: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    may_omit: bool = False
    located: Located | None = None
    """The path, where the expression is nothing but one."""
    instead: list[ValueType] = field(default_factory=list)
    """Types of the constants that the rule may end with early."""
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
        case EachOf() | PerItem() | Collect():
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
        case EachOf() | PerItem() | Collect():
            return reads_current(value.items)
        case _:
            return False


def fold(statements: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements with what is assigned only to be used once put in its place."""
    folded: list[Statement] = []
    for statement in statements:
        before = folded[-1] if folded else None
        if isinstance(before, Assign) and isinstance(statement, Assign) and reads_current(statement.value):
            folded[-1] = Assign(substitute(statement.value, before.value))
        elif isinstance(before, Assign) and statement == Return(Give(Current())):
            folded[-1] = Return(Give(before.value))
        else:
            folded.append(statement)
    return tuple(folded)
