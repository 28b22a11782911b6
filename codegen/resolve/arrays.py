"""Arrays: `each:` and `explode:`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.diagnostics import Code
from codegen.frontend.syntax import Action
from codegen.ir.statements import Assign, Current, EachOf, Give, Guard, Return, Test
from codegen.resolve.predicates import condition_of, paths_of
from codegen.resolve.scopes import Scope
from codegen.resolve.types import between, type_of_schema

if TYPE_CHECKING:
    from codegen.frontend.document import EachBlock
    from codegen.frontend.syntax import Expression, Predicate
    from codegen.ir.statements import Condition, Statement
    from codegen.naming import PythonIdentifier
    from codegen.resolve.blocks import BlockCompiler, Made
    from codegen.resolve.rules import Pipeline, Target

MAX_EVENTS = 1_000


class ArrayCompiler:
    """Compiles what is made of every element of an array."""

    def __init__(self, blocks: BlockCompiler) -> None:
        self._blocks = blocks
        self._diagnostics = blocks.diagnostics
        self._outcomes = blocks.outcomes

    def each(self, block: EachBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """The value of an `each:`; None if it was reported."""
        element = target.schema.items
        if "array" not in target.schema.value_types or element is None or "object" not in element.value_types:
            self._blocks.mismatch(block.span, "an array of objects", target)
            return None
        pipeline = self._blocks.structure(block.source, "array", scopes, target)
        if pipeline is None:
            return None
        found = self.elements(block.source, pipeline, block.where, scopes)
        if found is None:
            return None
        inner, keep = found
        guards = self._count_guards(block, pipeline, target)
        function = self._blocks.assemble(block.fields, (*scopes, inner), target.item(element), block.fields_span)
        each = self.every(function.name, pipeline, keep, scopes)
        self._outcomes.report_needless(pipeline, block.source)
        statements = [*pipeline.statements, each, *guards, Return(Give(Current()))]
        return self._blocks.function(statements, pipeline, target, scopes, f"each {block.source.text}")

    @staticmethod
    def every(
        function: PythonIdentifier, pipeline: Pipeline, keep: Condition | None, scopes: tuple[Scope, ...]
    ) -> Assign:
        """The current array replaced by what the function makes of every element."""
        located = pipeline.located
        assert located is not None
        return Assign(EachOf(function, Current(), keep, located.pointer, located.base, len(scopes) + 1))

    def elements(
        self, source: Expression, pipeline: Pipeline, where: Predicate | None, scopes: tuple[Scope, ...]
    ) -> tuple[Scope, Condition | None] | None:
        """The scope of an array's elements and the condition that keeps them; None if there is no such scope."""
        located, schema = pipeline.located, pipeline.type.schema
        assert located is not None
        assert schema is not None
        if schema.items is None:
            self._diagnostics.add(Code.TYPE_MISMATCH, source.span, f"'{source.text}' has no declared items")
            return None
        # The number of the scope that is opened here: what lies in the elements is placed from there.
        inner = Scope(type_of_schema(schema.items), "", len(scopes), f"{located.lineage}/*")
        if where is None:
            return inner, None
        keep = condition_of(where, (*scopes, inner), self._diagnostics)
        pipeline.sources += paths_of(where, (*scopes, inner))
        return inner, keep

    def _count_guards(self, block: EachBlock, pipeline: Pipeline, target: Target) -> list[Statement]:
        """The check of the number of elements; none where it is proven or was reported."""
        wanted, given = target.schema, pipeline.type.schema
        assert given is not None
        short = wanted.min_items > (0 if block.where else given.min_items)
        long = wanted.max_items is not None and (given.max_items is None or given.max_items > wanted.max_items)
        if not short and not long:
            return []
        bounds = f"a number of items {between(wanted.min_items or None, wanted.max_items)}"
        outcome = next((one for one in reversed(block.source.outcomes) if not one.conditions), None)
        if outcome is None or outcome.action is Action.VALUE:
            message = f"'{target.pointer}' asks for {bounds}, which is not proven"
            hint = "declare minItems and maxItems in the vendor schema, or add `or quarantine` to `each:`"
            self._diagnostics.add(Code.UNPROVEN, block.source.span, message, hint)
            return []
        end = self._outcomes.consequence(outcome, pipeline, target, "WRONG_COUNT", bounds)
        return [Guard(Test.OUTSIDE_LENGTH, end, low=wanted.min_items, high=wanted.max_items)] if end else []

    def at_most_events(self, source: Expression, pipeline: Pipeline, target: Target) -> list[Statement]:
        """The check that an explode gives no more events than may be; none where it is proven or was reported."""
        assert pipeline.type.schema is not None
        most = pipeline.type.schema.max_items
        if most is not None and most <= MAX_EVENTS:
            return []
        outcome = next((one for one in reversed(source.outcomes) if not one.conditions), None)
        if outcome is None:
            message = f"'{source.text}' may hold more than {MAX_EVENTS:,} items"
            hint = f"declare `maxItems: {MAX_EVENTS}` in the vendor schema, or add `or quarantine`"
            self._diagnostics.add(Code.EXPLODE_UNBOUNDED, source.span, message, hint)
            return []
        expected = f"at most {MAX_EVENTS:,} items"
        end = self._outcomes.consequence(outcome, pipeline, target, "WRONG_COUNT", expected)
        return [Guard(Test.OUTSIDE_LENGTH, end, low=0, high=MAX_EVENTS)] if end else []
