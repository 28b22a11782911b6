"""The exact bytes of an array's elements."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.core.elements import elements

texts = st.text(st.characters(exclude_categories=["Cs"]))
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)
layouts = st.sampled_from([{}, {"indent": 2}, {"ensure_ascii": False}, {"separators": (" ,\t", "\r\n: ")}])


@given(st.lists(values), st.lists(texts, min_size=1, max_size=3), st.dictionaries(texts, values, max_size=3), layouts)
def test_each_element_is_found_wherever_it_lies(
    array: list[Any], path: list[str], beside: dict[str, Any], layout: dict[str, Any]
) -> None:
    document: Any = array
    for name in reversed(path):
        document = beside | {name: document} if name in beside else {**beside, name: document, "\u00e9 after": 1}
    raw = b" \n" + json.dumps(document, **layout).encode()
    found = elements(raw, path)
    assert [json.loads(element.raw) for element in found] == array
    assert all(raw[one.offset : one.offset + len(one.raw)] == one.raw for one in found)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"a":[]}', []),
        (b'{"a": [ ]}', []),
        (b'{"b": {"a": [9]}, "a": [1.0,-0e0 ,"]"]}', [b"1.0", b"-0e0", b'"]"']),
        ('{"é": "ü]", "a": ["é", {"ü": 1}]}'.encode(), ['"é"'.encode(), '{"ü": 1}'.encode()]),
        (rb'{"\u0061": [{"b" :  1}]}', [b'{"b" :  1}']),
        (b'{"a":[[1],{"a":[2]},null]}', [b"[1]", b'{"a":[2]}', b"null"]),
        (b'{"a":[1234567890123456789012345678901234567890]}', [b"1234567890123456789012345678901234567890"]),
    ],
)
def test_the_bytes_are_as_they_came(raw: bytes, expected: list[bytes]) -> None:
    assert [element.raw for element in elements(raw, ["a"])] == expected


@pytest.mark.parametrize("name", ["é", "\u00c3\u00a9", "鍵", "", 'a"b', "\\u00e9"])
def test_a_name_is_compared_as_text_however_it_is_written(name: str) -> None:
    for escaped in (True, False):
        raw = json.dumps({"x": [0], name: [1]}, ensure_ascii=escaped).encode()
        assert [element.raw for element in elements(raw, [name])] == [b"1"]
