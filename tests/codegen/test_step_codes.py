"""What the steps on codes and on encoded and personal data make of texts: one line a fact."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import pytest

from codegen.runtime import countries, currencies
from codegen.runtime import mapping as runtime
from codegen.runtime.mapping import FAILED
from codegen.runtime.units import UNITS, WORDS

DATA: list[tuple[str, Any, tuple[Any, ...], Any]] = [
    ("base64", "w6QgYg==", (), "ä b"),
    ("base64", "", (), ""),
    ("base64", "Pz8/", (), "???"),
    ("base64", "Pz8_", (), FAILED),
    ("base64", "YQ", (), FAILED),
    ("base64", "Y Q==", (), FAILED),
    ("base64", "YR==", (), FAILED),
    ("base64", "/w==", (), FAILED),
    ("base64", "AA==", (), FAILED),
    ("base64", "ä", (), FAILED),
    ("sha256", "", (), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("sha256", "ä", (), "33e6d73fee82904c8d7afb78de1154d1e8dc2a0edb08120e63df5b9385c2d9cc"),
    ("mask", "4111111111111234", (4,), "************1234"),
    ("mask", "abc", (0,), "***"),
    ("mask", "abc", (3,), "abc"),
    ("mask", "abc", (9,), "abc"),
    ("mask", "", (1,), ""),
    ("country", "United States", (), "US"),
    ("country", "  the united-states of america ", (), "US"),
    ("country", "U.S.A.", (), "US"),
    ("country", "uk", (), "GB"),
    ("country", "DEU", (), "DE"),
    ("country", "de", (), "DE"),
    ("country", "CÔTE D\u2019IVOIRE", (), "CI"),
    ("country", "Cote d'Ivoire", (), "CI"),
    ("country", "Trinidad & Tobago", (), "TT"),
    ("country", "Turkiye", (), "TR"),
    ("country", "Aland", (), "AX"),
    ("country", "Korea", (), FAILED),
    ("country", "Virgin Islands", (), FAILED),
    ("country", "XX", (), FAILED),
    ("country", "", (), FAILED),
    ("currency", "eur", (), "EUR"),
    ("currency", "€", (), "EUR"),
    ("currency", "zł", (), "PLN"),
    ("currency", "us$", (), "USD"),
    ("currency", "$", (), FAILED),
    ("currency", "¥", (), FAILED),
    ("currency", "XXX", (), FAILED),
    ("currency", "", (), FAILED),
    ("unit", "PCS", (), "EACH"),
    ("unit", "lbs.", (), "LB"),
    ("unit", "kgm", (), "KG"),
    ("unit", "C62", (), "EACH"),
    ("unit", "ton", (), FAILED),
    ("unit", "", (), FAILED),
    ("phone", "(201) 555-0123", ("US",), "+12015550123"),
    ("phone", "+44 20 7946 0018", ("US",), "+442079460018"),
    ("phone", "030 / 90 18 20", ("DE",), "+4930901820"),
    ("phone", "020\u00a07946\u20110018", ("GB",), "+442079460018"),
    ("phone", "020 7946 0018", ("US",), FAILED),
    ("phone", "911", ("US",), FAILED),
    ("phone", "(201) 555-0123 x7", ("US",), FAILED),
    ("phone", "+999 12345", ("US",), FAILED),
    ("phone", "253402300799999", ("DE",), FAILED),
    ("phone", "+", ("US",), FAILED),
    ("phone", "", ("US",), FAILED),
]


@pytest.mark.parametrize(("step", "text", "arguments", "result"), DATA)
def test_a_step_makes_of_a_text(step: str, text: str, arguments: tuple[Any, ...], result: Any) -> None:
    assert getattr(runtime, step)(text, *arguments) == result


def test_a_token_is_the_same_for_the_same_text_and_key_alone() -> None:
    key = "0b" * 20
    assert runtime.tokenise("Hi There", key) == "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    assert runtime.tokenise("hi there", key) != runtime.tokenise("Hi There", key)
    assert runtime.tokenise("Hi There", "00" * 20) != runtime.tokenise("Hi There", key)


def test_every_country_of_the_standard_has_its_codes_and_name() -> None:
    table = (files("tzdata") / "zoneinfo" / "iso3166.tab").read_text(encoding="utf-8")
    rows = [line.split("\t") for line in table.splitlines() if not line.startswith("#")]
    assert len(rows) == 249
    # These the time zone database abbreviates in its own way.
    others = {"AS", "BQ", "CD", "CF", "CG", "GB", "KP", "KR", "MF", "MM", "SX", "SZ", "TC", "TF", "VC", "VG", "WS"}
    assert {code for code, name in rows if runtime.country(name) != code} == others
    assert [code for code, _ in rows if runtime.country(code.lower()) != code] == []
    codes = [row.split()[:2] for row in countries._TABLE.split(";")]
    assert len(codes) == 249
    assert [two for two, three in codes if len(two) != 2 or len(three) != 3 or runtime.country(three) != two] == []


def test_every_symbol_and_word_means_one_thing() -> None:
    assert set(currencies._SYMBOLS.values()) <= currencies.EXPONENTS.keys()
    assert [symbol for symbol in currencies._SYMBOLS if runtime.currency(symbol.lower()) is FAILED] == []
    meant = "€EUR ₹INR ₽RUB ₺TRY ₴UAH ₪ILS ₫VND ₦NGN ₸KZT ₼AZN ₾GEL ₲PYG ₵GHS ₭LAK ₮MNT ฿THB ៛KHR R$BRL US$USD A$AUD "
    meant += "HK$HKD NZ$NZD złPLN KčCZK FtHUF"
    assert [pair for pair in meant.split() if runtime.currency(pair[:-3]) != pair[-3:]] == []
    words = [word for row in WORDS.values() for word in row.split()]
    assert len(words) == len(set(words)) == len(UNITS)
    assert [name for name in WORDS if runtime.unit(name) != name] == []
