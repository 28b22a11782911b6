"""Blocks and predicates in the words of the mapping, for comments and pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.frontend.document import (
    Constant,
    EachBlock,
    EntriesBlock,
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
from codegen.frontend.syntax import Compare, Expression, Joined, Literal, Not, OneOf, Path, Present

if TYPE_CHECKING:
    from codegen.frontend.document import Block
    from codegen.frontend.syntax import Group, Predicate
    from codegen.source import Scalar


def title(block: Expression | Block | Refusal) -> str:
    """The block in a few words, for the comment beside its code."""
    match block:
        case MatchBlock():
            return f"match {block.source.text}"
        case WhenBlock():
            return "when"
        case _:
            return summary(block)


def end_of(block: Expression | Block | Refusal) -> int:
    """The last line of a rule. The fields of an object or each are rules of their own and not part of it."""
    match block:
        case MatchBlock():
            results = (*(case.value for case in block.cases), *((block.otherwise,) if block.otherwise else ()))
            return max(block.source.span.line, *map(end_of, results))
        case WhenBlock():
            return max(map(end_of, (*(branch.value for branch in block.branches), block.otherwise)))
        case ListBlock():
            return max(map(end_of, block.items), default=block.span.line)
        case LookupBlock():
            last = max(block.table_span.line, *(key.span.line for key in block.keys))
            return max(last, end_of(block.otherwise)) if block.otherwise else last
        case EachBlock(body=ValueBody(source)) | EntriesBlock(value=ValueBody(source)):
            return end_of(source)
        case _:
            return block.span.line


def summary(block: Expression | Block | Refusal) -> str:  # noqa: C901 - one case a variant
    """The block in one line, as documents show it."""
    match block:
        case Expression():
            return block.text
        case Constant():
            return "null" if block.value is None else str(block.value)
        case Refusal():
            return "omit" if block.omit else "quarantine"
        case ValueBlock():
            return block.expression.text
        case ListBlock():
            return f"list [{', '.join(map(summary, block.items))}]"
        case ObjectBlock():
            return f"object from {block.origin.text}" if block.origin else "object"
        case EachBlock():
            made = f" value {summary(block.body.source)}" if isinstance(block.body, ValueBody) else ""
            return f"each {block.source.text}{where_words(block.where)}{made}"
        case GroupBlock():
            return f"group {block.source.text}{where_words(block.where)} by {block.by.text}"
        case EntriesBlock():
            value = summary(block.value.source)
            return f"entries {block.source.text}{where_words(block.where)} key {block.key.text} value {value}"
        case LookupBlock():
            tail = f"; else {summary(block.otherwise)}" if block.otherwise else ""
            return f"lookup {block.table} by {', '.join(key.text for key in block.keys)}{tail}"
        case MatchBlock():
            labels = ("null" if case.literal is None else case.literal for case in block.cases)
            cases = ", ".join(
                f"{label}: {summary(case.value)}" for label, case in zip(labels, block.cases, strict=True)
            )
            tail = f"; else {summary(block.otherwise)}" if block.otherwise else ""
            return f"match {block.source.text} {{{cases}{tail}}}"
        case WhenBlock():
            branches = ", ".join(f"{describe(one.predicate)}: {summary(one.value)}" for one in block.branches)
            return f"when {{{branches}; else {summary(block.otherwise)}}}"


def where_words(where: Predicate | None) -> str:
    """The condition behind an `each:` or `explode:`."""
    return f" where {describe(where)}" if where is not None else ""


def describe(predicate: Predicate) -> str:
    """The predicate in the words of the mapping."""
    match predicate:
        case Compare():
            right = predicate.right
            other = _literal(right.value) if isinstance(right, Literal) else right.text
            return f"{_side(predicate.left)} {predicate.comparison} {other}"
        case OneOf():
            constants = ", ".join(_literal(literal.value) for literal in predicate.literals)
            return f"{_side(predicate.left)} in ({constants})"
        case Present():
            return f"present({predicate.path.text})"
        case Not():
            inner = describe(predicate.inner)
            return f"not ({inner})" if isinstance(predicate.inner, Joined) else f"not {inner}"
        case Joined():
            terms = [f"({describe(term)})" if isinstance(term, Joined) else describe(term) for term in predicate.terms]
            return f" {predicate.word} ".join(terms)


def _side(side: Path | Group) -> str:
    return side.text if isinstance(side, Path) else f"({side.expression.text})"


def _literal(value: Scalar) -> str:
    if isinstance(value, str):
        return f"'{value.replace("'", "''")}'"
    return "null" if value is None else str(value).lower()
