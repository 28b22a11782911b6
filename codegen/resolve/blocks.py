"""Fields to functions of the intermediate representation: objects, and whatever a field's right side is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, Span, shown, suggestion
from codegen.frontend.document import Constant, EachBlock, MatchBlock, ObjectBlock, WhenBlock
from codegen.frontend.syntax import Expression
from codegen.ir.project import BlockPlace, RuleTrace
from codegen.ir.statements import (
    Assign,
    Current,
    Fixed,
    Give,
    Guard,
    Invoke,
    Member,
    ObjectFunction,
    Return,
    RuleFunction,
    Table,
    Test,
)
from codegen.naming import PythonIdentifier
from codegen.resolve.arrays import ArrayCompiler
from codegen.resolve.choices import ChoiceCompiler
from codegen.resolve.outcomes import OutcomeCompiler
from codegen.resolve.pipelines import PipelineCompiler
from codegen.resolve.rules import fold
from codegen.resolve.scopes import Scope
from codegen.resolve.summaries import end_of, summary, title

if TYPE_CHECKING:
    from codegen.frontend.document import Block, Field
    from codegen.ir.statements import Statement, Value
    from codegen.resolve.rules import Pipeline, Target


@dataclass(frozen=True, slots=True)
class Made:
    """How a block's value is had, and what it reads."""

    value: Value
    may_omit: bool
    sources: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


@dataclass(slots=True)
class Output:
    """What an event's rules have become so far."""

    functions: list[RuleFunction | ObjectFunction] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    traces: list[RuleTrace] = field(default_factory=list)
    blocks: list[BlockPlace] = field(default_factory=list)
    names: dict[str, Span] = field(default_factory=dict)


class BlockCompiler:
    """Compiles the rules of one event."""

    def __init__(self, diagnostics: Diagnostics, output: Output) -> None:
        self.diagnostics = diagnostics
        self.output = output
        self.outcomes = OutcomeCompiler(diagnostics)
        self.pipelines = PipelineCompiler(diagnostics, self.outcomes)
        self.arrays = ArrayCompiler(self)
        self._choices = ChoiceCompiler(self)

    def name(self, target: Target) -> PythonIdentifier:
        """A name for a function or table of this event; a clash is reported."""
        name = PythonIdentifier.of_path(target.words)
        earlier = self.output.names.setdefault(name, target.span)
        if earlier is not target.span:
            message = f"'{target.pointer}' gets the same name in generated code as the field at {earlier}"
            self.diagnostics.add(Code.NAME_CLASH, target.span, message, "rename one of the two")
        return name

    def assemble(self, fields: tuple[Field, ...], scopes: tuple[Scope, ...], at: Target, key: Span) -> ObjectFunction:
        """The function that builds the object ``at`` from its fields, which stand below ``key``."""
        self.output.blocks.append(BlockPlace(at.rule, key.line))
        members = []
        known = at.schema.properties
        place = at.schema.title or at.pointer or "the event"
        for rule in fields:
            if rule.name not in known:
                message = f"'{rule.name}' is no field of {place}"
                self.diagnostics.add(Code.UNKNOWN_TARGET, rule.span, message, suggestion(rule.name, known))
                continue
            target = at.member(rule.name, rule.span)
            made = self._member(rule.name, rule.source, scopes, target) if rule.source is not None else None
            if made is not None:
                members.append(made)
        for missing in sorted(at.schema.required - {rule.name for rule in fields}):
            message = f"required field '{missing}' of {place} has no rule"
            self.diagnostics.add(Code.MISSING_TARGET, at.span, message, f"add `{missing}: <path>`")
        omit_empty = bool(members) and all(member.unless for member in members) and not at.required
        function = ObjectFunction(self.name(at), len(scopes), tuple(members), omit_empty)
        self.output.functions.append(function)
        return function

    def _member(
        self, name: str, source: Expression | Block, scopes: tuple[Scope, ...], target: Target
    ) -> Member | None:
        text = f"{name} <- {title(source)}"
        if isinstance(source, Expression):
            pipeline = self.pipelines.into(source, scopes, target)
            if pipeline is None:
                return None
            guarded = _guarded(fold(pipeline.statements))
            if guarded is not None:
                self._trace(target, source, tuple(pipeline.sources), tuple(pipeline.steps))
                return Member(name, text, *guarded)
            made: Made | None = self._finish(pipeline, target, scopes, source.text)
        else:
            made = self.block(source, scopes, target)
        if made is None:
            return None
        if made.sources or not isinstance(source, ObjectBlock):
            self._trace(target, source, made.sources, made.steps)
        return Member(name, text, made.value, Test.OMITTED if made.may_omit else None, Current())

    def _trace(
        self, target: Target, rule: Expression | Block, sources: tuple[str, ...], steps: tuple[str, ...]
    ) -> None:
        read = tuple(dict.fromkeys(sources))
        line = target.span.line
        last_line = max(line, end_of(rule))
        self.trace(RuleTrace(target.rule, target.pointer, read, steps, summary(rule), line, last_line))

    def trace(self, trace: RuleTrace) -> None:
        """Keep one line of lineage."""
        self.output.traces.append(trace)

    def block(self, block: Block, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """The value of a block; None if it was reported."""
        match block:
            case Constant():
                return self._constant(block, target)
            case ObjectBlock():
                return self._object(block, scopes, target)
            case EachBlock():
                return self.arrays.each(block, scopes, target)
            case MatchBlock():
                return self._choices.match(block, scopes, target)
            case WhenBlock():
                return self._choices.when(block, scopes, target)

    def _finish(self, pipeline: Pipeline, target: Target, scopes: tuple[Scope, ...], text: str) -> Made:
        """The pipeline's value: in place if it is one expression, else by a function of its own."""
        total = pipeline.total()
        if total is not None:
            return Made(total, may_omit=False, sources=tuple(pipeline.sources), steps=tuple(pipeline.steps))
        return self.function([*pipeline.statements, Return(Give(Current()))], pipeline, target, scopes, text)

    def function(
        self, statements: list[Statement], pipeline: Pipeline, target: Target, scopes: tuple[Scope, ...], text: str
    ) -> Made:
        """The value of a function with these statements."""
        name = self.name(target)
        heading = f"{target.pointer[1:]}{target.case} <- {text}"
        self.output.functions.append(RuleFunction(name, len(scopes), heading, fold(statements)))
        sources, steps = tuple(pipeline.sources), tuple(pipeline.steps)
        return Made(Invoke(name, len(scopes)), pipeline.may_omit, sources, steps)

    def _constant(self, block: Constant, target: Target) -> Made | None:
        if not target.takes(block.value):
            allowed = target.schema.enum
            hint = suggestion(str(block.value), map(str, allowed)) if allowed else target.asks(block.value)
            message = f"{shown(block.value)} does not fit '{target.pointer}'"
            self.diagnostics.add(Code.LITERAL_MISMATCH, block.span, message, hint)
            return None
        return Made(Fixed(block.value), may_omit=False, sources=(f"const:{block.value}",))

    def _object(self, block: ObjectBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        if "object" not in target.schema.value_types:
            self.mismatch(block.span, "an object", target)
            return None
        if block.origin is None:
            function = self.assemble(block.fields, scopes, target, block.fields_span)
            return Made(Invoke(function.name, len(scopes)), function.omit_empty)
        pipeline = self.structure(block.origin, "object", scopes, target)
        if pipeline is None or pipeline.located is None:
            return None
        located = pipeline.located
        inner = Scope(pipeline.type, located.pointer, located.base, located.lineage)
        function = self.assemble(block.fields, (*scopes, inner), target.inner("object"), block.fields_span)
        call = Invoke(function.name, len(scopes) + 1, Current())
        self.outcomes.report_needless(pipeline, block.origin)
        pipeline.may_omit = pipeline.may_omit or function.omit_empty
        statements = [*pipeline.statements, Return(Give(call))]
        return self.function(statements, pipeline, target, scopes, f"from {block.origin.text}")

    def structure(
        self, expression: Expression, kind: str, scopes: tuple[Scope, ...], target: Target
    ) -> Pipeline | None:
        """A path to an object or array whose own members are mapped."""
        pipeline = self.pipelines.source(expression, scopes, target, takes_null=False)
        if pipeline is None:
            return None
        if pipeline.located is None or pipeline.type.kind != kind or pipeline.type.schema is None:
            found = "not a plain path" if pipeline.located is None else pipeline.type.describe()
            message = f"a path to an {kind} must stand here; this is {found}"
            self.diagnostics.add(Code.TYPE_MISMATCH, expression.span, message)
            return None
        return pipeline

    def mismatch(self, span: Span, built: str, target: Target) -> None:
        """Report a block that builds what the target does not take."""
        kinds = " or ".join(target.schema.types)
        self.diagnostics.add(Code.TYPE_MISMATCH, span, f"'{target.pointer}' takes {kinds}, this builds {built}")


_LEFT_OUT = (Test.ABSENT, Test.NULL, Test.MISSING)


def _guarded(statements: tuple[Statement, ...]) -> tuple[Value, Test, Value] | None:
    """A rule that is nothing but `a value, left out where it is missing, then steps that cannot fail`."""
    match statements:
        case [Assign(value), Guard(test=test, consequence=Give(None))] if test in _LEFT_OUT:
            return value, test, Current()
        case [Assign(value), Guard(test=test, consequence=Give(None)), Assign(result)] if test in _LEFT_OUT:
            return value, test, result
        case _:
            return None
