"""What each step makes of values: one line a fact, the edges first."""

from __future__ import annotations

from decimal import Decimal, localcontext
from typing import Any

import pytest

from codegen.runtime import exact_json, json_forms
from codegen.runtime import mapping as runtime
from codegen.runtime.mapping import ABSENT, FAILED

LONG = "1" * 1_000
MANY_NINES = Decimal("9" * 34 + "." + "9" * 34)

TEXTS: list[tuple[str, Any, tuple[Any, ...], Any]] = [
    ("trim", "\u00a0 a b\t\n", (), "a b"),
    ("collapse", " a \t\n\u2003b\u00a0c ", (), "a b c"),
    ("collapse", " ", (), ""),
    ("upper", "straße", (), "STRASSE"),
    ("upper", "ΐ", (), "\u0399\u0308\u0301"),
    ("lower", "İ", (), "i\u0307"),
    ("nfc", "Zu\u0308rich", (), "Zürich"),
    ("nfc", "\u212b", (), "Å"),
    ("substring", "abcdef", (0, 2), "ab"),
    ("substring", "abcdef", (2, 2), "cd"),
    ("substring", "abcdef", (-2, 9), "ef"),
    ("substring", "abcdef", (-4, 2), "cd"),
    ("substring", "ab", (-4, 3), "ab"),
    ("substring", "ab", (2, 1), ""),
    ("pad_start", "17", (4, "0"), "0017"),
    ("pad_start", "12345", (4, "0"), "12345"),
    ("strip_prefix", "##9", ("#",), "#9"),
    ("strip_prefix", "9#", ("#",), "9#"),
    ("strip_suffix", "1 kg kg", (" kg",), "1 kg"),
    ("strip_suffix", "kg 1", ("kg",), "kg 1"),
    ("extract", "gid://shopify/Order/123", ("/([0-9]+)$",), "123"),
    ("extract", "a12b34", ("[0-9]+",), "12"),
    ("extract", "x1y2", ("(x)([0-9])",), "x"),
    ("extract", "b", ("(a)|b",), FAILED),
    ("extract", "é2", (".",), "é"),
    ("extract", "1\n", ("1$",), FAILED),
    ("extract", "", ("a",), FAILED),
    ("extract", "a" * 100_000, ("(?:a|aa)+b",), FAILED),
    ("replace", "a-b-c", ("-", ""), "abc"),
    ("replace", "a1", ("([a-z])", "\\1$1"), "\\1$11"),
    ("replace", "aaa", ("aa", "b"), "ba"),
    ("replace", "a" * 10_000, ("a", "b"), "b" * 10_000),
    ("replace", "a" * 10_001, ("a", "b"), FAILED),
]
NUMBERS: list[tuple[str, Any, tuple[Any, ...], Any]] = [
    ("string", Decimal("1E-3"), (), "0.001"),
    ("string", 10**30, (), "1" + "0" * 30),
    ("string", True, (), "true"),
    ("string", False, (), "false"),
    ("string", "", (), ""),
    ("integer", "+007", (), 7),
    ("integer", "-0", (), 0),
    ("integer", "100.00", (), 100),
    ("integer", LONG, (), int(LONG)),
    ("integer", LONG + "1", (), FAILED),
    ("integer", "1e3", (), FAILED),
    ("integer", "1.5", (), FAILED),
    ("integer", Decimal("1.5"), (), FAILED),
    ("integer", "٣", (), FAILED),
    ("integer", " 1", (), FAILED),
    ("integer", "1\n", (), FAILED),
    ("integer", "", (), FAILED),
    ("integer", True, (), FAILED),
    ("decimal", "12.50", (), Decimal("12.5")),
    ("decimal", "-0.0", (), 0),
    ("decimal", "+1", (), 1),
    ("decimal", str(MANY_NINES), (), MANY_NINES),
    ("decimal", "0." + LONG, (), Decimal("0." + LONG)),
    ("decimal", "1." + LONG, (), FAILED),
    ("decimal", "0." + "0" * 999 + "1", (), Decimal("1E-1000")),
    ("decimal", "0." + "0" * 1000 + "1", (), FAILED),
    ("decimal", "1E400", (), FAILED),
    ("decimal", ".5", (), FAILED),
    ("decimal", "5.", (), FAILED),
    ("decimal", "1,5", (), FAILED),
    ("decimal", "--1", (), FAILED),
    ("decimal", "NaN", (), FAILED),
    ("decimal", Decimal("0.1"), (), Decimal("0.1")),
    ("decimal", 5, (), 5),
    ("boolean", "YES", (), True),
    ("boolean", "true", (), True),
    ("boolean", "On", (), True),
    ("boolean", "y", (), True),
    ("boolean", "T", (), True),
    ("boolean", "1", (), True),
    ("boolean", "no", (), False),
    ("boolean", "FALSE", (), False),
    ("boolean", "off", (), False),
    ("boolean", "N", (), False),
    ("boolean", "f", (), False),
    ("boolean", "0", (), False),
    ("boolean", 1, (), True),
    ("boolean", 0, (), False),
    ("boolean", True, (), True),
    ("boolean", False, (), False),
    ("boolean", 2, (), FAILED),
    ("boolean", -1, (), FAILED),
    ("boolean", Decimal("0.5"), (), FAILED),
    ("boolean", "", (), FAILED),
    ("boolean", " yes", (), FAILED),
    ("boolean", "1.0", (), FAILED),
    ("absolute", -5, (), 5),
    ("absolute", 5, (), 5),
    ("absolute", 0, (), 0),
    ("absolute", MANY_NINES.copy_negate(), (), MANY_NINES),
    ("absolute", Decimal("-" + "9" * 40 + ".5"), (), Decimal("9" * 40 + ".5")),
    ("rounded", Decimal("2.5"), (0, "half_up"), 3),
    ("rounded", Decimal("-2.5"), (0, "half_up"), -3),
    ("rounded", Decimal("2.4"), (0, "half_up"), 2),
    ("rounded", Decimal("2.5"), (0, "half_even"), 2),
    ("rounded", Decimal("3.5"), (0, "half_even"), 4),
    ("rounded", Decimal("2.51"), (0, "half_even"), 3),
    ("rounded", Decimal("2.9"), (0, "down"), 2),
    ("rounded", Decimal("-2.9"), (0, "down"), -2),
    ("rounded", Decimal("2.1"), (0, "up"), 3),
    ("rounded", Decimal("-2.1"), (0, "up"), -3),
    ("rounded", Decimal("-0.4"), (0, "half_up"), 0),
    ("rounded", Decimal("12.345"), (2, "half_up"), Decimal("12.35")),
    ("rounded", Decimal("12.345"), (2, "half_even"), Decimal("12.34")),
    ("rounded", Decimal("12.345"), (3, "up"), Decimal("12.345")),
    ("rounded", Decimal("12.3"), (100, "up"), Decimal("12.3")),
    ("rounded", Decimal("9.995"), (2, "half_up"), 10),
    ("rounded", Decimal("9" * 999 + ".9"), (0, "up"), 10**999),
    ("rounded", Decimal("9" * 990 + "." + "9" * 10), (9, "down"), Decimal("9" * 990 + "." + "9" * 9)),
    ("rounded", 10**30, (2, "up"), 10**30),
]
MONEY: list[tuple[str, Any, tuple[Any, ...], Any]] = [
    ("minor_units", "398.00", ("USD",), 39800),
    ("minor_units", "398", ("JPY",), 398),
    ("minor_units", "398.0", ("JPY",), 398),
    ("minor_units", "1.005", ("KWD",), 1005),
    ("minor_units", "1.0005", ("CLF",), 10005),
    ("minor_units", "1.005", ("USD",), FAILED),
    ("minor_units", "-0.01", ("USD",), -1),
    ("minor_units", Decimal("0.30"), ("EUR",), 30),
    ("minor_units", 3, ("EUR",), 300),
    ("minor_units", "3", ("usd",), FAILED),
    ("minor_units", "3", ("XXX",), FAILED),
    ("minor_units", "3", (ABSENT,), FAILED),
    ("minor_units", "3", (None,), FAILED),
    ("minor_units", "$3", ("USD",), FAILED),
    ("minor_units", "9" * 34 + ".99", ("USD",), int("9" * 36)),
    ("minor_units", 10**999, ("USD",), FAILED),
    ("major_units", 39800, ("USD",), 398),
    ("major_units", 39850, ("USD",), Decimal("398.5")),
    ("major_units", "398", ("JPY",), 398),
    ("major_units", -1005, ("KWD",), Decimal("-1.005")),
    ("major_units", 10005, ("CLF",), Decimal("1.0005")),
    ("major_units", int("9" * 36), ("USD",), Decimal("9" * 34 + ".99")),
    ("major_units", Decimal("0.5"), ("USD",), FAILED),
    ("major_units", 1, ("XXX",), FAILED),
    ("major_units", 1, (ABSENT,), FAILED),
    ("major_units", "", ("USD",), FAILED),
]


@pytest.mark.parametrize(("step", "value", "arguments", "result"), [*TEXTS, *NUMBERS, *MONEY])
def test_a_step_makes_of_a_value(step: str, value: Any, arguments: tuple[Any, ...], result: Any) -> None:
    found = getattr(runtime, step)(value, *arguments)
    assert (found, type(found)) == (result, type(result))


@pytest.mark.parametrize(("step", "value", "arguments", "result"), [*NUMBERS, *MONEY])
def test_no_context_of_decimals_rounds(step: str, value: Any, arguments: tuple[Any, ...], result: Any) -> None:
    with localcontext(prec=3, Emax=5, Emin=-5):
        assert getattr(runtime, step)(value, *arguments) == result


def test_results_can_be_written_and_read_again() -> None:
    for step, value, arguments, result in [*TEXTS, *NUMBERS, *MONEY]:
        if result is not FAILED:
            made = getattr(runtime, step)(value, *arguments)
            assert exact_json.parse(json_forms.dump([made])) == [made]
