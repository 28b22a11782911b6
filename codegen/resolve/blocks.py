"""Fields to functions of the intermediate representation: objects, and whatever a field's right side is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, Span, shown, suggestion
from codegen.frontend.document import (
    Constant,
    EachBlock,
    EntriesBlock,
    GroupBlock,
    ListBlock,
    LookupBlock,
    MatchBlock,
    ObjectBlock,
    ValueBlock,
    WhenBlock,
)
from codegen.frontend.syntax import Expression
from codegen.ir.project import BlockPlace, RuleTrace
from codegen.ir.statements import Assign, Current, Fixed, Give, Guard, Invoke, Member, ObjectFunction, Return, Test
from codegen.resolve.arrays import ArrayCompiler, scope_of
from codegen.resolve.choices import ChoiceCompiler
from codegen.resolve.grouping import CollectionCompiler
from codegen.resolve.lookups import LookupCompiler
from codegen.resolve.pipelines import PipelineCompiler
from codegen.resolve.rules import fold
from codegen.resolve.summaries import end_of, summary, title

if TYPE_CHECKING:
    from collections.abc import Mapping

    from codegen.frontend.document import Block, Field, Refusal
    from codegen.ir.statements import End, Statement, Value
    from codegen.resolve.lookups import LookupTable
    from codegen.resolve.output import Output
    from codegen.resolve.rules import Pipeline, Target
    from codegen.resolve.scopes import Scope


@dataclass(frozen=True, slots=True)
class Made:
    """How a block's value is had, and what it reads."""

    value: Value
    may_omit: bool
    sources: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()


class BlockCompiler:
    """Compiles the rules of one event."""

    def __init__(self, diagnostics: Diagnostics, output: Output, lookups: Mapping[str, LookupTable]) -> None:
        self.diagnostics = diagnostics
        self.output = output
        self.pipelines = PipelineCompiler(diagnostics, output)
        self.outcomes = self.pipelines.outcomes
        self.arrays = ArrayCompiler(self)
        self._collections = CollectionCompiler(self)
        self._choices = ChoiceCompiler(self)
        self._lookups = LookupCompiler(self, lookups)

    def assemble(self, fields: tuple[Field, ...], scopes: tuple[Scope, ...], at: Target, key: Span) -> ObjectFunction:
        """The function that builds the object ``at`` from its fields, which stand below ``key``."""
        self.output.blocks.append(BlockPlace(at.block, key.path, key.line))
        members = []
        known = at.schema.properties
        place = at.schema.title or at.pointer or "the event"
        for rule in fields:
            if rule.name not in known:
                message = f"'{rule.name}' is no field of {place}"
                named = "its names are the payload's: build it with `entries:`" if at.schema.additional else ""
                self.diagnostics.add(Code.UNKNOWN_TARGET, rule.span, message, suggestion(rule.name, known) or named)
                continue
            target = at.member(rule.name, rule.span)
            made = self._member(rule, scopes, target)
            if made is not None:
                members.append(made)
        for missing in sorted(at.schema.required - {rule.name for rule in fields}):
            message = f"required field '{missing}' of {place} has no rule"
            self.diagnostics.add(Code.MISSING_TARGET, at.span, message, f"add `{missing}: <path>`")
        omit_empty = bool(members) and all(member.unless for member in members) and not at.required
        function = ObjectFunction(self.output.name(at), len(scopes), tuple(members), omit_empty)
        self.output.functions.append(function)
        return function

    def _member(self, rule: Field, scopes: tuple[Scope, ...], target: Target) -> Member | None:
        source = rule.source
        if source is None:
            return None
        text = f"{rule.name} <- {title(source)}"
        if isinstance(source, Expression):
            pipeline = self.pipelines.into(source, scopes, target)
            if pipeline is None:
                return None
            guarded = _guarded(fold(pipeline.statements))
            if guarded is not None:
                self._trace(target, source, tuple(pipeline.sources), tuple(pipeline.steps))
                return Member(rule.name, text, *guarded)
            made: Made | None = self._finish(pipeline, target, scopes, source.text)
        else:
            made = self.block(source, scopes, target)
        if made is None:
            return None
        if made.sources or not isinstance(source, ObjectBlock):
            self._trace(target, source, made.sources, made.steps)
        return Member(rule.name, text, made.value, Test.OMITTED if made.may_omit else None, Current())

    def value(self, source: Expression | Block, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """The value of a field's right side; None if it was reported."""
        if not isinstance(source, Expression):
            return self.block(source, scopes, target)
        pipeline = self.pipelines.into(source, scopes, target)
        return self._finish(pipeline, target, scopes, source.text) if pipeline else None

    def _trace(
        self, target: Target, rule: Expression | Block, sources: tuple[str, ...], steps: tuple[str, ...]
    ) -> None:
        read = tuple(dict.fromkeys(sources))
        span = target.span
        last_line = max(span.line, end_of(rule))
        self.trace(RuleTrace(target.rule, target.pointer, read, steps, summary(rule), span.path, span.line, last_line))

    def trace(self, trace: RuleTrace) -> None:
        """Keep one line of lineage."""
        self.output.traces.append(trace)

    def block(  # noqa: C901 - one case a variant
        self, block: Block, scopes: tuple[Scope, ...], target: Target
    ) -> Made | None:
        """The value of a block; None if it was reported."""
        match block:
            case ValueBlock():
                return self.value(block.expression, scopes, target)
            case ListBlock():
                return self.arrays.listed(block, scopes, target)
            case Constant():
                return self._constant(block, target)
            case ObjectBlock():
                return self._object(block, scopes, target)
            case EachBlock():
                return self.arrays.each(block, scopes, target)
            case GroupBlock():
                return self._collections.group(block, scopes, target)
            case EntriesBlock():
                return self._collections.entries(block, scopes, target)
            case LookupBlock():
                return self._lookups.lookup(block, scopes, target)
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
        call = self.output.define(statements, target, scopes, text)
        return Made(call, pipeline.may_omit, tuple(pipeline.sources), tuple(pipeline.steps))

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
        pipeline = self.pipelines.source(block.origin, scopes, target, takes_null=False)
        if pipeline is None:
            return None
        if pipeline.type.kind != "object" or pipeline.type.schema is None:
            message = f"'from' takes an object of one schema; this is {pipeline.type.describe()}"
            hint = "choose by `when:` between an object from each" if pipeline.type.kind == "object" else ""
            self.diagnostics.add(Code.TYPE_MISMATCH, block.origin.span, message, hint)
            return None
        inner = scope_of(pipeline, pipeline.type)
        function = self.assemble(block.fields, (*scopes, inner), target.inner("object"), block.fields_span)
        call = Invoke(function.name, len(scopes) + 1, Current())
        self.outcomes.report_needless(pipeline, block.origin)
        pipeline.may_omit = pipeline.may_omit or function.omit_empty
        statements = [*pipeline.statements, Return(Give(call))]
        return self.function(statements, pipeline, target, scopes, f"from {block.origin.text}")

    def otherwise(
        self, block: Block | Refusal, scopes: tuple[Scope, ...], target: Target, pipeline: Pipeline
    ) -> End | None:
        """The end that an `else:` leads to; None if it was reported."""
        return self._choices.otherwise(block, scopes, target, pipeline)

    @staticmethod
    def made(value: Value, sources: tuple[str, ...] = (), steps: tuple[str, ...] = ()) -> Made:
        """A value that is always there."""
        return Made(value, may_omit=False, sources=sources, steps=steps)

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
