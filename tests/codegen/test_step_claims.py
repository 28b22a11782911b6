"""What each step makes of types: bounds, lengths and patterns are carried as far as they hold."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from codegen.resolve.steps.definition import result_type
from codegen.resolve.steps.registry import STEPS
from codegen.resolve.types import ValueType, type_of_literal
from codegen.runtime import exact_json
from codegen.runtime.units import WORDS

type Keywords = dict[str, Any]

LONG = exact_json.parse(b"9" * 34 + b"." + b"9" * 34)
SECONDS = (-62135596800, 253402300799)
TEXT: Keywords = {"kind": "string"}
UP_TO_3 = TEXT | {"min_length": 2, "max_length": 3}
MOMENT = TEXT | {"format": "date-time", "min_length": 20}
DIGEST = TEXT | {"min_length": 64, "max_length": 64, "pattern": "^[0-9a-f]{64}$"}


def integer(low: int | None = None, high: int | None = None) -> Keywords:
    return {"kind": "integer", "minimum": low, "maximum": high}


def number(low: Any = None, high: Any = None) -> Keywords:
    return {"kind": "number", "minimum": low, "maximum": high}


def known(kind: str, *constants: Any) -> Keywords:
    if kind == "string":
        return TEXT | {
            "enum": constants,
            "min_length": min(map(len, constants)),
            "max_length": max(map(len, constants)),
        }
    return {"kind": kind, "enum": constants} | (
        {} if kind == "boolean" else {"minimum": min(constants), "maximum": max(constants)}
    )


CLAIMS: list[tuple[str, Keywords, tuple[Any, ...], Keywords, bool]] = [
    ("trim", UP_TO_3, (), TEXT | {"max_length": 3}, False),
    ("trim", known("string", " a ", "a"), (), known("string", "a"), False),
    ("collapse", UP_TO_3, (), TEXT | {"max_length": 3}, False),
    ("upper", UP_TO_3, (), TEXT | {"min_length": 2, "max_length": 9}, False),
    ("upper", known("string", "ß", "b"), (), known("string", "SS", "B"), False),
    ("lower", UP_TO_3, (), TEXT | {"min_length": 2, "max_length": 9}, False),
    ("lower", TEXT, (), TEXT, False),
    ("nfc", UP_TO_3, (), TEXT | {"min_length": 1, "max_length": 9}, False),
    ("nfc", TEXT, (), TEXT, False),
    ("substring", UP_TO_3, (0, 2), TEXT | {"min_length": 2, "max_length": 2}, False),
    ("substring", UP_TO_3, (1, 5), TEXT | {"min_length": 1, "max_length": 2}, False),
    ("substring", UP_TO_3, (9, 5), TEXT | {"max_length": 0}, False),
    ("substring", UP_TO_3, (-1, 5), TEXT | {"min_length": 1, "max_length": 1}, False),
    ("substring", UP_TO_3, (-5, 1), TEXT | {"min_length": 1, "max_length": 1}, False),
    ("substring", UP_TO_3, (-5, 9), TEXT | {"min_length": 2, "max_length": 3}, False),
    ("substring", TEXT, (2, 5), TEXT | {"max_length": 5}, False),
    ("substring", TEXT, (-4, 5), TEXT | {"max_length": 4}, False),
    ("substring", TEXT, (-4, 2), TEXT | {"max_length": 2}, False),
    ("pad_start", UP_TO_3, (5, "0"), TEXT | {"min_length": 5, "max_length": 5}, False),
    ("pad_start", UP_TO_3, (1, "0"), UP_TO_3, False),
    ("pad_start", TEXT, (1, "0"), TEXT | {"min_length": 1}, False),
    ("strip_prefix", UP_TO_3, ("#",), TEXT | {"min_length": 1, "max_length": 3}, False),
    ("strip_prefix", UP_TO_3, ("####",), TEXT | {"max_length": 3}, False),
    ("strip_suffix", UP_TO_3, ("##",), TEXT | {"max_length": 3}, False),
    ("extract", UP_TO_3, ("[0-9]+",), TEXT | {"min_length": 1, "max_length": 3}, True),
    ("extract", UP_TO_3, ("a([0-9]*)",), TEXT | {"max_length": 3}, True),
    ("extract", known("string", "a1", "a2"), ("[0-9]",), known("string", "1", "2"), False),
    ("extract", known("string", "a1", "b"), ("[0-9]",), known("string", "1"), True),
    ("replace", UP_TO_3, ("a", ""), TEXT | {"max_length": 3}, False),
    ("replace", UP_TO_3, ("a", "bb"), TEXT | {"min_length": 1, "max_length": 6}, False),
    ("replace", TEXT | {"max_length": 10_000}, ("a", "b"), TEXT | {"max_length": 10_000}, False),
    ("replace", TEXT | {"max_length": 10_001}, ("a", "b"), TEXT | {"max_length": 10_000}, True),
    ("replace", TEXT, ("a", "bb"), TEXT | {"max_length": 20_000}, True),
    ("string", UP_TO_3 | {"pattern": "^a"}, (), UP_TO_3 | {"pattern": "^a"}, False),
    ("string", {"kind": "boolean"}, (), known("string", "false", "true"), False),
    ("string", known("boolean", True), (), known("string", "true"), False),
    ("string", number(0, 9), (), TEXT | {"min_length": 1}, False),
    ("string", integer(), (), TEXT | {"min_length": 1, "pattern": "^-?[0-9]+$"}, False),
    ("string", integer(-5, 100), (), TEXT | {"min_length": 1, "max_length": 3, "pattern": "^-?[0-9]+$"}, False),
    ("string", integer(-5000, 10), (), TEXT | {"min_length": 1, "max_length": 5, "pattern": "^-?[0-9]+$"}, False),
    ("string", integer(-50, -10), (), TEXT | {"min_length": 3, "max_length": 3, "pattern": "^-?[0-9]+$"}, False),
    ("string", integer(-50, 0), (), TEXT | {"min_length": 1, "max_length": 3, "pattern": "^-?[0-9]+$"}, False),
    ("string", integer(None, -10), (), TEXT | {"min_length": 3, "pattern": "^-?[0-9]+$"}, False),
    ("string", integer(0, 10), (), TEXT | {"min_length": 1, "max_length": 2, "pattern": "^[0-9]+$"}, False),
    ("string", integer(10), (), TEXT | {"min_length": 2, "pattern": "^[0-9]+$"}, False),
    ("string", known("integer", 7, 10), (), known("string", "7", "10") | {"pattern": "^[0-9]+$"}, False),
    ("integer", TEXT, (), integer(), True),
    ("integer", UP_TO_3, (), integer(-99, 999), True),
    ("integer", TEXT | {"max_length": 0}, (), integer(0, 0), True),
    ("integer", TEXT | {"max_length": 1000}, (), integer(1 - 10**999, 10**1000 - 1), True),
    ("integer", TEXT | {"max_length": 1001}, (), integer(), True),
    ("integer", number(Decimal("0.5"), Decimal("9.5")), (), integer(1, 9), True),
    ("integer", integer(1, 9), (), integer(1, 9), False),
    ("integer", known("string", "1", "20"), (), known("integer", 1, 20), False),
    ("integer", known("string", "1", "x"), (), known("integer", 1), True),
    ("decimal", TEXT, (), number(), True),
    ("decimal", UP_TO_3, (), number(-99, 999), True),
    ("decimal", number(0, 9), (), number(0, 9), False),
    ("decimal", integer(0, 9), (), integer(0, 9), False),
    ("decimal", known("string", "0.5", "2"), (), known("number", Decimal("0.5"), 2), False),
    ("boolean", TEXT, (), {"kind": "boolean"}, True),
    ("boolean", {"kind": "boolean"}, (), {"kind": "boolean"}, False),
    ("boolean", integer(0, 1), (), {"kind": "boolean"}, False),
    ("boolean", integer(0, 2), (), {"kind": "boolean"}, True),
    ("boolean", integer(-1, 1), (), {"kind": "boolean"}, True),
    ("boolean", integer(0), (), {"kind": "boolean"}, True),
    ("boolean", integer(None, 1), (), {"kind": "boolean"}, True),
    ("boolean", number(0, 1), (), {"kind": "boolean"}, True),
    ("boolean", known("string", "yes", "OFF"), (), known("boolean", True, False), False),
    ("absolute", integer(-5, 3), (), integer(0, 5), False),
    ("absolute", integer(-3, 5), (), integer(0, 5), False),
    ("absolute", integer(2, 5), (), integer(2, 5), False),
    ("absolute", integer(-5, -2), (), integer(2, 5), False),
    ("absolute", integer(-5, 0), (), integer(0, 5), False),
    ("absolute", integer(None, -2), (), integer(2), False),
    ("absolute", integer(None, 3), (), integer(0), False),
    ("absolute", integer(-2), (), integer(0), False),
    ("absolute", integer(2), (), integer(2), False),
    ("absolute", number(Decimal("-0.5"), 0), (), number(0, Decimal("0.5")), False),
    ("absolute", number(LONG.copy_negate(), 9), (), number(0, LONG), False),
    ("absolute", known("integer", -5, 5), (), known("integer", 5), False),
    ("round", number(Decimal("0.4"), Decimal("9.5")), (0, "half_up"), integer(0, 10), False),
    ("round", number(Decimal("0.4"), Decimal("9.5")), (0, "down"), integer(0, 9), False),
    ("round", number(Decimal("-0.44"), None), (1, "up"), number(Decimal("-0.5")), False),
    ("round", integer(3, 5), (2, "up"), integer(3, 5), False),
    ("round", number(), (2, "up"), number(), False),
    ("minor_units", TEXT, ("USD",), integer(), True),
    ("minor_units", TEXT | {"minimum": 5, "maximum": 9}, ("USD",), integer(), True),
    ("minor_units", integer(-1, 9), ("USD",), integer(-100, 900), False),
    ("minor_units", integer(-1, 9), ("JPY",), integer(-1, 9), False),
    ("minor_units", integer(-1, 9), ("XXX",), integer(), True),
    ("minor_units", integer(-1, None), ("USD",), integer(-100), True),
    ("minor_units", integer(None, 9), ("USD",), integer(None, 900), True),
    ("minor_units", integer(0, 10**999), ("USD",), integer(0), True),
    ("minor_units", number(Decimal("0.005"), Decimal("9.999")), ("USD",), integer(1, 999), True),
    ("minor_units", integer(-1, 9), (TEXT,), integer(-10000, 90000), True),
    ("minor_units", integer(5, 9), (known("string", "JPY", "KWD"),), integer(5, 9000), False),
    ("minor_units", integer(5, 9), (known("string", "JPY", "XXX"),), integer(5, 9), True),
    ("minor_units", integer(5, 9), (known("string", "JPY") | {"absent": True},), integer(5, 9), True),
    ("minor_units", integer(5, 9), (known("string", "JPY") | {"nullable": True},), integer(5, 9), True),
    ("minor_units", known("string", "1.5", "2"), ("USD",), known("integer", 150, 200), False),
    ("minor_units", known("string", "1.5", "2"), (known("string", "JPY") | {"absent": True},), integer(), True),
    ("major_units", integer(-150, 900), ("USD",), number(Decimal("-1.5"), 9), False),
    ("major_units", integer(5, 10000), (TEXT,), number(Decimal("0.0005"), 10000), True),
    ("major_units", integer(), ("JPY",), number(), False),
    ("major_units", number(0, 9), ("JPY",), number(0, 9), True),
    ("major_units", TEXT, ("JPY",), number(), True),
    ("major_units", integer(0, 9), ("XXX",), number(), True),
    ("timestamp", TEXT, (), MOMENT, True),
    ("timestamp", TEXT | {"format": "date"}, (), MOMENT, True),
    ("timestamp", TEXT | {"format": "date-time"}, (), MOMENT, False),
    ("timestamp", TEXT | {"format": "date-time"}, ("YYYY-MM-DDZ",), MOMENT | {"max_length": 20}, True),
    ("timestamp", TEXT, ("YYYY-MM-DDZ", "YYYY-MM-DDTHH:mm:ss.SZ"), MOMENT, True),
    ("local_timestamp", TEXT, ("UTC",), MOMENT, True),
    ("local_timestamp", TEXT, ("UTC", "YYYY-MM-DD"), MOMENT | {"max_length": 20}, True),
    ("epoch_seconds", TEXT, (), MOMENT, True),
    ("epoch_seconds", integer(*SECONDS), (), MOMENT | {"max_length": 20}, False),
    ("epoch_seconds", integer(SECONDS[0] - 1, SECONDS[1]), (), MOMENT | {"max_length": 20}, True),
    ("epoch_seconds", integer(SECONDS[0], SECONDS[1] + 1), (), MOMENT | {"max_length": 20}, True),
    ("epoch_seconds", integer(0), (), MOMENT | {"max_length": 20}, True),
    ("epoch_seconds", integer(None, 0), (), MOMENT | {"max_length": 20}, True),
    ("epoch_seconds", number(0, SECONDS[1] + Decimal("0.9")), (), MOMENT, False),
    ("epoch_milliseconds", integer(0, 253402300799999), (), MOMENT | {"max_length": 24}, False),
    ("epoch_milliseconds", integer(0, 253402300800000), (), MOMENT | {"max_length": 24}, True),
    ("epoch_microseconds", integer(0, 253402300799999999), (), MOMENT | {"max_length": 27}, False),
    ("epoch_microseconds", integer(0, 253402300800000000), (), MOMENT | {"max_length": 27}, True),
    ("base64", TEXT, (), TEXT, True),
    ("base64", TEXT | {"min_length": 2, "max_length": 9}, (), TEXT | {"min_length": 1, "max_length": 6}, True),
    ("base64", known("string", "YQ=="), (), known("string", "a"), False),
    ("sha256", TEXT, (), DIGEST, False),
    ("tokenise", TEXT, (), DIGEST, False),
    ("tokenise", known("string", "a"), (), DIGEST, False),
    ("mask", UP_TO_3, (2,), UP_TO_3, False),
    ("country", TEXT, (), TEXT | {"min_length": 2, "max_length": 2, "pattern": "^[A-Z]{2}$"}, True),
    ("currency", TEXT, (), TEXT | {"min_length": 3, "max_length": 3, "pattern": "^[A-Z]{3}$"}, True),
    ("unit", TEXT, (), known("string", *WORDS), True),
    ("unit", known("string", "pcs", "kg"), (), known("string", "EACH", "KG"), False),
    ("phone", TEXT, ("US",), TEXT | {"min_length": 4, "max_length": 16, "pattern": "^\\+[0-9]+$"}, True),
]


@pytest.mark.parametrize(("step", "before", "arguments", "after", "fallible"), CLAIMS)
def test_a_step_makes_of_a_type(
    step: str, before: Keywords, arguments: tuple[Any, ...], after: Keywords, fallible: bool
) -> None:
    types = tuple(ValueType(**one) if isinstance(one, dict) else type_of_literal(one) for one in arguments)
    definition, value = STEPS[step], ValueType(**before)
    assert result_type(definition, value, types) == ValueType(**after)
    assert definition.fallible(value, types) is fallible


def test_every_scalar_step_is_claimed() -> None:
    others = {name for name, step in STEPS.items() if step.takes & {"array", "object"} or step.content_type}
    assert {name for name, *_ in CLAIMS} >= STEPS.keys() - others - {"split"}


KNOWN: list[tuple[str, Any, tuple[Any, ...], Any]] = [
    ("trim", " a  b ", (), "a  b"),
    ("collapse", " a  b ", (), "a b"),
    ("nfc", "e\u0301", (), "é"),
    ("substring", "abcde", (1, 3), "bcd"),
    ("pad_start", "7", (3, "0"), "007"),
    ("strip_prefix", "#7", ("#",), "7"),
    ("strip_suffix", "7#", ("#",), "7"),
    ("extract", "a1", ("[0-9]",), "1"),
    ("extract", "a", ("[0-9]",), None),
    ("replace", "a1", ("[0-9]", "x"), "ax"),
    ("string", Decimal("1.5"), (), "1.5"),
    ("integer", "x", (), None),
    ("decimal", "x", (), None),
    ("boolean", "perhaps", (), None),
    ("boolean", 1, (), True),
    ("absolute", -5, (), 5),
    ("round", Decimal("1.25"), (1, "half_up"), Decimal("1.3")),
    ("minor_units", Decimal("1.5"), ("USD",), 150),
    ("minor_units", Decimal("1.555"), ("USD",), None),
    ("major_units", 150, ("USD",), Decimal("1.5")),
    ("major_units", 150, ("XXX",), None),
    ("timestamp", "2026-01-30T20:15:12+01:00", (), "2026-01-30T19:15:12Z"),
    ("timestamp", "2026-01-30", (), None),
    ("local_timestamp", "2026-01-30T20:15:12", ("Europe/Berlin",), "2026-01-30T19:15:12Z"),
    ("local_timestamp", "yesterday", ("Europe/Berlin",), None),
    ("epoch_seconds", 1769804112, (), "2026-01-30T20:15:12Z"),
    ("epoch_seconds", 10**12, (), None),
    ("epoch_milliseconds", 1769804112500, (), "2026-01-30T20:15:12.5Z"),
    ("epoch_microseconds", 1769804112500000, (), "2026-01-30T20:15:12.5Z"),
    ("base64", "YQ==", (), "a"),
    ("base64", "*", (), None),
    ("sha256", "", (), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("mask", "12345", (2,), "***45"),
    ("country", "germany", (), "DE"),
    ("country", "Atlantis", (), None),
    ("currency", "usd", (), "USD"),
    ("currency", "shells", (), None),
    ("unit", "pcs", (), "EACH"),
    ("unit", "smoots", (), None),
    ("phone", "(201) 555-0123", ("US",), "+12015550123"),
    ("phone", "none", ("US",), None),
]


@pytest.mark.parametrize(("step", "constant", "arguments", "result"), KNOWN)
def test_of_a_known_value_the_result_is_known(
    step: str, constant: Any, arguments: tuple[Any, ...], result: Any
) -> None:
    definition, types = STEPS[step], tuple(map(type_of_literal, arguments))
    value = type_of_literal(constant)
    assert result_type(definition, value, types).enum == (() if result is None else (result,))
    assert definition.fallible(value, types) is (result is None)


FAULTS: list[tuple[str, tuple[Any, ...], str | None]] = [
    ("substring", (0, 1), None),
    ("substring", (-9, 0), "'length' must be at least 1"),
    ("pad_start", (1, "0"), None),
    ("pad_start", (1000, "0"), None),
    ("pad_start", (0, "0"), "'length' must be from 1 to 1,000"),
    ("pad_start", (1001, "0"), "'length' must be from 1 to 1,000"),
    ("pad_start", (4, "00"), "'fill' must be one character"),
    ("strip_prefix", ("",), "'text' is empty"),
    ("strip_suffix", (" ",), None),
    ("round", (0, "up"), None),
    ("round", (100, "half_even"), None),
    ("round", (-1, "up"), "'scale' must be from 0 to 100"),
    ("round", (101, "up"), "'scale' must be from 0 to 100"),
    ("round", (1, "nearest"), "'nearest' is no rounding: use down, half_even, half_up, up"),
    ("mask", (0,), None),
    ("mask", (-1,), "'keep' must be at least 0"),
    ("phone", ("GB",), None),
    ("phone", ("gb",), "there is no region 'gb': use an ISO 3166-1 alpha-2 code in upper case"),
    ("extract", ("(a)",), None),
    ("extract", ("a*",), "pattern 'a*' matches the empty text"),
    ("extract", ("\\w",), "pattern '\\\\w': '\\\\w' is outside of the portable subset"),
    ("extract", ("a{1001}",), "pattern 'a{1001}': invalid repetition size: {1001}"),
    ("replace", ("^", "a"), "pattern '^' matches the empty text"),
    ("local_timestamp", ("Asia/Kolkata", "YYYY-MM-DD"), None),
    ("local_timestamp", ("Asia/Goa",), "there is no zone 'Asia/Goa': use an IANA name, UTC or an offset like +02:00"),
    ("timestamp", (), None),
]


@pytest.mark.parametrize(("step", "arguments", "fault"), FAULTS)
def test_constants_are_checked(step: str, arguments: tuple[Any, ...], fault: str | None) -> None:
    assert STEPS[step].fault(tuple(map(type_of_literal, arguments))) == fault


def test_what_steps_take_from_outside_is_part_of_their_entries() -> None:
    libraries = {name: step.libraries for name, step in STEPS.items() if step.libraries}
    assert libraries == {
        "extract": ("google-re2",),
        "replace": ("google-re2",),
        "local_timestamp": ("tzdata",),
        "phone": ("phonenumberslite",),
    }
    assert {name: step.envelope for name, step in STEPS.items() if step.envelope} == {"tokenise": ("tokenKey",)}
