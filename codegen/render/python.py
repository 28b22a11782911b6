"""Values, conditions and statements of the intermediate representation as Python text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codegen.ir.statements import (
    Apply,
    Assign,
    Collect,
    Convert,
    Current,
    EachOf,
    Equals,
    Fixed,
    Give,
    Guard,
    Holds,
    Invoke,
    IsPresent,
    Item,
    Joined,
    Later,
    ListOf,
    Lookup,
    Negated,
    Nothing,
    PerItem,
    Read,
    Reject,
    Return,
    ReturnIf,
    SettleItems,
    Test,
)
from codegen.naming import py_literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codegen.ir.statements import Condition, End, Statement, Value


def _scope(scope: int | str) -> str:
    return "payload" if scope == 0 else scope if isinstance(scope, str) else f"scope{scope}"


def scopes(depth: int, annotation: str = "") -> str:
    return ", ".join(f"{name}{annotation}" for name in [*(_scope(number) for number in range(depth)), "envelope"])


def value_code(value: Value) -> str:  # noqa: C901, PLR0912 - one case a variant
    """A value as a Python expression."""
    match value:
        case Read(scope="path"):
            return "topic"
        case Read(scope="headers", path=(name,)):
            return f"headers.get({py_literal(name)}, rt.ABSENT)"
        case Read(scope, path, certain):
            root = _scope(scope)
            if certain or not path:
                return root + "".join(f"[{py_literal(name)}]" for name in path)
            return f"rt.get({root}, {', '.join(py_literal(name) for name in path)})"
        case Fixed(constant):
            return py_literal(constant)
        case Current():
            return "value"
        case Item():
            return "item"
        case Nothing():
            return "rt.ABSENT"
        case ListOf(values):
            return f"[{', '.join(map(value_code, values))}]"
        case Apply(function, arguments):
            return f"rt.{function}({', '.join(value_code(argument) for argument in arguments)})"
        case Later(later):
            return f"lambda: {value_code(later)}"
        case Invoke(function, depth, inner):
            if inner is None:
                return f"_{function}({scopes(depth)})"
            outer = [_scope(number) for number in range(depth - 1)]
            return f"_{function}({', '.join([*outer, value_code(inner), 'envelope'])})"
        case PerItem(items, each):
            return f"[{value_code(each)} for item in {value_code(items)}]"
        case Collect() | EachOf():
            return _over(value)
        case Lookup(table, complete):
            return f"_{table.upper()}[value]" if complete else f"_{table.upper()}.get(value, rt.FAILED)"


def _over(over: Collect | EachOf) -> str:
    """A function of every element of an array."""
    item = _scope(over.scope)
    made = value_code(over.value)
    skipped = "rt.OMIT" if isinstance(over, EachOf) else "rt.ABSENT"
    if over.keep is not None:
        made = f"{made} if {_condition(over.keep)} else {'[]' if over.flat else skipped}"
    call = f"lambda {item}: {made}, {value_code(over.items)}"
    if isinstance(over, Collect):
        return f"rt.{'collect_all' if over.flat else 'collect'}({call})"
    place = f"{py_literal(over.pointer)}, {over.origin}, {over.scope}"
    return f"rt.{'each_of_each' if over.flat else 'each'}({call}, {place})"


def _condition(condition: Condition) -> str:
    match condition:
        case Equals(left, Fixed(None)):
            return f"{value_code(left)} is None"
        case Equals(left, literal) if isinstance(literal.value, bool):
            return f"{value_code(left)} is {literal.value}"
        case Equals(left, literal):
            return f"{value_code(left)} == {value_code(literal)}"
        case IsPresent(value):
            return f"{value_code(value)} is not rt.ABSENT"
        case Holds(value):
            return value_code(value)
        case Negated(inner):
            return f"not ({_condition(inner)})"
        case Joined(word, terms):
            return f"({f' {word} '.join(_condition(term) for term in terms)})"


def _end(end: End, found: str = "value") -> str:
    match end:
        case Reject():
            return (
                f"raise rt.Rejected(rule={py_literal(end.rule)}, code={py_literal(end.code)}, "
                f"pointer={py_literal(end.pointer)}, expected={py_literal(end.expected)}, found={found}, "
                f"scope={end.scope})"
            )
        case Give(value):
            return f"return {'rt.OMIT' if value is None else value_code(value)}"


def _test(guard: Guard, value: str = "value") -> str:
    match guard.test:
        case Test.ABSENT | Test.OMITTED | Test.FAILED:
            return f"{value} is rt.{guard.test.name.replace('OMITTED', 'OMIT')}"
        case Test.NULL:
            return f"{value} is None"
        case Test.MISSING:
            return f"{value} is rt.ABSENT or {value} is None"
        case Test.EMPTY:
            return f'{value} == "" or {value} == []'
        case Test.NO_MATCH:
            return f"not rt.matches({py_literal(guard.pattern)}, {value})"
        case Test.NOT_LISTED:
            return f"{value} not in {py_literal(guard.values)}"
        case Test.OUTSIDE_RANGE | Test.OUTSIDE_LENGTH:
            measured = value if guard.test is Test.OUTSIDE_RANGE else f"len({value})"
            low = "" if guard.low is None else f"{py_literal(guard.low)} <= "
            high = "" if guard.high is None else f" <= {py_literal(guard.high)}"
            return f"not {low}{measured}{high}"


def _settled(guard: Guard) -> list[str]:
    """What becomes of the elements that a guard finds."""
    test, end = _test(guard, "item"), guard.consequence
    if isinstance(end, Reject):
        return [f"if any({test} for item in value):", f"    {_end(end, 'rt.OMIT')}"]
    if end.value is None:
        return [f"value = [item for item in value if not ({test})]"]
    return [f"value = [{value_code(end.value)} if {test} else item for item in value]"]


def lines(statements: Sequence[Statement]) -> list[str]:
    """Statements as lines of Python, relative to the function's body."""
    # Without a value that was looked at (a `when`), a rejection has no found type to name.
    found = "value" if any(isinstance(one, Assign) for one in statements) else "rt.OMIT"
    made = [line for statement in statements for line in _statement(statement, found)]
    first = next((index for index, line in enumerate(made) if line.startswith("value = ")), None)
    if first is not None:
        made[first] = made[first].replace("value = ", "value: Any = ", 1)
    return made


def kept(unless: Test) -> str:
    """The condition under which a member is kept."""
    tests = {
        Test.ABSENT: "value is not rt.ABSENT",
        Test.NULL: "value is not None",
        Test.MISSING: "value is not rt.ABSENT and value is not None",
        Test.OMITTED: "value is not rt.OMIT",
    }
    return tests[unless]


def _statement(statement: Statement, found: str) -> list[str]:
    match statement:
        case Assign(value):
            return [f"value = {value_code(value)}"]
        case Convert(value, consequence):
            test = ["if converted is rt.FAILED:", f"    {_end(consequence)}", "value = converted"]
            return [f"converted = {value_code(value)}", *test]
        case Guard():
            return [f"if {_test(statement)}:", f"    {_end(statement.consequence)}"]
        case SettleItems(guard):
            return _settled(guard)
        case ReturnIf(condition, end):
            return [f"if {_condition(condition)}:", f"    {_end(end, found)}"]
        case Return(end):
            return [_end(end, found)]
