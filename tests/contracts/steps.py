"""Values one step over what a schema allows, or spelled in another way, in place of a valid one."""

from __future__ import annotations

from decimal import Context
from typing import TYPE_CHECKING, Any

from tests.codegen.edges import bounds
from tests.codegen.shapes import kinds_of
from tests.codegen.trees import Number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tests.codegen.shapes import Plain
    from tests.codegen.trees import Tree

OTHERS: tuple[Tree, ...] = (None, True, False, "", "1", Number("0"), Number("1.0"), Number("0.5"), [], {})
NUMBERS = ("1E400", "-0", "0." + "3" * 34, "1." + "0" * 33 + "1", "9007199254740993", "820982911946154508", "-1e-400")
TIMES = ("2026-02-30", "2026-01-30T24:00:00Z", "2026-01-30T20:15:60Z", "2026-01-30T20:15:12", "0000-01-01", "a@b", "x:")
SIZES = range(-1, 2)
MOST = 2_000
EXACT = Context(prec=2_000)


def steps(shape: Plain, value: Tree) -> Iterator[Tree]:
    """What may stand in a value's place; some of it is valid too."""
    yield from OTHERS
    for kind in kinds_of(shape):
        for size in bounds(shape, kind).values():
            yield from _sized(kind, int(size), value) if kind in ("string", "array") else _numbers(size)
    if isinstance(value, Number):
        yield from (Number(text) for text in (*NUMBERS, value if "e" in value.lower() else f"{value}e0"))
    elif isinstance(value, str):
        yield from (f"{value}\n", value[:-1], f"{value}x", f" {value}", value.upper(), value.lower(), *TIMES)
    elif isinstance(value, dict):
        yield from ({key: member for key, member in value.items() if key != name} for name in value)
        yield from ({**value, name: None} for name in shape.get("required", ()))
        yield from ({**value, name: {}} for name in ("", "amount", "$ref"))
    elif isinstance(value, list):
        yield from (value[1:], [*value, None], [*value, *value])


def _sized(kind: str, size: int, value: Tree) -> Iterator[Tree]:
    for length in (size + step for step in SIZES if size + step >= 0):
        if kind == "string":
            yield "x" * length
            yield "9" * length
            yield "\N{GRINNING FACE}" * length
        elif isinstance(value, list) and value and length <= MOST:
            yield [*value, *(value[-1:] * length)][:length]


def _numbers(bound: Any) -> Iterator[Tree]:
    for step in ("-1", "-0.1", "-0." + "0" * 30 + "1", "0", "0." + "0" * 30 + "1", "0.1", "1"):
        yield Number(f"{EXACT.add(bound, EXACT.create_decimal(step)):f}")


def put(tree: Tree, way: Sequence[str | int], value: Tree) -> Tree:
    """The tree with another value at the end of the way."""
    if not way:
        return value
    key, *rest = way
    if isinstance(tree, dict):
        return {name: put(member, rest, value) if name == key else member for name, member in tree.items()}
    assert isinstance(tree, list)
    return [put(item, rest, value) if index == key else item for index, item in enumerate(tree)]


def found(tree: Tree, way: Sequence[str | int]) -> Tree:
    """The value at the end of the way."""
    for key in way:
        tree = tree[key]  # type: ignore[index]  # the way is one of the tree's own
    return tree
