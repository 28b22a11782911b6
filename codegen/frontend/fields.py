"""The right sides of a mapping's fields: expressions, constants and blocks."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from codegen.diagnostics import Code
from codegen.frontend.document import (
    Block,
    Branch,
    Case,
    Constant,
    EachBlock,
    EntriesBlock,
    Field,
    FieldsBody,
    GroupBlock,
    ListBlock,
    LookupBlock,
    MatchBlock,
    ObjectBlock,
    Refusal,
    ValueBlock,
    ValueBody,
    WhenBlock,
)
from codegen.frontend.forms import FormError, FormReader
from codegen.source import ListNode, MapNode, Node, ScalarNode

if TYPE_CHECKING:
    from collections.abc import Callable

    from codegen.diagnostics import Diagnostics
    from codegen.frontend.fragments import Fragments
    from codegen.frontend.syntax import Expression, Predicate

BLOCKS = ("object", "each", "group", "entries", "lookup", "match", "when", "list", "const", "value")


class FieldReader(FormReader):
    """Reads blocks of `target: source`."""

    def __init__(self, diagnostics: Diagnostics, fragments: Fragments) -> None:
        super().__init__(diagnostics)
        self._fragments = fragments

    def fields(self, node: Node) -> tuple[Field, ...]:
        """The fields of a `map:` or `object:`: a block of them, the name of a fragment, or a list of both."""
        found: dict[str, Field] = {}
        for part in node.items if isinstance(node, ListNode) else (node,):
            for field in self._part(part):
                earlier = found.setdefault(field.name, field)
                if earlier is not field:
                    message = f"'{field.name}' has a rule at {earlier.span} already"
                    self.diagnostics.add(Code.DUPLICATE_KEY, part.span, message, "keep one of the two")
        return tuple(found.values())

    def _part(self, node: Node) -> tuple[Field, ...]:
        if isinstance(node, ScalarNode) and isinstance(node.value, str):
            with self._fragments.opened(node) as fragment:
                return () if fragment is None else self.fields(fragment)
        if isinstance(node, ScalarNode) and node.value is None:
            # Nothing is written yet: what must be there is said for the object as a whole.
            return ()
        if not isinstance(node, MapNode):
            hint = "write fields, the name of a fragment, or a list of both"
            raise self.refuse(Code.WRONG_FORM, node.span, "fields must be a block of `target: source`", hint)
        return tuple(
            Field(name, node.keys[name].span, self.attempt(partial(self._source, member)))
            for name, member in node.members.items()
        )

    def _source(self, node: Node) -> Expression | Block:
        return self.expression(node) if isinstance(node, ScalarNode) else self._block(node)

    def _block(self, node: Node) -> Block:
        kind = next((key for key in BLOCKS if key in node.members), None) if isinstance(node, MapNode) else None
        if kind is None or not isinstance(node, MapNode):
            hint = "write an expression, or a block with " + ", ".join(f"'{key}:'" for key in BLOCKS)
            raise self.refuse(Code.WRONG_FORM, node.span, "this is no value of a field", hint)
        readers: dict[str, Callable[[MapNode], Block]] = {
            "object": self._object,
            "each": self._each,
            "group": self._group,
            "entries": self._entries,
            "lookup": self._lookup,
            "match": self._match,
            "when": self._when,
            "list": self._list,
            "const": self._constant,
            "value": self._expression,
        }
        return readers[kind](node)

    def _expression(self, node: MapNode) -> ValueBlock:
        value = self.block(node, "a value block", ("value",)).members["value"]
        return ValueBlock(node.span, self.expression(value))

    def _constant(self, node: MapNode) -> Constant:
        value = self.block(node, "a const block", ("const",)).members["const"]
        if not isinstance(value, ScalarNode):
            raise self.refuse(Code.WRONG_FORM, value.span, "a constant must be a text, a number, true, false or null")
        return Constant(value.span, value.value)

    def _object(self, node: MapNode) -> ObjectBlock:
        block = self.block(node, "an object block", ("object", "from"))
        origin = block.members.get("from")
        fields = self.fields(block.members["object"])
        return ObjectBlock(node.span, self.expression(origin) if origin else None, fields, block.keys["object"].span)

    def _each(self, node: MapNode) -> EachBlock:
        block = self.block(node, "an each block", ("each", "where", "map", "value"))
        source, where = self._elements(block, "each")
        if "value" in block.members and "map" in block.members:
            raise self.refuse(Code.WRONG_FORM, node.span, "an each block has 'map' and 'value'", "keep one of the two")
        body = self._value(block) if "value" in block.members else self._map(block, "an each block")
        return EachBlock(node.span, source, where, body)

    def _elements(self, block: MapNode, kind: str) -> tuple[Expression, Predicate | None]:
        where = block.members.get("where")
        return self.expression(block.members[kind]), self.predicate(where) if where else None

    def _map(self, block: MapNode, what: str) -> FieldsBody:
        return FieldsBody(self.fields(self.member(block, "map", what)), block.keys["map"].span)

    def _value(self, block: MapNode) -> ValueBody:
        return ValueBody(self._source(block.members["value"]), block.keys["value"].span)

    def _group(self, node: MapNode) -> GroupBlock:
        block = self.block(node, "a group block", ("group", "where", "by", "map"))
        source, where = self._elements(block, "group")
        by = self.expression(self.member(block, "by", "a group block"))
        return GroupBlock(node.span, source, where, by, self._map(block, "a group block"))

    def _entries(self, node: MapNode) -> EntriesBlock:
        block = self.block(node, "an entries block", ("entries", "where", "key", "value"))
        source, where = self._elements(block, "entries")
        self.member(block, "value", "an entries block")
        key = self.expression(self.member(block, "key", "an entries block"))
        return EntriesBlock(node.span, source, where, key, self._value(block))

    def _lookup(self, node: MapNode) -> LookupBlock:
        block = self.block(node, "a lookup block", ("lookup", "key", "else"))
        table = block.members["lookup"]
        key = self.member(block, "key", "a lookup block")
        otherwise = block.members.get("else")
        return LookupBlock(
            span=node.span,
            table=self.text(table, "the table of a lookup"),
            table_span=table.span,
            keys=tuple(map(self.expression, key.items if isinstance(key, ListNode) else (key,))),
            otherwise=self._result(otherwise) if otherwise else None,
        )

    def _list(self, node: MapNode) -> ListBlock:
        listed = self.block(node, "a list block", ("list",)).members["list"]
        if not isinstance(listed, ListNode):
            raise self.refuse(Code.WRONG_FORM, listed.span, "list must be a list of expressions and blocks")
        return ListBlock(node.span, tuple(map(self._source, listed.items)))

    def _match(self, node: MapNode) -> MatchBlock:
        block = self.block(node, "a match block", ("match", "cases", "else"))
        cases = self.member(block, "cases", "a match block")
        if not isinstance(cases, MapNode) or not cases.members:
            raise self.refuse(Code.WRONG_FORM, cases.span, "cases must be a block of `value: result`")
        read = []
        for name, member in cases.members.items():
            key = cases.keys[name]
            read.append(Case(key.span, None if key.value is None else name, self._result(member)))
        otherwise = block.members.get("else")
        source = self.expression(block.members["match"])
        return MatchBlock(node.span, source, tuple(read), self._result(otherwise) if otherwise else None)

    def _result(self, node: Node) -> Block | Refusal:
        """What a case or branch leads to: a constant, a refusal, or a block."""
        if not isinstance(node, ScalarNode):
            return self._block(node)
        if node.value in ("quarantine", "omit"):
            return Refusal(node.span, omit=node.value == "omit")
        return Constant(node.span, node.value)

    def _when(self, node: MapNode) -> WhenBlock:
        block = self.block(node, "a when block", ("when", "else"))
        listed = block.members["when"]
        if not isinstance(listed, ListNode) or not listed.items:
            raise self.refuse(Code.WRONG_FORM, listed.span, "when must be a list of `if:` and `then:`")
        branches = [self.attempt(partial(self._branch, item)) for item in listed.items]
        otherwise = self._result(self.member(block, "else", "a when block"))
        read = tuple(branch for branch in branches if branch is not None)
        if len(read) < len(branches):
            raise FormError
        return WhenBlock(node.span, read, otherwise)

    def _branch(self, node: Node) -> Branch:
        branch = self.block(node, "a branch", ("if", "then"))
        predicate = self.predicate(self.member(branch, "if", "a branch"))
        return Branch(node.span, predicate, self._result(self.member(branch, "then", "a branch")))
