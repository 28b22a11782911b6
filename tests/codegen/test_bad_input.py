"""Contracts that no one should write: a diagnostic at the right place, in a moment, and never an exception.

What fits into a small file has a case folder in `tests/compile`.
"""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from codegen.compiler import compile_project, resolve
from codegen.diagnostics import Diagnostics
from tests.codegen.test_command import MAPPING

SCHEMA = "schemas/vendors/acme/item.schema.json"
ITEM = (
    '{"title": "ItemUpdated", "type": "object", "required": ["itemId"], "properties": {"itemId": {"type": "string"}}}'
)
CANONICAL = {"schemas/canonical/item-updated.v1.schema.json": ITEM}


def said(mapping: str = MAPPING, schema: str = "{}") -> list[str]:
    """What the compiler says, within a time in which nothing can have blown up."""
    started = time.perf_counter()
    sources = CANONICAL | {"mappings/acme.yaml": mapping} | {SCHEMA: schema}
    result = compile_project(sources)
    assert time.perf_counter() - started < 20
    assert result.failed
    assert result.files == {}
    return [str(diagnostic) for diagnostic in result.diagnostics]


def nested(levels: int, inner: Any) -> Any:
    for _ in range(levels):
        inner = {"type": "object", "properties": {"x": inner}}
    return inner


def test_a_file_of_ten_megabytes() -> None:
    expected = "the file has more than 2,000,000 characters"
    assert said(MAPPING + "#" * 10_000_000) == [f"mappings/acme.yaml:1:1: error[DV106]: {expected}"]
    assert said(schema=f'{{"description": "{"x" * 10_000_000}"}}') == [f"{SCHEMA}:1:1: error[DV106]: {expected}"]


def test_a_bomb_of_aliases() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 20)]
    assert said("\n".join(lines)) == ["mappings/acme.yaml:1:5: error[DV102]: anchor or alias 'a0'"]


@pytest.mark.parametrize("bracket", ["[", "{a: ", "- ", "? ", '{"a": ['])
def test_nesting_without_an_end(bracket: str) -> None:
    found = said(bracket * 100_000)
    assert len(found) == 1
    assert "error[DV106]: the file is nested more than 64 levels deep" in found[0] or "error[DV101]" in found[0]


@pytest.mark.parametrize("levels", [100, 5_000, 100_000])
def test_a_deep_schema(levels: int) -> None:
    text = '{"properties": {"x": ' * levels + "{}" + "}}" * levels
    (found,) = said(schema=text)
    assert found.startswith(f"{SCHEMA}:1:")
    assert "DV106" in found


def test_a_chain_of_references_without_an_end() -> None:
    definitions = {f"D{n}": {"$ref": f"#/$defs/D{n + 1}"} for n in range(5_000)} | {"D5000": {"type": "string"}}
    (found,) = said(schema=json.dumps({"$ref": "#/$defs/D0", "$defs": definitions}))
    assert "error[DV106]: more than 20,000 schema nodes, or 64 levels" in found


def test_references_that_multiply() -> None:
    definitions: dict[str, Any] = {"D30": {"type": "string"}}
    for level in range(30):
        below = {"$ref": f"#/$defs/D{level + 1}"}
        definitions[f"D{level}"] = {"type": "object", "properties": {f"p{n}": below for n in range(10)}}
    (found,) = said(schema=json.dumps({"$ref": "#/$defs/D0", "$defs": definitions}))
    assert "error[DV106]: more than 20,000 schema nodes, or 64 levels" in found


@pytest.mark.parametrize(
    "number", ["9" * 1_001, "1e1001", "-1e99999999999", "0." + "1" * 1_001, "1e-1001", "9" * 6_000]
)
def test_huge_numbers_in_a_schema(number: str) -> None:
    (found,) = said(schema=f'{{"type": "integer",\n "description": "{number[:900]}",\n "maximum": {number}}}')
    assert found == f"{SCHEMA}:3:13: error[DV106]: a number has more than 1,000 digits"


@pytest.mark.parametrize("number", ["9" * 6_000, "1e99999", "1e-99999", ".inf", ".nan", "0x10", "1_000", "1:30"])
def test_numbers_that_a_mapping_does_not_take(number: str) -> None:
    found = said(MAPPING.replace("priority: 1", f"priority: {number}"))
    assert found == ["mappings/acme.yaml:3:11: error[DV105]: priority must be an integer from 0 to 1,000,000"]


def test_huge_numbers_that_are_taken_are_exact() -> None:
    big = "9" * 1_000
    payload = f"{{type: object, required: [id], properties: {{id: {{type: integer, minimum: {big}, maximum: 1E999}}}}}}"
    mapping = MAPPING.replace(MAPPING[MAPPING.index("{type: object") : MAPPING.index("\n    emits")], payload)
    diagnostics = Diagnostics()
    project = resolve(
        CANONICAL | {"mappings/acme.yaml": mapping.replace("itemId: id", "itemId: id | string")}, None, diagnostics
    )
    assert project is not None, diagnostics.sorted()
    bounds = project.schemas[1].bundle["properties"]["id"]
    assert bounds == {"type": "integer", "minimum": int(big), "maximum": 10**999}


@pytest.mark.parametrize("sign", [chr(0xDCE9), chr(0xDCFF), chr(0xD800)], ids=ascii)
def test_what_is_not_utf_8(sign: str) -> None:
    found = said(MAPPING.replace("Acme", f"Ac{sign}me"), schema=f'{{"title":\n"{sign}"}}')
    assert found == [
        "mappings/acme.yaml:2:9: error[DV101]: a byte here is not UTF-8; save the file as UTF-8",
        f"{SCHEMA}:2:2: error[DV101]: a byte here is not UTF-8; save the file as UTF-8",
    ]


def test_a_byte_order_mark_is_no_json() -> None:
    (found,) = said(schema="\ufeff{}")
    assert found.startswith(f"{SCHEMA}:1:1: error[DV101]: not JSON")


@pytest.mark.parametrize(
    "expression", ["not " * 3_000 + "present(id)", "(" * 3_000, "id == 'x' and " * 3_000 + "id == 'x'"]
)
def test_long_predicates(expression: str) -> None:
    (found,) = said(MAPPING.replace("itemId: id", f'itemId: {{when: [{{if: "{expression}", then: a}}], else: b}}'))
    assert "error[DV210]" in found


@pytest.mark.parametrize(
    "expression", ["id" + " | trim" * 3_000, "id ?? " * 3_000 + "id", "a(" * 3_000, "id" + ".x" * 3_000, "[" * 3_000]
)
def test_long_expressions(expression: str) -> None:
    (found,) = said(MAPPING.replace("itemId: id", f'itemId: "{expression}"'))
    assert "error[DV210]" in found


def test_many_mistakes_are_all_reported() -> None:
    rules = "".join(f"      unknown{n}: id\n" for n in range(2_000))
    assert len(said(MAPPING + rules)) == 2_000


def test_a_project_without_anything_is_compiled() -> None:
    result = compile_project({})
    assert not result.failed
    assert "generated/registry.py" in result.files
