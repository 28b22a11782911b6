"""Numbers are exact from the bytes to the verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from generated.runtime.exact_json import JsonError, parse
from generated.runtime.json_forms import dump
from tests.schema_suite.suite import Refusal, compiled, document, groups

if TYPE_CHECKING:
    from pathlib import Path

THIRDS = "0." + "3" * 34


@pytest.mark.parametrize(
    ("schema", "text", "is_valid"),
    [
        ('{"type": "integer"}', "1.0", True),
        ('{"type": "integer"}', "10e-1", True),
        ('{"type": "integer"}', "1.5", False),
        ('{"type": "integer"}', "9007199254740993.5", False),
        ('{"const": 1}', "1.0", True),
        ('{"const": true}', "1", False),
        ('{"multipleOf": 0.01}', "19.99", True),
        ('{"multipleOf": 0.01}', "19.995", False),
        ('{"multipleOf": 0.01}', "19.990000000000000000000000000001", False),
        ('{"multipleOf": 2}', "1000000000000000000000000000000.5", False),
        ('{"multipleOf": 3}', "1000000000000000000000000000002", True),
        ('{"multipleOf": 3}', "1000000000000000000000000000003", False),
        ('{"type": "integer", "maximum": 1e30}', "1" + "0" * 30, True),
        ('{"type": "integer", "maximum": 1e30}', "1" + "0" * 29 + "1", False),
        ('{"type": "integer", "exclusiveMinimum": -1e30}', "-1" + "0" * 30, False),
        ('{"type": "integer", "exclusiveMinimum": -1e30}', "-999999999999999999999999999999", True),
        (f'{{"maximum": {THIRDS}}}', THIRDS, True),
        (f'{{"maximum": {THIRDS}}}', f"{THIRDS[:-1]}4", False),
        (f'{{"const": {THIRDS}}}', f"{THIRDS}0", True),
        (f'{{"enum": [{THIRDS}]}}', f"{THIRDS[:-1]}4", False),
        ('{"type": "integer", "minimum": 1e399}', "1E400", True),
        ('{"type": "integer", "const": 1e400}', "1E400", True),
        ('{"type": "integer", "maximum": 1e399}', "1E400", False),
        ('{"minimum": 0}', "-0", True),
        ('{"const": 0}', "-0.0", True),
        ('{"exclusiveMinimum": 0}', "1e-400", True),
        ('{"maximum": 0}', "1e-400", False),
        ('{"const": 820982911946154508}', "820982911946154508", True),
        ('{"const": 820982911946154508}', "820982911946154509", False),
        ('{"uniqueItems": true}', "[0.1, 0.10]", False),
        ('{"uniqueItems": true}', "[820982911946154508, 820982911946154509]", True),
    ],
)
def test_a_verdict_on_numbers_is_exact(schema: str, text: str, is_valid: bool, tmp_path: Path) -> None:
    validator = compiled(schema, tmp_path)
    assert not isinstance(validator, Refusal)
    assert validator.is_valid(parse(text.encode())) is is_valid


@pytest.mark.parametrize(
    ("schema", "text", "is_valid"),
    [
        ('{"pattern": "^a$"}', '"a"', True),
        ('{"pattern": "^a$"}', '"a\\n"', False),
        ('{"properties": {"a": {"type": "string"}}}', '{"a": null}', False),
        ('{"properties": {"a": {"type": "string"}}}', "{}", True),
        ('{"required": ["a"]}', '{"a": null}', True),
        ('{"minLength": 2}', '"\U0001f600"', False),
        ('{"minLength": 2}', "1", True),
    ],
)
def test_a_verdict_on_texts_and_members_is_the_standards(
    schema: str, text: str, is_valid: bool, tmp_path: Path
) -> None:
    validator = compiled(schema, tmp_path)
    assert not isinstance(validator, Refusal)
    assert validator.is_valid(parse(text.encode())) is is_valid


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("[0.1, 0.2]", "[0.1,0.2]"),
        ("0.30000000000000004", "0.30000000000000004"),
        (THIRDS, THIRDS),
        ("820982911946154508", "820982911946154508"),
        ("1E400", "1" + "0" * 400),
        ("-0", "0"),
        ("-0.0", "0"),
        ("1.0", "1"),
    ],
)
def test_a_number_is_kept_by_its_value(text: str, written: str) -> None:
    assert dump(parse(text.encode())) == written.encode()


def test_tenths_add_up() -> None:
    first, second = parse(b"[0.1, 0.2]")
    assert first + second == parse(b"0.3")


def test_the_greatest_number_that_is_read_is_read_back() -> None:
    greatest = parse(b"-1E999")
    assert parse(dump(greatest)) == greatest == -(10**999)


@pytest.mark.parametrize("text", ["1E1000", "-1E1001", "1e-1001", "9" * 1001])
def test_a_number_beyond_the_limit_is_refused_by_its_code(text: str) -> None:
    with pytest.raises(JsonError) as refused:
        parse(b'{"n": ' + text.encode() + b"}")
    assert (refused.value.code, refused.value.pointer) == ("NUMBER_TOO_LONG", "/n")


@pytest.mark.parametrize("keyword", ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"])
def test_a_bound_that_the_validator_would_round_is_refused_where_fractions_are_valid(
    keyword: str, tmp_path: Path
) -> None:
    def refusal(kind: str, bound: int) -> Any:
        found = compiled(f'{{"type": "{kind}", "{keyword}": {bound}}}', tmp_path)
        return found.keyword if isinstance(found, Refusal) else None

    assert refusal("number", 2**53 + 1) == keyword
    assert refusal("number", -(2**53) - 1) == keyword
    assert refusal("number", 2**53) is None
    assert refusal("integer", 10**30) is None


def test_the_suites_optional_big_numbers_agree_or_are_refused_by_such_a_bound(tmp_path: Path) -> None:
    refused = []
    for group in groups("optional/bignum.json"):
        validator = compiled(group.schema, tmp_path)
        if isinstance(validator, Refusal):
            refused.append((group.description, validator.keyword))
            continue
        assert [validator.is_valid(document(test)) for test in group.tests] == [test["valid"] for test in group.tests]
    assert refused == [("maximum integer comparison", "maximum"), ("minimum integer comparison", "minimum")]
