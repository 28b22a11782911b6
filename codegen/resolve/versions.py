"""What a payload of one version of an event becomes: no canonical event, one, or one for each element of an array."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.ir.project import RuleTrace
from codegen.ir.statements import Current, Fixed, Give, Invoke, ListOf, Negated, Return, ReturnIf, RuleFunction
from codegen.naming import PythonIdentifier
from codegen.resolve.rules import fold
from codegen.resolve.summaries import describe, where_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.diagnostics import Span
    from codegen.frontend.document import VersionDocument
    from codegen.frontend.syntax import Expression, Predicate
    from codegen.ir.statements import Statement
    from codegen.resolve.blocks import BlockCompiler
    from codegen.resolve.rules import Target
    from codegen.resolve.scopes import Scope


class VersionCompiler:
    """Compiles what a payload becomes: no event, one, or one for each element of an array."""

    def __init__(
        self, version: VersionDocument, blocks: BlockCompiler, scopes: tuple[Scope, ...], target: Target
    ) -> None:
        self._version = version
        self._blocks = blocks
        self._scopes = scopes
        self._target = target
        self._predicates = blocks.pipelines.operands.predicates

    def body(self) -> tuple[Statement, ...] | None:
        """The statements of the mapper; None if something was reported."""
        kept = () if self._version.filter is None else self._kept(self._version.filter)
        if self._version.explode is not None:
            made = self._exploded(self._version.explode)
        else:
            made = (Return(Give(ListOf((self._assembled(self._scopes),)))),)
        return None if kept is None or made is None else (*kept, *made)

    def _kept(self, predicate: Predicate) -> tuple[Statement, ...] | None:
        judged = self._predicates.judge(predicate, self._scopes)
        if judged is None:
            return None
        self._trace(judged.sources, f"filter {describe(predicate)}", predicate.span)
        return (ReturnIf(Negated(judged.condition), Give(ListOf(()))),)

    def _assembled(self, scopes: tuple[Scope, ...]) -> Invoke:
        function = self._blocks.assemble(self._version.fields, scopes, self._target, self._version.fields_span)
        return Invoke(function.name, len(scopes))

    def _exploded(self, source: Expression) -> tuple[Statement, ...] | None:
        found = self._blocks.arrays.elements(source, self._version.where, self._scopes, self._target)
        if found is None:
            return None
        guards = self._blocks.arrays.at_most_events(source, found, self._target)
        self._blocks.outcomes.report_needless(found.pipeline, source)
        self._trace(found.pipeline.sources, f"explode {source.text}{where_words(self._version.where)}", source.span)
        each = found.each(self._assembled(found.scopes))
        return fold([*found.pipeline.statements, each, *guards, Return(Give(Current()))])

    def _trace(self, sources: Sequence[str], words: str, span: Span) -> None:
        read = tuple(dict.fromkeys(sources))
        self._blocks.trace(RuleTrace(self._target.rule, "", read, (), words, span.path, span.line, span.line))

    def applies(self) -> RuleFunction | None:
        """Whether a payload is of this version; it was not validated yet. None if nothing says so."""
        if self._version.when is None:
            return None
        with self._blocks.pipelines.operands.unchecked():
            judged = self._predicates.judge(self._version.when, self._scopes)
        if judged is None:
            return None
        name = PythonIdentifier.of_path((*self._target.words, "applies"))
        text = f"when {describe(self._version.when)}"
        holds, fails = Give(Fixed(value=True)), Give(Fixed(value=False))
        return RuleFunction(name, 1, text, (ReturnIf(judged.condition, holds), Return(fails)))
