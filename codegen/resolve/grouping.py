"""Collections: `group:`, which parts an array by a value, and `entries:`, which makes an object of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from codegen.diagnostics import Code
from codegen.frontend.syntax import Action, Group
from codegen.ir.statements import Apply, Assign, Convert, Current, EachOf, Give, Later, Read, Return
from codegen.resolve.keys import is_key
from codegen.resolve.outcomes import declared
from codegen.resolve.scopes import Scope
from codegen.resolve.shapes import described, object_of
from codegen.resolve.types import type_of_schema

if TYPE_CHECKING:
    from codegen.frontend.document import EntriesBlock, GroupBlock
    from codegen.frontend.syntax import Expression, Outcome
    from codegen.ir.statements import Statement
    from codegen.resolve.arrays import Elements
    from codegen.resolve.blocks import BlockCompiler, Made
    from codegen.resolve.operands import Found
    from codegen.resolve.rules import Target


class CollectionCompiler:
    """Compiles what is made of an array as a whole."""

    def __init__(self, blocks: BlockCompiler) -> None:
        self._blocks = blocks
        self._diagnostics = blocks.diagnostics
        self._outcomes = blocks.outcomes

    def group(self, block: GroupBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """The value of a `group:`; None if it was reported."""
        wanted = target.schema.items
        if "array" not in target.schema.value_types or wanted is None:
            self._blocks.mismatch(block.span, "an array", target)
            return None
        found = self._blocks.arrays.elements(block.source, block.where, scopes, target)
        key = self._key(block.by, found, target) if found else None
        if found is None or key is None:
            return None
        inner = self._group_scope(block, found, key)
        made = self._blocks.arrays.fields(block.body, (*scopes, inner), target.item(wanted)) if inner else None
        if inner is None or made is None:
            return None
        pairs = found.each(Apply("pair", (key.value, Read(len(found.scopes) - 1, (), certain=True))))
        groups = EachOf(made.value, Apply("grouped", (Current(),)), None, "", 0, len(scopes))
        guards = self._blocks.arrays.count_guards(
            block.source, replace(found, pipeline=found.pipeline), target, drops=found.pipeline.type.min_items > 1
        )
        self._outcomes.report_needless(found.pipeline, block.source)
        statements: list[Statement] = [*found.pipeline.statements, pairs, Assign(groups), *guards]
        statements.append(Return(Give(Current())))
        return self._blocks.function(statements, found.pipeline, target, scopes, f"group {block.source.text}")

    def _key(self, expression: Expression, found: Elements, target: Target) -> Found | None:
        """What an element is known by; None if it was reported."""
        operands = self._blocks.pipelines.operands
        key = operands.group(Group(expression.span, expression), found.scopes, target)
        if key is None:
            return None
        # What an expression in parentheses omits is absent: the element is left out then, if that was said.
        omits = any(one.action is Action.OMIT for one in declared(expression))
        if not is_key(key.type, expression.span, self._diagnostics, may_be_absent=omits):
            return None
        found.pipeline.sources += key.sources
        found.pipeline.steps += key.steps
        return key

    def _group_scope(self, block: GroupBlock, found: Elements, key: Found) -> Scope | None:
        """Where the fields of a group stand: at its key and its items."""
        element = found.element.schema
        if element is None:
            message = f"the items of '{block.source.text}' are {found.element.describe()}; a group is of objects"
            self._diagnostics.add(Code.TYPE_MISMATCH, block.source.span, message)
            return None
        shape = object_of(
            element,
            {
                "key": described(key.type, element),
                "items": replace(
                    element,
                    types=("array",),
                    items=element,
                    min_items=1,
                    properties={},
                    required=frozenset(),
                    enum=None,
                ),
            },
        )
        pipeline, lineage = found.pipeline, found.scopes[-1].lineage
        aliases = {"key": key.sources[0] if key.sources else lineage, "items": lineage.removesuffix("/*")}
        return Scope(type_of_schema(shape), pipeline.pointer, pipeline.base, lineage, placed=False, aliases=aliases)

    def entries(self, block: EntriesBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """The value of an `entries:`; None if it was reported."""
        if "object" not in target.schema.value_types or target.schema.additional is None:
            self._blocks.mismatch(block.span, "an object of entries", target)
            return None
        outcome = self._duplicates(block.source)
        if outcome is None:
            message = "two elements may have the same key"
            hint = "say what happens then: `entries: source or quarantine`"
            self._diagnostics.add(Code.FALLIBLE, block.source.span, message, hint)
            return None
        found = self._blocks.arrays.elements(block.source, block.where, scopes, target)
        key = self._key(block.key, found, target) if found else None
        made = self._blocks.value(block.value.source, found.scopes, target.entry().optional()) if found else None
        if found is None or key is None or made is None:
            return None
        found.pipeline.sources += made.sources
        found.pipeline.steps += made.steps
        value = Later(made.value) if key.type.absent else made.value
        pairs = found.each(Apply("pair", (key.value, value)))
        end = self._outcomes.consequence(outcome, found.pipeline, target, "DUPLICATE_KEY", "each key once")
        if end is None:
            return None
        self._outcomes.report_needless(found.pipeline, block.source)
        statements = [
            *found.pipeline.statements,
            pairs,
            Convert(Apply("entries", (Current(),)), end),
            Return(Give(Current())),
        ]
        return self._blocks.function(statements, found.pipeline, target, scopes, f"entries {block.source.text}")

    @staticmethod
    def _duplicates(source: Expression) -> Outcome | None:
        outcomes = source.steps[-1].outcomes if source.steps else source.outcomes
        return next((one for one in reversed(outcomes) if not one.conditions), None)
