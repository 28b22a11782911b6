"""Choices: `match:` and `when:`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import Code
from codegen.frontend.document import Refusal
from codegen.ir.statements import Assign, Convert, Current, Equals, Fixed, Give, Lookup, Reject, Return, ReturnIf, Table
from codegen.resolve.cases import case_literals
from codegen.resolve.rules import Pipeline
from codegen.resolve.summaries import title
from codegen.resolve.types import type_of_literal

if TYPE_CHECKING:
    from codegen.frontend.document import Block, MatchBlock, WhenBlock
    from codegen.ir.statements import End, Statement
    from codegen.resolve.blocks import BlockCompiler, Made
    from codegen.resolve.rules import Target
    from codegen.resolve.scopes import Scope
    from codegen.source import Scalar


class ChoiceCompiler:
    """Compiles what depends on a value or on predicates."""

    def __init__(self, blocks: BlockCompiler) -> None:
        self._blocks = blocks
        self._diagnostics = blocks.diagnostics

    def match(self, block: MatchBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """The value of a `match:`; None if it was reported."""
        takes_null = any(case.literal is None for case in block.cases)
        pipeline = self._blocks.pipelines.source(block.source, scopes, target, takes_null=takes_null)
        if pipeline is None:
            return None
        literals = case_literals(block, pipeline.type, self._diagnostics)
        ends = [
            self._end(case.value, scopes, target.branch(str(number), f"case {number}"), pipeline)
            for number, case in enumerate(block.cases, 1)
        ]
        otherwise = self.otherwise(block.otherwise, scopes, target, pipeline) if block.otherwise else None
        if literals is None or None in ends or (block.otherwise and otherwise is None):
            return None
        self._blocks.outcomes.report_needless(pipeline, block.source)
        cases = [(literal, end) for literal, end in zip(literals, ends, strict=True) if end is not None]
        statements = [*pipeline.statements, *self._cases(cases, otherwise, target)]
        return self._blocks.function(statements, pipeline, target, scopes, title(block))

    def _cases(self, cases: list[tuple[Scalar, End]], otherwise: End | None, target: Target) -> list[Statement]:
        constants = [
            (literal, end.value.value)
            for literal, end in cases
            if isinstance(end, Give) and isinstance(end.value, Fixed)
        ]
        if len(constants) == len(cases):
            table = self._blocks.output.name(target.inner("cases"))
            self._blocks.output.tables.append(Table(table, tuple(constants)))
            lookup = Lookup(table, complete=otherwise is None)
            found: Statement = Convert(lookup, otherwise) if otherwise else Assign(lookup)
            return [found, Return(Give(Current()))]
        # Without an else the cases are exhaustive, so the last one needs no question.
        asked, last = (cases, otherwise) if otherwise else (cases[:-1], cases[-1][1])
        return [*(ReturnIf(Equals(Current(), Fixed(literal)), end) for literal, end in asked), Return(last)]

    def when(self, block: WhenBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """The value of a `when:`; None if it was reported."""
        pipeline = Pipeline(type_of_literal(None))
        statements: list[Statement] = []
        for number, branch in enumerate(block.branches, 1):
            with self._blocks.pipelines.operands.filling(target):
                judged = self._blocks.pipelines.operands.predicates.judge(branch.predicate, scopes)
            end = self._end(branch.value, scopes, target.branch(str(number), f"branch {number}"), pipeline)
            if judged is not None and end is not None:
                pipeline.sources += judged.sources
                statements.append(ReturnIf(judged.condition, end))
        last = self.otherwise(block.otherwise, scopes, target, pipeline)
        if last is None or len(statements) < len(block.branches):
            return None
        return self._blocks.function([*statements, Return(last)], pipeline, target, scopes, title(block))

    def otherwise(
        self, block: Block | Refusal, scopes: tuple[Scope, ...], target: Target, pipeline: Pipeline
    ) -> End | None:
        """The end that an `else:` leads to; None if it was reported."""
        return self._end(block, scopes, target.branch("else", "otherwise"), pipeline)

    def _end(self, block: Block | Refusal, scopes: tuple[Scope, ...], target: Target, pipeline: Pipeline) -> End | None:
        """The end that a case leads to; None if it was reported."""
        if isinstance(block, Refusal):
            if not block.omit:
                expected = "a value that the mapping takes"
                return Reject(target.rule, "REFUSED", pipeline.pointer, expected, pipeline.base)
            if target.required:
                message = f"'{target.pointer}' is required and cannot be left out"
                self._diagnostics.add(Code.ABSENT_NOT_TAKEN, block.span, message, "use `quarantine`")
                return None
            pipeline.may_omit = True
            return Give(None)
        made = self._blocks.block(block, scopes, target)
        if made is None:
            return None
        pipeline.may_omit = pipeline.may_omit or made.may_omit
        pipeline.sources += [source for source in made.sources if not source.startswith("const:")]
        return Give(made.value)
