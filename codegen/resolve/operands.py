"""What an expression starts with: paths, constants, functions, arithmetic, parentheses."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics
from codegen.frontend.syntax import Arithmetic, Call, Group, Literal, Path
from codegen.ir.statements import Apply, Current, Fixed, Give, Return
from codegen.resolve.gathering import Gatherer
from codegen.resolve.intervals import can_fail, function_of, result_of
from codegen.resolve.predicates import PredicateCompiler
from codegen.resolve.scopes import Located, locate
from codegen.resolve.types import ValueType, type_of_literal, union

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codegen.frontend.syntax import Operand
    from codegen.ir.statements import Value
    from codegen.resolve.output import Output
    from codegen.resolve.pipelines import PipelineCompiler
    from codegen.resolve.rules import Target
    from codegen.resolve.scopes import Scope

FUNCTIONS = ("join",)
_JOINED = frozenset({"string", "integer", "number", "boolean"})
_NUMBERS = frozenset({"integer", "number"})


@dataclass(slots=True)
class Found:
    """An operand's value, its type, and what it reads."""

    value: Value
    type: ValueType
    located: Located | None = None
    """Where it lies, if it is a path."""
    sources: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    fallible: bool = False
    """It may be FAILED."""
    pointer: str = ""
    """Where what it is made of lies, from the scope ``base``; empty if it reads nothing."""
    base: int = 0

    @property
    def reads_payload(self) -> bool:
        """Whether it is more than constants."""
        return any(not source.startswith("const:") for source in self.sources)


class OperandCompiler:
    """Compiles operands; the expressions in parentheses are the pipelines' again."""

    def __init__(self, diagnostics: Diagnostics, output: Output, pipelines: PipelineCompiler) -> None:
        self._diagnostics = diagnostics
        self._output = output
        self._pipelines = pipelines
        self._target = output.event
        self.is_unchecked = False
        """The payload was not validated: nothing is certain to be there or of any type."""
        self.predicates = PredicateCompiler(diagnostics, self)
        self.gatherer = Gatherer(self.predicates, diagnostics)

    def of_predicate(self, group: Group, scopes: tuple[Scope, ...]) -> Found | None:
        """The value of an expression in parentheses that a predicate compares; None if it was reported."""
        if self.is_unchecked:
            message = "the 'when' of a version looks at a payload that no schema has checked: no step may take it"
            self._diagnostics.add(Code.WRONG_FORM, group.span, message, "compare paths and constants, or use present()")
            return None
        return self.group(group, scopes, self._target.term())

    @contextmanager
    def unchecked(self) -> Iterator[None]:
        """What is compiled inside reads a payload that was not validated."""
        self.is_unchecked = True
        yield
        self.is_unchecked = False

    @contextmanager
    def filling(self, target: Target) -> Iterator[None]:
        """What predicates and arguments inside refuse is refused by the rule of this target."""
        before, self._target = self._target, target
        yield
        self._target = before

    def argument(self, operand: Operand, scopes: tuple[Scope, ...]) -> Found | None:
        """An argument of a step; None if it was reported."""
        return self.operand(operand, scopes, self._target.term())

    def operand(self, operand: Operand, scopes: tuple[Scope, ...], target: Target) -> Found | None:
        """The operand; None if it was reported."""
        match operand:
            case Literal():
                return Found(Fixed(operand.value), type_of_literal(operand.value), None, [f"const:{operand.value}"])
            case Path():
                return self.path(operand, scopes)
            case Group():
                return self.group(operand, scopes, target)
            case Arithmetic():
                return self._arithmetic(operand, scopes, target)
            case Call():
                return self._call(operand, scopes, target)

    def path(self, path: Path, scopes: tuple[Scope, ...]) -> Found | None:
        """What a path leads to; None if it was reported."""
        sources: list[str] = []
        located = (
            self.gatherer.gather(path, scopes, sources)
            if path.is_many
            else locate(path, scopes, self._diagnostics, checked=not self.is_unchecked)
        )
        if located is None:
            return None
        if path.root == "header":
            self._output.headers.add(str(path.segments[0]))
        read = [located.lineage, *sources]
        return Found(located.value, located.type, located, read, pointer=located.pointer, base=located.base)

    def group(self, group: Group, scopes: tuple[Scope, ...], target: Target) -> Found | None:
        """The value of an expression in parentheses; what it omits is absent. None if it was reported."""
        part = target.part(self._output.next_part())
        pipeline = self._pipelines.source(group.expression, scopes, part, takes_null=True, takes_absent=True)
        if pipeline is None:
            return None
        self._pipelines.outcomes.report_needless(pipeline, group.expression)
        value = pipeline.total()
        if value is None:
            statements = [*pipeline.statements, Return(Give(Current()))]
            value = self._output.define(statements, part, scopes, group.expression.text)
        found = reduce(union, pipeline.instead, pipeline.type)
        found = replace(found, absent=pipeline.type.absent or pipeline.may_omit)
        return Found(
            value,
            found,
            pipeline.located,
            pipeline.sources,
            pipeline.steps,
            pointer=pipeline.pointer,
            base=pipeline.base,
        )

    def _arithmetic(self, sum_: Arithmetic, scopes: tuple[Scope, ...], target: Target) -> Found | None:
        terms = target.term()
        left, right = (self._number(one, scopes, terms) for one in (sum_.left, sum_.right))
        if left is None or right is None:
            return None
        division = sum_.division
        named = (Fixed(division.scale), Fixed(division.rounding)) if division else ()
        value = Apply(function_of(sum_.operator), (left.value, right.value, *named))
        fallible = left.fallible or right.fallible or can_fail(sum_.operator, left.type, right.type)
        return Found(
            value,
            result_of(sum_.operator, left.type, right.type, division),
            None,
            [*left.sources, *right.sources],
            [*left.steps, *right.steps],
            fallible,
            *place_of([left, right]),
        )

    def _number(self, operand: Operand, scopes: tuple[Scope, ...], target: Target) -> Found | None:
        found = self.operand(operand, scopes, target)
        if found is None:
            return None
        if found.type.kind not in _NUMBERS or found.type.absent or found.type.nullable:
            message = f"arithmetic takes a number that is there; this is {found.type.describe()}"
            hint = "write what it is then in parentheses: `(x or 0 on absent, null)`, `(x | decimal or quarantine)`"
            self._diagnostics.add(Code.TYPE_MISMATCH, operand.span, message, hint)
            return None
        return found

    def _call(self, call: Call, scopes: tuple[Scope, ...], target: Target) -> Found | None:
        if call.name not in FUNCTIONS:
            message = f"'{call.name}' does not start an expression"
            hint = f"start with a path, or with {', '.join(FUNCTIONS)}(...)"
            self._diagnostics.add(Code.UNKNOWN_STEP, call.span, message, hint)
            return None
        separator = call.arguments[0] if call.arguments else None
        if not isinstance(separator, Literal) or not isinstance(separator.value, str) or len(call.arguments) < 2:  # noqa: PLR2004
            message = "join takes a separator and what it joins"
            self._diagnostics.add(Code.WRONG_ARGUMENTS, call.span, message)
            return None
        parts = [self._part(argument, scopes, target) for argument in call.arguments[1:]]
        found = [part for part in parts if part is not None]
        if len(found) < len(parts):
            return None
        pointer, base = place_of(found)
        value = Apply("joined", (Fixed(separator.value), *(part.value for part in found)))
        return Found(
            value,
            _joined_type(separator.value, [part.type for part in found]),
            None,
            [source for part in found for source in part.sources],
            [step for part in found for step in part.steps],
            pointer=pointer,
            base=base,
        )

    def _part(self, argument: Operand, scopes: tuple[Scope, ...], target: Target) -> Found | None:
        found = self.operand(argument, scopes, target.term())
        if found is not None and (found.type.kind not in _JOINED or found.fallible):
            message = f"join takes texts, numbers and booleans; this is {found.type.describe()}"
            hint = "a list is joined by the step: `tags | join(',')`" if found.type.is_list else ""
            if found.fallible:
                message, hint = "arithmetic that can fail stands in parentheses: `(a * b or quarantine)`", ""
            self._diagnostics.add(Code.WRONG_ARGUMENTS, argument.span, message, hint)
            return None
        return found


def place_of(found: Iterable[Found]) -> tuple[str, int]:
    """Where the first of the operands lies that reads the payload, and the scope that its pointer starts at."""
    return next(((one.pointer, one.base) for one in found if one.reads_payload), ("", 0))


def _joined_type(separator: str, parts: list[ValueType]) -> ValueType:
    lengths = [5 if part.kind == "boolean" else part.max_length if part.kind == "string" else None for part in parts]
    known = [length for length in lengths if length is not None]
    longest = sum(known) + len(separator) * (len(parts) - 1) if len(known) == len(lengths) else None
    certainly = any(
        not part.absent and not part.nullable and (part.kind != "string" or part.min_length > 0) for part in parts
    )
    return ValueType(kind="string", min_length=1 if certainly else 0, max_length=longest)
