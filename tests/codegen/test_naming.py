"""Names and literals of generated code."""

from __future__ import annotations

import ast
import keyword
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.naming import ClassName, PythonIdentifier, comment_text, model_module, page_code, page_text, py_literal
from tests.codegen.effort import examples

TEXTS = [
    "it's",
    '"',
    "\\",
    "\n",
    '"""',
    "'''\n",
    "\0",
    "\x1b",
    "\u2028",
    "é",
    "😀",
    "{x}",
    "%s",
    "\\N{BULLET}",
    "# noqa",
    "",
]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("quantityOnHand", "quantity_on_hand"),
        ("inventory.count.updated", "inventory_count_updated"),
        ("orders/create", "orders_create"),
        ("vendorA", "vendor_a"),
        ("SKU", "sku"),
        ("last4", "last4"),
        ("2fa", "n_2fa"),
        ("class", "class_"),
        ("match", "match_"),
        ("__import__('os')", "import_os"),
        ("a  -- b", "a_b"),
        ("", "n"),
        ("日本", "n"),
    ],
)
def test_an_identifier_is_made_of_any_text(text: str, name: str) -> None:
    assert PythonIdentifier(text) == name


@examples(200)
@given(st.text())
def test_an_identifier_cannot_hold_anything_else(text: str) -> None:
    for name in (PythonIdentifier(text), ClassName(text), PythonIdentifier.of_path([text, "x", text])):
        assert name.isidentifier()
        assert name.isascii()
        assert not keyword.iskeyword(name)


@examples(200)
@given(st.lists(st.text(alphabet="ab_A1.", min_size=1), min_size=1), st.lists(st.text(alphabet="ab_A1."), min_size=1))
def test_paths_of_different_names_are_different_identifiers(first: list[str], second: list[str]) -> None:
    same = PythonIdentifier.of_path(first) == PythonIdentifier.of_path(second)
    assert same == (
        [PythonIdentifier.of_path([word]) for word in first] == [PythonIdentifier.of_path([word]) for word in second]
    )


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("inventory_count", "InventoryCount"),
        ("orders/create", "OrdersCreate"),
        ("1x", "N1x"),
        ("none", "None_"),
        ("é", "N"),
    ],
)
def test_a_class_name_is_made_of_any_text(text: str, name: str) -> None:
    assert ClassName(text) == name


def test_the_module_of_a_model_follows_the_schema() -> None:
    assert model_module("vendors/vendorA/inventory_update.v1") == "vendors/vendor_a/inventory_update_v1"


@pytest.mark.parametrize(
    "value",
    [
        *TEXTS,
        None,
        True,
        False,
        0,
        -1,
        10**400,
        Decimal("0.10"),
        Decimal("-1E-1000"),
        (),
        ("a",),
        ("a", (1, None), "\n"),
    ],
    ids=ascii,
)
def test_a_literal_is_the_value_again(value: Any) -> None:
    literal = py_literal(value)
    assert literal.isascii()
    assert "\n" not in literal
    read = eval(literal, {"__builtins__": {}, "Decimal": Decimal})
    assert read == value
    assert type(read) is type(value)


@examples(300)
@given(st.text())
def test_a_literal_of_any_text_is_that_text(text: str) -> None:
    tree = ast.parse(py_literal(text), mode="eval").body
    assert isinstance(tree, ast.Constant)
    assert tree.value == text


@pytest.mark.parametrize("value", [1.5, b"x", [1], {"a": 1}, {1}, object()])
def test_nothing_else_has_a_literal(value: object) -> None:
    with pytest.raises(TypeError, match="has no literal"):
        py_literal(value)


@examples(300)
@given(st.text())
def test_a_comment_stays_one(text: str) -> None:
    module = ast.parse(f"# {comment_text(text)}\n")
    assert module.body == []
    assert comment_text(text).isascii()


@examples(300)
@given(st.text())
def test_text_of_a_page_stays_in_its_cell(text: str) -> None:
    for shown in (page_text(text), page_code(text)):
        assert shown.isprintable()
        assert "|" not in shown.replace("\\|", "")
    assert "<" not in page_text(text)


@pytest.mark.parametrize(
    ("text", "shown"), [("a|b", "`a\\|b`"), ("a`b", "`` a`b ``"), ("", ""), (" \n", ""), ("é\x07", "`é\\x07`")]
)
def test_code_of_a_page(text: str, shown: str) -> None:
    assert page_code(text) == shown
