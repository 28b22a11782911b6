"""Constant arguments that each step takes, several for each: the edges of what they do to types and values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from codegen.resolve.types import type_of_literal

if TYPE_CHECKING:
    from codegen.resolve.types import ValueType

CONSTANTS: dict[str, list[tuple[Any, ...]]] = {
    "substring": [(0, 1), (0, 2), (1, 2), (2, 300), (-1, 1), (-4, 4), (-4, 2), (-2, 9), (10**20, 1), (-(10**20), 3)],
    "pad_start": [(1, " "), (4, "0"), (300, "é"), (1000, "x")],
    "strip_prefix": [("a",), ("#",), ("-1",), (" ",), ("2026",)],
    "strip_suffix": [("a",), ("Z",), ("00",), (" ",), ("\n",)],
    "extract": [("[0-9]+",), ("^-?([0-9]+)",), ("a|(b)",), ("[^ ]",), ("[0-9](Z?)",), ("(?:T)([0-9]{2})",)],
    "replace": [("[0-9]", ""), ("a", "bc"), ("[^0-9]+", "-"), (".", "€€€"), ("1|01", "\\1$0")],
    "split": [(",",), (" ",), ("ab",)],
    "join": [(", ",), ("",)],
    "minor_units": [("USD",), ("JPY",), ("KWD",), ("CLF",), ("XXX",), ("",)],
    "major_units": [("USD",), ("JPY",), ("KWD",), ("CLF",), ("XXX",), ("",)],
    "round": [(0, "half_up"), (0, "up"), (1, "half_even"), (2, "down"), (3, "up"), (100, "half_up")],
    "timestamp": [(), (), ("YYYY-MM-DD[T]HH:mm:ssZ",), ("D.M.YYYY Z", "YYYY-MM-DDTHH:mm:ss.SZ")],
    "local_timestamp": [
        ("UTC",),
        ("+02:00",),
        ("-23:59",),
        ("Europe/Paris",),
        ("America/New_York", "YYYY-MM-DD", "MM/DD/YYYY hh:mm A"),
    ],
    "mask": [(0,), (1,), (4,), (10**20,)],
    "phone": [("US",), ("GB",), ("DE",)],
}


def constants_of(step: str) -> list[tuple[Any, ...]]:
    """Arguments of a step, each of them as its constants."""
    return CONSTANTS.get(step, [()])


def types_of(constants: tuple[Any, ...]) -> tuple[ValueType, ...]:
    """The constants as the type checker sees them."""
    return tuple(type_of_literal(constant) for constant in constants)
