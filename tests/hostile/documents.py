"""Documents of 100 KB that are made to cost as much as they can."""

from __future__ import annotations

SIZE = 100_000
MOST_VALUES = 20_000
MOST_DECIMALS = 5_000


def filled(unit: bytes, start: bytes = b"[", end: bytes = b"0]", most: int = SIZE) -> bytes:
    """As many units as fit between start and end, and no more than ``most`` of them."""
    return start + unit * min((SIZE - len(start) - len(end)) // len(unit), most) + end


def _members(name: str) -> bytes:
    return b"{" + b",".join(name.format(number).encode() + b":1" for number in range(MOST_VALUES - 2)) + b"}"


WORST: dict[str, bytes] = {
    "open brackets": b"[" * SIZE,
    "open braces": filled(b'{"a":', b"", b""),
    "brackets that close": b"[" * (SIZE // 2) + b"]" * (SIZE // 2),
    "commas": filled(b","),
    "zeros": filled(b"0,"),
    "as many zeros as may be": filled(b"0,", most=MOST_VALUES - 2),
    "as many empty objects as may be": filled(b"{},", most=MOST_VALUES - 2),
    "lists in lists": filled(b"[[[[[[[[[[0]]]]]]]]]],", most=1_800),
    "quotes": b'"' * SIZE,
    "an open string": b'"' + b"a" * SIZE,
    "backslashes": filled(b"\\\\", b'"', b'"'),
    "escapes": filled(b"\\u00e9", b'"', b'"'),
    "strings": filled(b'"a",', most=MOST_VALUES - 2),
    "empty strings": filled(b'"",'),
    "an open string of quotes and commas": b'["' + filled(b'\\",', b"", b""),
    "fractions in a string": filled(b"1.5,", b'"', b'"'),
    "lone surrogates": filled(b"\\ud800", b'"', b'"'),
    "U+0000 at the end": filled(b"a", b'"', b'\\u0000"'),
    "U+0000 everywhere": filled(b'"\\u0000",'),
    "digits": b"1" * SIZE,
    "digits after the point": filled(b"1", b"-0.", b""),
    "integers of 1,000 digits": filled(b"9" * 1_000 + b","),
    "fractions of 1,000 digits": filled(b"0." + b"9" * 999 + b","),
    "large exponents": filled(b"1e999,"),
    "small exponents": filled(b"1e-999,"),
    "an exponent of digits": filled(b"9", b"1e", b""),
    "as many fractions as may be": filled(b"1.5,", most=MOST_DECIMALS),
    "as many whole fractions as may be": filled(b"1.0,", most=MOST_DECIMALS),
    "as many small exponents as may be": filled(b"1e9,", most=MOST_DECIMALS),
    "fractions": filled(b"1.5,"),
    "whole fractions": filled(b"1.0,"),
    "as many whole fractions, each in a list": filled(b"[1.0],", most=MOST_DECIMALS - 1),
    "as much of all as may be": filled(
        b"[1.0],", end=b"[[[[[[0]]]]]]," * ((MOST_VALUES - 2 * MOST_DECIMALS - 2) // 7) + b"0]", most=MOST_DECIMALS - 1
    ),
    "a number too long at the end": filled(b"0,", end=b"9" * 1_001 + b"]", most=MOST_VALUES - 2),
    "a member twice": filled(b'"a":1,', b"{", b'"a":1}'),
    "as many members as fit": _members('"{}"')[:88_890] + b'"}',
    "members that differ at the end": filled(b'"' + b"k" * 60 + b'0":1,', b"{", b'"":1}'),
    "a name of 100 KB": filled(b"k", b'{"', b'":1}'),
    "white space": filled(b" ", b"", b"1"),
    "no UTF-8 at the end": filled(b"a", b'"', b'\xff"'),
    "UTF-16": ('"' + "a" * (SIZE // 2) + '"').encode("utf-16"),
    "a byte order mark": b"\xef\xbb\xbf" + filled(b"0,"),
}
