"""Arrays: `each:` and `explode:`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codegen.diagnostics import Code
from codegen.frontend.document import FieldsBody
from codegen.frontend.syntax import Action, Every, Path
from codegen.ir.statements import Apply, Assign, Current, EachOf, Give, Guard, Invoke, Joined, ListOf, Return, Test
from codegen.resolve.gathering import element_scope, list_type
from codegen.resolve.rules import Pipeline
from codegen.resolve.scopes import Scope
from codegen.resolve.types import ValueType, between

if TYPE_CHECKING:
    from codegen.frontend.document import EachBlock, ListBlock, ValueBody
    from codegen.frontend.syntax import Expression, Outcome, Predicate
    from codegen.ir.statements import Condition, Statement, Value
    from codegen.resolve.blocks import BlockCompiler, Made
    from codegen.resolve.rules import Target

MAX_EVENTS = 1_000


@dataclass(frozen=True, slots=True)
class Loop:
    """One array that is gone through."""

    items: Value
    keep: Condition | None
    pointer: str
    origin: int
    scope: int


@dataclass(frozen=True, slots=True)
class Elements:
    """The elements of an array, or of arrays within arrays, that are mapped one by one."""

    pipeline: Pipeline
    scopes: tuple[Scope, ...]
    """With those of the elements."""
    loops: tuple[Loop, ...]
    kept: bool
    """Whether a condition may leave elements out."""

    @property
    def element(self) -> ValueType:
        """The type of one element."""
        return self.scopes[-1].type

    def each(self, value: Value) -> Assign:
        """The current value replaced by a value for every element."""
        for depth, loop in reversed(list(enumerate(self.loops))):
            flat = depth < len(self.loops) - 1
            value = EachOf(value, loop.items, loop.keep, loop.pointer, loop.origin, loop.scope, flat)
        return Assign(value)


def scope_of(pipeline: Pipeline, found: ValueType) -> Scope:
    """The scope of the object that an expression gives."""
    if pipeline.located is not None:
        located = pipeline.located
        return Scope(found, located.pointer, located.base, located.lineage, located.placed)
    lineage = next((source for source in pipeline.sources if source.startswith("/")), "")
    return Scope(found, pipeline.pointer, pipeline.base, lineage, placed=False)


class ArrayCompiler:
    """Compiles what is made of every element of an array."""

    def __init__(self, blocks: BlockCompiler) -> None:
        self._blocks = blocks
        self._diagnostics = blocks.diagnostics
        self._outcomes = blocks.outcomes

    def each(self, block: EachBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """The value of an `each:`; None if it was reported."""
        wanted = target.schema.items
        if "array" not in target.schema.value_types or wanted is None:
            self._blocks.mismatch(block.span, "an array", target)
            return None
        found = self.elements(block.source, block.where, scopes, target)
        if found is None:
            return None
        value = self._body(block.body, found, target.item(wanted))
        if value is None:
            return None
        guards = self.count_guards(block.source, found, target, drops=found.kept or value.may_omit)
        self._outcomes.report_needless(found.pipeline, block.source)
        statements = [*found.pipeline.statements, found.each(value.value), *guards, Return(Give(Current()))]
        return self._blocks.function(statements, found.pipeline, target, scopes, f"each {block.source.text}")

    def listed(self, block: ListBlock, scopes: tuple[Scope, ...], target: Target) -> Made | None:
        """The value of a `list:`; None if it was reported."""
        wanted = target.schema.items
        if "array" not in target.schema.value_types or wanted is None:
            self._blocks.mismatch(block.span, "an array", target)
            return None
        item = target.item(wanted).optional()
        found = [
            self._blocks.value(source, scopes, replace(item, words=(*item.words, str(number))))
            for number, source in enumerate(block.items, 1)
        ]
        made = [one for one in found if one is not None]
        if len(made) < len(found):
            return None
        least = sum(not one.may_omit for one in made)
        most = target.schema.max_items
        if least < target.schema.min_items or (most is not None and len(made) > most):
            bounds = f"a number of items {between(target.schema.min_items or None, most)}"
            message = f"'{target.pointer}' asks for {bounds}, which is not proven"
            self._diagnostics.add(Code.UNPROVEN, block.span, message, "list as many that are always there")
            return None
        values = ListOf(tuple(one.value for one in made))
        sources = tuple(source for one in made for source in one.sources)
        steps = tuple(step for one in made for step in one.steps)
        value = Apply("kept", (values,)) if least < len(made) else values
        return self._blocks.made(value, sources, steps)

    def _body(self, body: FieldsBody | ValueBody, found: Elements, item: Target) -> Made | None:
        if isinstance(body, FieldsBody):
            return self.fields(body, found.scopes, item)
        made = self._blocks.value(body.source, found.scopes, item.optional())
        if made is not None:
            found.pipeline.sources += made.sources
            found.pipeline.steps += made.steps
        return made

    def fields(self, body: FieldsBody, scopes: tuple[Scope, ...], item: Target) -> Made | None:
        """The object that fields build for one element; None if it was reported."""
        if "object" not in item.schema.value_types:
            self._blocks.mismatch(body.span, "objects", item)
            return None
        function = self._blocks.assemble(body.fields, scopes, item, body.span)
        return self._blocks.made(Invoke(function.name, len(scopes)))

    def elements(
        self, source: Expression, where: Predicate | None, scopes: tuple[Scope, ...], target: Target
    ) -> Elements | None:
        """The array that an `each:` or `explode:` names, opened; None if it was reported."""
        path = source.operands[0]
        plain = len(source.operands) == 1 and not source.steps and isinstance(path, Path)
        if plain and isinstance(path, Path) and path.is_many:
            with self._blocks.pipelines.operands.filling(target):
                found = self._levels(path, scopes)
        else:
            found = self._one(source, scopes, target)
        if found is None or where is None:
            return found
        with self._blocks.pipelines.operands.filling(target):
            judged = self._blocks.pipelines.operands.predicates.judge(where, found.scopes)
        if judged is None:
            return found
        found.pipeline.sources += judged.sources
        *outer, last = found.loops
        keep = judged.condition if last.keep is None else Joined("and", (last.keep, judged.condition))
        return replace(found, loops=(*outer, replace(last, keep=keep)), kept=True)

    def _levels(self, path: Path, scopes: tuple[Scope, ...]) -> Elements | None:
        """A path with `[*]`: each is a level of its own, whose element is the parent of the next."""
        whole = path
        if not isinstance(path.segments[-1], Every):
            # What the last name leads to is an array itself: its elements are meant.
            whole = replace(path, segments=(*path.segments, Every(path.span, None)))
        sources: list[str] = []
        opened = self._blocks.pipelines.operands.gatherer.levels(whole, scopes, sources)
        if opened is None:
            return None
        levels, _ = opened
        first = levels[0].array
        pipeline = Pipeline(list_type(levels, levels[-1].element.type), pointer=first.pointer, base=first.base)
        pipeline.sources = [*(one.array.lineage for one in levels), *sources]
        number = len(scopes)
        loops = tuple(
            Loop(one.array.value, one.keep, one.array.pointer, one.array.base, number + depth)
            for depth, one in enumerate(levels)
        )
        inner = tuple(one.element for one in levels)
        return Elements(pipeline, (*scopes, *inner), loops, any(one.keep is not None for one in levels))

    def _one(self, source: Expression, scopes: tuple[Scope, ...], target: Target) -> Elements | None:
        pipeline = self._blocks.pipelines.source(source, scopes, target, takes_null=False)
        if pipeline is None:
            return None
        element = pipeline.type.element if pipeline.type.is_list else None
        if element is None:
            what = "has no declared items" if pipeline.type.is_list else f"is {pipeline.type.describe()}"
            message = f"an array must stand here; '{source.text}' {what}"
            hint = "declare `items` in the vendor schema" if pipeline.type.is_list else ""
            self._diagnostics.add(Code.TYPE_MISMATCH, source.span, message, hint)
            return None
        array = scope_of(pipeline, pipeline.type)
        inner = element_scope(array, element, len(scopes))
        loop = Loop(Current(), None, array.pointer, array.base, len(scopes))
        return Elements(pipeline, (*scopes, inner), (loop,), kept=False)

    def count_guards(self, source: Expression, found: Elements, target: Target, *, drops: bool) -> list[Statement]:
        """The check of the number of elements; none where it is proven or was reported."""
        wanted, given = target.schema, found.pipeline.type
        short = wanted.min_items > (0 if drops else given.min_items)
        long = wanted.max_items is not None and (given.max_items is None or given.max_items > wanted.max_items)
        if not short and not long:
            return []
        bounds = f"a number of items {between(wanted.min_items or None, wanted.max_items)}"
        outcome = _last_outcome(source)
        if outcome is None or outcome.action is Action.VALUE:
            message = f"'{target.pointer}' asks for {bounds}, which is not proven"
            hint = "declare minItems and maxItems in the vendor schema, or add `or quarantine` to the array"
            self._diagnostics.add(Code.UNPROVEN, source.span, message, hint)
            return []
        end = self._outcomes.consequence(outcome, found.pipeline, target, "WRONG_COUNT", bounds)
        return [Guard(Test.OUTSIDE_LENGTH, end, low=wanted.min_items, high=wanted.max_items)] if end else []

    def at_most_events(self, source: Expression, found: Elements, target: Target) -> list[Statement]:
        """The check that an explode gives no more events than may be; none where it is proven or was reported."""
        most = found.pipeline.type.max_items
        if most is not None and most <= MAX_EVENTS:
            return []
        outcome = _last_outcome(source)
        if outcome is None:
            message = f"'{source.text}' may hold more than {MAX_EVENTS:,} items"
            hint = f"declare `maxItems: {MAX_EVENTS}` in the vendor schema, or add `or quarantine`"
            self._diagnostics.add(Code.EXPLODE_UNBOUNDED, source.span, message, hint)
            return []
        expected = f"at most {MAX_EVENTS:,} items"
        end = self._outcomes.consequence(outcome, found.pipeline, target, "WRONG_COUNT", expected)
        return [Guard(Test.OUTSIDE_LENGTH, end, low=0, high=MAX_EVENTS)] if end else []


def _last_outcome(source: Expression) -> Outcome | None:
    """The outcome that also answers for what is asked of the array as a whole."""
    outcomes = source.steps[-1].outcomes if source.steps else source.outcomes
    return next((one for one in reversed(outcomes) if not one.conditions), None)
