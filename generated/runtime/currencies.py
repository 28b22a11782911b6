"""Currencies: the digits of their minor units as ISO 4217 list one has them, and what else names one."""

from __future__ import annotations

from typing import Any

from .values import FAILED

_BY_DIGITS = {
    0: ("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"),
    2: (
        "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD "
        "CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
        "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA "
        "MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR "
        "RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD "
        "TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG"
    ),
    3: ("BHD IQD JOD KWD LYD OMR TND"),
    4: ("CLF UYW"),
}

EXPONENTS = {code: digits for digits, codes in _BY_DIGITS.items() for code in codes.split()}
"""Digits of the minor unit by currency code."""

_SYMBOLS = {
    "€": "EUR", "₹": "INR", "₽": "RUB", "₺": "TRY", "₴": "UAH", "₪": "ILS", "₫": "VND", "₦": "NGN", "₸": "KZT",
    "₼": "AZN", "₾": "GEL", "₲": "PYG", "₵": "GHS", "₭": "LAK", "₮": "MNT", "฿": "THB", "៛": "KHR", "R$": "BRL",
    "US$": "USD", "A$": "AUD", "HK$": "HKD", "NZ$": "NZD", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF",
}  # fmt: skip
"""In upper case. Those of several currencies ($, £, ¥, kr) name none."""


def currency(text: str) -> Any:
    """The ISO 4217 code of a code in any case, or of a symbol that one currency alone has; FAILED for another text."""
    name = text.upper()
    return name if name in EXPONENTS else _SYMBOLS.get(name, FAILED)
