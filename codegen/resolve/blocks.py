"""Blocks of a mapping - object, each, match, when, const - to functions of the intermediate representation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from codegen.diagnostics import Code, Diagnostics, Span, suggestion
from codegen.frontend.expression import Action, Expression
from codegen.frontend.mapping import Constant, EachBlock, Field, MatchBlock, ObjectBlock, Refusal, WhenBlock
from codegen.ir import (
    Assign,
    Convert,
    Current,
    EachOf,
    Equals,
    Fixed,
    Give,
    Guard,
    Invoke,
    Lookup,
    Member,
    ObjectFunction,
    Reject,
    Return,
    ReturnIf,
    RuleFunction,
    RuleTrace,
    Table,
    Test,
)
from codegen.naming import PythonIdentifier
from codegen.resolve.pipelines import Pipeline, PipelineCompiler, Target, reads_current, substitute
from codegen.resolve.predicates import case_literals, condition_of, describe, paths_of
from codegen.resolve.scopes import Scope, token
from codegen.resolve.types import literal_fits, type_of_literal, type_of_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.frontend.expression import Outcome, Predicate
    from codegen.frontend.json_schema import Schema
    from codegen.frontend.mapping import Block
    from codegen.ir import Condition, End, Statement, Value
    from codegen.source import Scalar


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
    names: dict[str, Span] = field(default_factory=dict)


class BlockCompiler:
    """Compiles the rules of one event."""

    def __init__(self, event: str, diagnostics: Diagnostics, output: Output) -> None:
        self._event = event
        self._diagnostics = diagnostics
        self._output = output
        self._pipelines = PipelineCompiler(diagnostics)

    def name(self, words: str, span: Span) -> PythonIdentifier:
        """A name for a function or table of this event; a clash is reported."""
        name = PythonIdentifier(f"{self._event} {words}")
        if name in self._output.names:
            message = f"'{words}' gets the same name in generated code as the one at {self._output.names[name]}"
            self._diagnostics.add(Code.NAME_CLASH, span, message, "rename one of the two")
        self._output.names[name] = span
        return name

    def assemble(
        self,
        name: PythonIdentifier,
        fields: tuple[Field, ...],
        schema: Schema,
        scopes: tuple[Scope, ...],
        at: Target,
    ) -> ObjectFunction:
        """The function that builds an object of ``schema`` from its fields; ``at`` names the object itself."""
        members = []
        required = set(schema.required)
        for rule in fields:
            below = schema.properties.get(rule.name)
            if below is None:
                known = schema.properties
                message = f"'{rule.name}' is no field of {schema.title or at.pointer or 'the event'}"
                self._diagnostics.add(Code.UNKNOWN_TARGET, rule.span, message, suggestion(rule.name, known))
                continue
            required.discard(rule.name)
            pointer = f"{at.pointer}/{token(rule.name)}"
            target = Target(below, rule.name in schema.required, self._event, pointer, rule.span)
            made = self._member(rule, scopes, target)
            if made is not None:
                member, traced = made
                members.append(member)
                self._trace(rule, target, traced)
        for missing in sorted(required):
            message = f"required field '{missing}' of {schema.title or at.pointer} has no rule"
            self._diagnostics.add(Code.MISSING_TARGET, at.span, message, f"add `{missing}: <path>`")
        omit_empty = bool(members) and all(member.unless for member in members) and not at.required
        function = ObjectFunction(name, len(scopes), tuple(members), omit_empty)
        self._output.functions.append(function)
        return function

    def _member(self, rule: Field, scopes: tuple[Scope, ...], target: Target) -> tuple[Member, Made] | None:
        text = f"{rule.name}: {title(rule.block)}"
        if isinstance(rule.block, Expression):
            pipeline = self._pipelines.into(rule.block, scopes, target)
            if pipeline is None:
                return None
            guarded = _guarded(fold(pipeline.statements))
            if guarded is not None:
                value, unless, result = guarded
                made = Made(value, may_omit=True, sources=tuple(pipeline.sources), steps=tuple(pipeline.steps))
                return Member(rule.name, text, value, unless, result), made
            made = self._finish(pipeline, target, scopes, rule.block.text)
        else:
            found = self.block(rule.block, scopes, target)
            if found is None:
                return None
            made = found
        return Member(rule.name, text, made.value, Test.OMITTED if made.may_omit else None, Current()), made

    def _trace(self, rule: Field, target: Target, made: Made) -> None:
        if isinstance(rule.block, ObjectBlock | EachBlock):
            return
        self._output.traces.append(
            RuleTrace(
                rule=target.rule,
                target=target.pointer,
                sources=tuple(dict.fromkeys(made.sources)),
                steps=made.steps,
                expression=summary(rule.block),
                line=rule.span.line,
            )
        )

    def block(self, block: Block, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """Any right side of a field; None if it was reported."""
        match block:
            case Expression():
                pipeline = self._pipelines.into(block, scopes, target)
                return self._finish(pipeline, target, scopes, block.text) if pipeline else None
            case Constant():
                return self._constant(block, target)
            case ObjectBlock():
                return self._object(block, scopes, target)
            case EachBlock():
                return self._each(block, scopes, target)
            case MatchBlock():
                return self._match(block, scopes, target)
            case WhenBlock():
                return self._when(block, scopes, target)
            case Refusal():
                self._diagnostics.add(Code.WRONG_FORM, block.span, "a refusal stands only in a case or an else")
                return None

    def _finish(self, pipeline: Pipeline, target: Target, scopes: tuple[Scope, ...], text: str) -> Made:
        total = pipeline.total()
        sources, steps = tuple(pipeline.sources), tuple(pipeline.steps)
        if total is not None:
            return Made(total, may_omit=False, sources=sources, steps=steps)
        pipeline.statements.append(Return(Give(Current())))
        made = Made(Current(), pipeline.may_omit, sources, steps)
        return self._function(pipeline.statements, target, scopes, text, made)

    def _function(
        self, statements: list[Statement], target: Target, scopes: tuple[Scope, ...], text: str, made: Made
    ) -> Made:
        name = self.name(f"{target.pointer}{target.branch}", target.span)
        heading = f"{target.pointer[1:]}{target.branch}: {text}"
        self._output.functions.append(RuleFunction(name, len(scopes), heading, tuple(fold(statements))))
        return replace(made, value=Invoke(name, len(scopes)))

    def _constant(self, block: Constant, target: Target) -> Made | None:
        if not literal_fits(block.value, target.schema):
            allowed = target.schema.enum
            hint = suggestion(str(block.value), map(str, allowed)) if allowed else ""
            message = f"{block.value!a} does not fit '{target.pointer}'"
            self._diagnostics.add(Code.LITERAL_MISMATCH, block.span, message, hint)
            return None
        return Made(Fixed(block.value), may_omit=False, sources=(f"const:{block.value}",))

    def _object(self, block: ObjectBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        if "object" not in target.schema.value_types:
            self._mismatch(block.span, "an object", target)
            return None
        words = f"{target.pointer}{target.branch}"
        if block.origin is None:
            name = self.name(words, target.span)
            function = self.assemble(name, block.fields, target.schema, scopes, target)
            return Made(Invoke(name, len(scopes)), function.omit_empty)
        pipeline = self.structure(block.origin, "object", scopes, target)
        if pipeline is None or pipeline.located is None:
            return None
        located = pipeline.located
        inner = Scope(pipeline.type, located.pointer, located.depth, located.lineage)
        name = self.name(f"{words} object", target.span)
        function = self.assemble(name, block.fields, target.schema, (*scopes, inner), target)
        call = Invoke(name, len(scopes) + 1, Current())
        pipeline.statements.append(Return(Give(call)))
        self.report_needless(pipeline, block.origin)
        made = Made(call, pipeline.may_omit or function.omit_empty)
        return self._function(pipeline.statements, target, scopes, f"from {block.origin.text}", made)

    def structure(
        self, expression: Expression, kind: str, scopes: tuple[Scope, ...], target: Target
    ) -> Pipeline | None:
        """A path to an object or array whose own members are mapped."""
        pipeline = self._pipelines.source(expression, scopes, target, takes_null=False)
        if pipeline is None:
            return None
        if pipeline.located is None or pipeline.type.kind != kind or pipeline.type.schema is None:
            message = f"a path to an {kind} must stand here; the value is {pipeline.type.describe()}"
            self._diagnostics.add(Code.TYPE_MISMATCH, expression.span, message)
            return None
        return pipeline

    def _each(self, block: EachBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        element = target.schema.items
        if "array" not in target.schema.value_types or element is None or "object" not in element.value_types:
            self._mismatch(block.span, "an array of objects", target)
            return None
        pipeline = self.structure(block.source, "array", scopes, target)
        if pipeline is None or pipeline.located is None or pipeline.type.schema is None:
            return None
        found = self.each_of(block.source, pipeline, block.where, scopes)
        if found is None:
            return None
        inner, keep = found
        guards = self._count_guards(block, pipeline, target)
        if guards is None:
            return None
        name = self.name(f"{target.pointer}{target.branch} item", target.span)
        item = replace(target, schema=element, required=True, pointer=f"{target.pointer}/*")
        self.assemble(name, block.fields, element, (*scopes, inner), item)
        located = pipeline.located
        each = EachOf(name, Current(), keep, located.pointer, located.depth, len(scopes) + 1)
        pipeline.statements += [Assign(each), *guards, Return(Give(Current()))]
        made = Made(Current(), pipeline.may_omit)
        return self._function(pipeline.statements, target, scopes, f"each {block.source.text}", made)

    def each_of(
        self, source: Expression, pipeline: Pipeline, where: Predicate | None, scopes: tuple[Scope, ...]
    ) -> tuple[Scope, Condition | None] | None:
        """The scope of an array's elements and the condition that keeps them; None if something was reported."""
        located, schema = pipeline.located, pipeline.type.schema
        assert located is not None
        assert schema is not None
        if schema.items is None:
            self._diagnostics.add(Code.TYPE_MISMATCH, source.span, f"'{source.text}' has no declared items")
            return None
        inner = Scope(type_of_schema(schema.items), "", located.depth + 1, f"{located.lineage}/*")
        keep = condition_of(where, (*scopes, inner), self._diagnostics) if where is not None else None
        if where is not None and keep is None:
            return None
        return inner, keep

    def _count_guards(self, block: EachBlock, pipeline: Pipeline, target: Target) -> list[Statement] | None:
        """The check of the number of elements, none where it is proven; None if it was reported."""
        wanted, given = target.schema, pipeline.type.schema
        assert given is not None
        short = wanted.min_items > (0 if block.where else given.min_items)
        long = wanted.max_items is not None and (given.max_items is None or given.max_items > wanted.max_items)
        guards: list[Statement] = []
        if short or long:
            bounds = f"{wanted.min_items} to {'any' if wanted.max_items is None else wanted.max_items} items"
            outcome = next((one for one in reversed(block.source.outcomes) if not one.conditions), None)
            if outcome is None or outcome.action is Action.VALUE:
                message = f"'{target.pointer}' takes {bounds}, which is not proven"
                hint = "declare minItems and maxItems in the vendor schema, or add `or quarantine` to `each:`"
                self._diagnostics.add(Code.UNPROVEN, block.source.span, message, hint)
                return None
            end = self.consequence(outcome, pipeline, target, bounds)
            if end is None:
                return None
            guards.append(Guard(Test.OUTSIDE_LENGTH, end, low=wanted.min_items, high=wanted.max_items))
        self.report_needless(pipeline, block.source)
        return guards

    def consequence(self, outcome: Outcome, pipeline: Pipeline, target: Target, expected: str) -> End | None:
        """What an outcome does where a count is not as it must be; None if it was reported."""
        return self._pipelines.consequence(outcome, pipeline, target, "WRONG_COUNT", expected)

    def report_needless(self, pipeline: Pipeline, expression: Expression) -> None:
        """Warn of outcomes that nothing can lead to."""
        self._pipelines.report_needless(pipeline, expression)

    def _mismatch(self, span: Span, built: str, target: Target) -> None:
        kinds = " or ".join(target.schema.types)
        self._diagnostics.add(Code.TYPE_MISMATCH, span, f"'{target.pointer}' takes {kinds}, this builds {built}")

    def _match(self, block: MatchBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        takes_null = any(case.literal is None for case in block.cases)
        pipeline = self._pipelines.source(block.source, scopes, target, takes_null=takes_null)
        if pipeline is None:
            return None
        literals = case_literals(block, pipeline.type, self._diagnostics)
        ends = [self._end(case.value, scopes, target, str(case.literal), pipeline) for case in block.cases]
        otherwise = self._end(block.otherwise, scopes, target, "else", pipeline) if block.otherwise else None
        if literals is None or None in ends or (block.otherwise and otherwise is None):
            return None
        self.report_needless(pipeline, block.source)
        cases = [(literal, end) for literal, end in zip(literals, ends, strict=True) if end is not None]
        pipeline.statements += self._cases(cases, otherwise, target)
        made = Made(Current(), pipeline.may_omit, tuple(pipeline.sources), tuple(pipeline.steps))
        return self._function(pipeline.statements, target, scopes, title(block), made)

    def _cases(self, cases: list[tuple[Scalar, End]], otherwise: End | None, target: Target) -> list[Statement]:
        constants = [
            (literal, end.value.value)
            for literal, end in cases
            if isinstance(end, Give) and isinstance(end.value, Fixed)
        ]
        if len(constants) == len(cases):
            table = self.name(f"{target.pointer}{target.branch} cases", target.span)
            self._output.tables.append(Table(table, tuple(constants)))
            lookup = Lookup(table, complete=otherwise is None)
            found: Statement = Convert(lookup, otherwise) if otherwise else Assign(lookup)
            return [found, Return(Give(Current()))]
        # Without an else the cases are exhaustive, so the last one needs no question.
        asked, last = (cases, otherwise) if otherwise else (cases[:-1], cases[-1][1])
        return [*(ReturnIf(Equals(Current(), Fixed(literal)), end) for literal, end in asked), Return(last)]

    def _end(
        self, block: Block, scopes: tuple[Scope, ...], target: Target, label: str, pipeline: Pipeline
    ) -> End | None:
        """The end that a case leads to; None if it was reported."""
        if isinstance(block, Refusal):
            if not block.omit:
                return Reject(
                    target.rule, "REFUSED", pipeline.pointer, "a value that the mapping takes", pipeline.depth
                )
            if target.required:
                message = f"'{target.pointer}' is required and cannot be left out"
                self._diagnostics.add(Code.ABSENT_NOT_TAKEN, block.span, message, "use `quarantine`")
                return None
            pipeline.may_omit = True
            return Give(None)
        made = self.block(block, scopes, replace(target, branch=f"{target.branch} {label}"))
        if made is None:
            return None
        pipeline.may_omit = pipeline.may_omit or made.may_omit
        pipeline.sources += [source for source in made.sources if not source.startswith("const:")]
        return Give(made.value)

    def _when(self, block: WhenBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        pipeline = Pipeline(type_of_literal(None))
        sound = True
        for number, branch in enumerate(block.branches, 1):
            condition = condition_of(branch.predicate, scopes, self._diagnostics)
            pipeline.sources += paths_of(branch.predicate, scopes)
            end = self._end(branch.value, scopes, target, f"branch {number}", pipeline)
            if condition is None or end is None:
                sound = False
                continue
            pipeline.statements.append(ReturnIf(condition, end))
        last = self._end(block.otherwise, scopes, target, "else", pipeline)
        if last is None or not sound:
            return None
        pipeline.statements.append(Return(last))
        made = Made(Current(), pipeline.may_omit, tuple(pipeline.sources))
        return self._function(pipeline.statements, target, scopes, title(block), made)


def fold(statements: Sequence[Statement]) -> list[Statement]:
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
    return folded


_LEFT_OUT = (Test.ABSENT, Test.NULL, Test.MISSING)


def _guarded(statements: list[Statement]) -> tuple[Value, Test, Value] | None:
    """A rule that is nothing but `a value, left out where it is missing, then steps that cannot fail`."""
    match statements:
        case [Assign(value), Guard(test=test, consequence=Give(None))] if test in _LEFT_OUT:
            return value, test, Current()
        case [Assign(value), Guard(test=test, consequence=Give(None)), Assign(result)] if test in _LEFT_OUT:
            return value, test, result
        case _:
            return None


def title(block: Block) -> str:
    """The block in a few words, for the comment beside its code."""
    match block:
        case MatchBlock():
            return f"match {block.source.text}"
        case WhenBlock():
            return "when"
        case _:
            return summary(block)


def summary(block: Block) -> str:
    """The block in one line, as documents show it."""
    match block:
        case Expression():
            return block.text
        case Constant():
            return "null" if block.value is None else str(block.value)
        case Refusal():
            return "omit" if block.omit else "quarantine"
        case ObjectBlock():
            return f"object from {block.origin.text}" if block.origin else "object"
        case EachBlock():
            return f"each {block.source.text}"
        case MatchBlock():
            cases = ", ".join(f"{case.literal}: {summary(case.value)}" for case in block.cases)
            tail = f"; else {summary(block.otherwise)}" if block.otherwise else ""
            return f"match {block.source.text} {{{cases}{tail}}}"
        case WhenBlock():
            branches = ", ".join(f"{describe(one.predicate)}: {summary(one.value)}" for one in block.branches)
            return f"when {{{branches}; else {summary(block.otherwise)}}}"
