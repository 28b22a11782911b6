"""The payload digest: what makes two deliveries of one id the same."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from generated.runtime.exact_json import parse
from generated.runtime.json_forms import dump
from handlers.core.digests import compared, payload_digest, rule_of
from handlers.values import ConfigurationError

RULE = rule_of(())
names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6)
numbers = st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3)
scalars = st.none() | st.booleans() | numbers | names
payloads = st.dictionaries(
    names,
    st.recursive(scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3)),
    max_size=5,
)


def of(payload: Any, rule: str = RULE) -> str:
    return payload_digest(rule, "type", "2026-01-30T20:15:12Z", payload)


def shuffled(value: Any, draw: Any) -> Any:
    if isinstance(value, dict):
        order = draw(st.permutations(list(value)))
        return {name: shuffled(value[name], draw) for name in order}
    return [shuffled(item, draw) for item in value] if isinstance(value, list) else value


@given(payloads, st.data())
def test_white_space_and_the_order_of_members_do_not_matter(payload: dict[str, Any], data: st.DataObject) -> None:
    text = dump(shuffled(payload, data.draw))
    spaced = json.dumps(json.loads(text, parse_float=str, parse_int=str), indent=2)
    assert of(parse(text)) == of(payload)
    # With numbers as text, so that Python's own parser rounds none of them.
    assert of(parse(spaced.encode())) == of(json.loads(text, parse_float=str, parse_int=str))


@given(payloads, payloads)
def test_any_other_value_is_another_digest(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (of(one) == of(other)) == (dump_sorted(one) == dump_sorted(other))


def dump_sorted(value: Any) -> bytes:
    """Equality of JSON values, apart from the digest's own form: numbers by value, and no boolean is one."""
    if isinstance(value, dict):
        return b"{" + b",".join(dump(name) + b":" + dump_sorted(value[name]) for name in sorted(value)) + b"}"
    if isinstance(value, list):
        return b"[" + b",".join(map(dump_sorted, value)) + b"]"
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return dump(int(value))
    return dump(value)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("1", "1.0", True),
        ("1", "10e-1", True),
        ("1E2", "100", True),
        ("0.1", "0.10", True),
        ("0", "-0", True),
        ("0.1", "0.1000000000000000055511151231257827", False),
        ("820982911946154508", "820982911946154509", False),
        ("1", "true", False),
        ("1", '"1"', False),
        ("null", '""', False),
        ('"\\u00e9"', '"é"', True),
        ('"é"', '"e\\u0301"', False),
        ("[1,2]", "[2,1]", False),
    ],
)
def test_numbers_are_compared_by_their_exact_value(one: str, other: str, same: bool) -> None:
    digests = [of(parse(f'{{"x": {text}}}'.encode())) for text in (one, other)]
    assert (digests[0] == digests[1]) is same


def test_type_and_time_are_part_of_it() -> None:
    digests = {payload_digest(RULE, kind, at, {}) for kind in ("a", "b") for at in ("2026", "2027", None)}
    assert len(digests) == 6


@given(st.lists(st.lists(names, min_size=1, max_size=3), min_size=1, max_size=3), payloads, scalars)
def test_what_a_rule_leaves_out_does_not_matter(paths: list[list[str]], payload: dict[str, Any], value: Any) -> None:
    rule = rule_of(paths)
    path = paths[0]
    changed: Any = payload | {path[0]: value}
    if len(path) > 1:
        assume(isinstance(payload.get(path[0]), dict))
        changed = payload | {path[0]: put(payload[path[0]], path[1:], value)}
    assert of(changed, rule) == of(payload, rule)


def put(value: Any, path: list[str], leaf: Any) -> Any:
    """The value with ``leaf`` at the path, where the path leads through objects."""
    if not isinstance(value, dict) or (len(path) > 1 and path[0] not in value):
        return value
    return value | {path[0]: leaf if len(path) == 1 else put(value[path[0]], path[1:], leaf)}


def test_a_rule_leaves_out_nothing_beside_its_path() -> None:
    rule = rule_of([["meta", "attempt"]])
    payload = {"meta": {"attempt": 1, "kept": 1}, "other": {"attempt": 1}, "attempt": 1}
    assert compared(rule, payload) == {"meta": {"kept": 1}, "other": {"attempt": 1}, "attempt": 1}
    for text in ("a text", ["attempt"], None):
        assert compared(rule, {"meta": text}) == {"meta": text}
        assert compared(rule, text) == text


def test_a_rule_names_what_it_leaves_out() -> None:
    rule = rule_of([("b", "c/d"), ("a b",)])
    assert rule == "c14n-1 -/a%20b -/b/c~1d"
    assert compared(rule, {"a b": 1, "b": {"c/d": 2, "e": 3}, "c": [{"a b": 4}]}) == {"b": {"e": 3}, "c": [{"a b": 4}]}


def test_a_rule_of_another_version_is_not_guessed() -> None:
    with pytest.raises(ConfigurationError, match="c14n-2"):
        of({}, "c14n-2 -/a")
