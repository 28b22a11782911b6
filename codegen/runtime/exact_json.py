"""JSON without loss: strict parsing at the trust boundary, numbers by exact value.

Numbers become ``int`` where their value is integral and ``Decimal`` elsewhere, never ``float``: ``1.0``, ``1`` and
``10e-1`` are one value.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Clamped, Context, Decimal, Overflow, Rounded
from enum import StrEnum
from functools import cache
from itertools import chain
from typing import TYPE_CHECKING, Any

import jiter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep parsing linear and results small."""

    depth: int = 32
    nodes: int = 20_000
    """Values in the document, containers included."""
    decimals: int = 5_000
    """Numbers with a fraction or an exponent, whole ones too: one takes the time of four other values."""
    digits: int = 1_000
    exponent: int = 1_000
    zeros: int = 100_000
    """Digits that exponents add to the document: a short number may stand for a long one, many of them for a flood."""
    string: int = 524_288
    """Characters."""
    key: int = 1_024
    """Characters."""


DEFAULT_LIMITS = Limits()


class JsonFault(StrEnum):
    """Stable codes of what can be wrong with a JSON text."""

    NOT_UTF8 = "NOT_UTF8"
    NOT_JSON = "NOT_JSON"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    JSON_TOO_DEEP = "JSON_TOO_DEEP"
    JSON_TOO_MANY_VALUES = "JSON_TOO_MANY_VALUES"
    NUMBER_TOO_LONG = "NUMBER_TOO_LONG"
    STRING_TOO_LONG = "STRING_TOO_LONG"
    KEY_TOO_LONG = "KEY_TOO_LONG"
    NUL_CHARACTER = "NUL_CHARACTER"


class JsonError(ValueError):
    """The bytes are not JSON as we accept it. ``pointer`` is None where the text has no structure to point into."""

    def __init__(self, code: JsonFault, message: str, pointer: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.pointer = pointer


def parse(data: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Parse UTF-8 JSON, refusing what two parsers could read in two ways.

    Raises JsonError.
    """
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"Byte {error.start} is not UTF-8. Send the document encoded in UTF-8."
        raise JsonError(JsonFault.NOT_UTF8, message) from error
    _refuse_many(data, limits)
    try:
        document = jiter.from_json(
            data, allow_inf_nan=False, float_mode="decimal", catch_duplicate_keys=True, cache_mode="keys"
        )
    except ValueError as error:
        raise _explain(error) from error
    box = [document]
    _settle(box, limits, data)
    return box[0]


# A string that nothing ends goes on to the end: a search that began anew at each quote would take quadratic time.
_STRING = rb'"(?:[^"\\]++|\\.)*+"?'
_DECIMAL = rb"[0-9]++[.eE][0-9.eE+-]*+"


@cache
def _at_least(count: int, token: bytes, other: bytes) -> re.Pattern[bytes]:
    """Matches a document with so many tokens outside its strings; ``other`` is what lies between, but for strings."""
    return re.compile(rb"(?:(?:%b|%b)*+%b){%d}+" % (other, _STRING, token, count), re.DOTALL)


def _refuse_many(data: bytes, limits: Limits) -> None:
    """Refuse too many values by the bytes, where building them all would cost ten times as much."""
    if data.count(b",") >= limits.nodes and _at_least(limits.nodes, b",", b'[^",]++').match(data):
        raise _too_many(limits)
    decimals = limits.decimals + 1
    may_be_many = sum(map(data.count, (b".", b"e", b"E"))) >= decimals
    if may_be_many and _at_least(decimals, _DECIMAL, b'[^"0-9]++|[0-9]++(?![.eE])').match(data):
        raise _too_many(limits)


# jiter gives one class for every refusal, so its text is all there is to tell them apart; tests pin these phrases.
_JITER_PHRASES = (
    ("duplicate key", JsonFault.DUPLICATE_KEY),
    ("recursion limit", JsonFault.JSON_TOO_DEEP),
    ("number out of range", JsonFault.NUMBER_TOO_LONG),
    ("InvalidOperation", JsonFault.NUMBER_TOO_LONG),
)


def _explain(error: Exception) -> JsonError:
    text = str(error)
    for phrase, code in _JITER_PHRASES:
        if phrase in text:
            return JsonError(code, f"The document is refused: {text}.")
    return JsonError(JsonFault.NOT_JSON, f"The document is not JSON: {text}.")


def _settle(box: list[Any], limits: Limits, data: bytes) -> None:
    """Check the limits level by level and turn integral decimals into ``int``, in place."""
    bounds = _Bounds(box, limits, data)
    level: list[Any] = [box]
    depth = nodes = 0
    while level:
        nodes += sum(map(len, level))
        if nodes > limits.nodes:
            raise _too_many(limits)
        bounds.check_names([container for container in level if type(container) is dict])
        values = [value for one in level for value in (one.values() if type(one) is dict else one)]
        bounds.check_strings([value for value in values if type(value) is str])
        bounds.check_integers([value for value in values if type(value) is int])
        if decimals := [value for value in values if type(value) is Decimal]:
            _replace_decimals(level, iter(bounds.exact(decimals)))
        below = [value for value in values if type(value) is dict or type(value) is list]
        depth += 1
        if below and depth > limits.depth:
            raise JsonError(JsonFault.JSON_TOO_DEEP, f"The document is nested more than {limits.depth} levels deep.")
        level = [container for container in below if container]


def _replace_decimals(containers: Iterable[Any], numbers: Iterator[int | Decimal]) -> None:
    for container in containers:
        for key, value in _pairs(container):
            if type(value) is Decimal:
                container[key] = next(numbers)


class _Bounds:
    """What is checked of the values between the brackets, and of members' names, one level at a time."""

    def __init__(self, box: list[Any], limits: Limits, data: bytes) -> None:
        self._box = box
        self._limits = limits
        self._most = 10**limits.digits
        # No digit below 10**-exponent, and none above 10**(digits - 1).
        least, most = limits.digits - 1 - limits.exponent, limits.digits - 1
        self._within = Context(prec=limits.digits, Emin=least, Emax=most, traps=[Rounded, Clamped, Overflow]).plus
        self._zeros_left = limits.zeros + len(data)
        self._may_hold_long_names = len(data) > limits.key
        self._may_hold_nul = b"\\u0000" in data

    def exact(self, decimals: Sequence[Decimal]) -> list[int | Decimal]:
        """Each number, as ``int`` where it is integral."""
        within = self._within
        for value in decimals:
            try:
                within(value)
            except ArithmeticError:
                raise self._too_long(JsonFault.NUMBER_TOO_LONG, value) from None
        self._zeros_left -= sum(map(abs, map(Decimal.adjusted, decimals)))
        if self._zeros_left < 0:
            raise self._too_long(JsonFault.NUMBER_TOO_LONG, max(decimals, key=lambda one: abs(one.adjusted())))
        pairs = zip(decimals, map(Decimal.to_integral_value, decimals), strict=True)
        return [int(value) if whole == value else value for value, whole in pairs]

    def check_strings(self, strings: Sequence[str]) -> None:
        if max(map(len, strings), default=0) > self._limits.string:
            raise self._too_long(JsonFault.STRING_TOO_LONG, max(strings, key=len))
        if self._may_hold_nul and (found := next((value for value in strings if "\0" in value), None)) is not None:
            raise self._holds_nul(found)

    def check_integers(self, integers: Sequence[int]) -> None:
        if max(map(abs, integers), default=0) >= self._most:
            raise self._too_long(JsonFault.NUMBER_TOO_LONG, max(integers, key=abs))

    def check_names(self, objects: Sequence[dict[str, Any]]) -> None:
        if self._may_hold_long_names and max(map(len, chain.from_iterable(objects)), default=0) > self._limits.key:
            found = next(members for members in objects if any(len(name) > self._limits.key for name in members))
            raise self._too_long(JsonFault.KEY_TOO_LONG, found)
        if self._may_hold_nul:
            for members in objects:
                if any("\0" in name for name in members):
                    raise self._holds_nul(members)

    def _holds_nul(self, found: object) -> JsonError:
        message = "A string holds the character U+0000."
        return JsonError(JsonFault.NUL_CHARACTER, message, _pointer(self._box[0], found))

    def _too_long(self, fault: JsonFault, found: object) -> JsonError:
        return JsonError(fault, _TOO_LONG[fault].format(self._limits), _pointer(self._box[0], found))


def _too_many(limits: Limits) -> JsonError:
    counts = f"{limits.nodes} values, or {limits.decimals} numbers with a fraction or an exponent"
    return JsonError(JsonFault.JSON_TOO_MANY_VALUES, f"The document holds more than {counts}.")


def _pointer(value: Any, found: object) -> str | None:
    """Where in the value that very object is, None where it is not."""
    if value is found:
        return ""
    for key, inner in _pairs(value):
        if inner is found or type(inner) is dict or type(inner) is list:
            below = _pointer(inner, found)
            if below is not None:
                return f"/{pointer_token(key)}{below}"
    return None


def _pairs(container: Any) -> Iterable[tuple[Any, Any]]:
    return container.items() if type(container) is dict else enumerate(container)


_TOO_LONG = {
    JsonFault.NUMBER_TOO_LONG: (
        "A number has more than {0.digits} digits or an exponent beyond {0.exponent}, or the document's would be more "
        "than {0.zeros} digits longer if they had no exponents."
    ),
    JsonFault.STRING_TOO_LONG: "A string has more than {0.string} characters.",
    JsonFault.KEY_TOO_LONG: "A member of the object has a name of more than {0.key} characters.",
}


def walk(document: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    """Every value of a document with its JSON Pointer (RFC 6901), parents first."""
    yield pointer, document
    if isinstance(document, dict):
        for key, value in document.items():
            yield from walk(value, f"{pointer}/{pointer_token(key)}")
    elif isinstance(document, list):
        for index, value in enumerate(document):
            yield from walk(value, f"{pointer}/{index}")


def pointer_token(name: str | int) -> str:
    """One reference token of a JSON Pointer, escaped."""
    return str(name).replace("~", "~0").replace("/", "~1")
