"""JSON without loss: strict parsing at the trust boundary, numbers by exact value, one canonical form.

Numbers become ``int`` where their value is integral and ``Decimal`` elsewhere, never ``float``: ``1.0``, ``1`` and
``10e-1`` are one value.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING, Any

import jiter

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep parsing linear and results small."""

    depth: int = 32
    nodes: int = 20_000
    """Values in the document, containers included."""
    digits: int = 1_000
    exponent: int = 1_000


DEFAULT_LIMITS = Limits()


class JsonFault(StrEnum):
    """Stable codes of what can be wrong with a JSON text."""

    NOT_UTF8 = "NOT_UTF8"
    NOT_JSON = "NOT_JSON"
    DUPLICATE_KEY = "DUPLICATE_KEY"
    JSON_TOO_DEEP = "JSON_TOO_DEEP"
    JSON_TOO_MANY_VALUES = "JSON_TOO_MANY_VALUES"
    NUMBER_TOO_LONG = "NUMBER_TOO_LONG"
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
    try:
        document = jiter.from_json(
            data, allow_inf_nan=False, float_mode="decimal", catch_duplicate_keys=True, cache_mode="keys"
        )
    except ValueError as error:
        raise _explain(error) from error
    box = [document]
    _settle(box, limits, may_hold_nul=b"\\u0000" in data)
    return box[0]


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


def _settle(box: list[Any], limits: Limits, *, may_hold_nul: bool) -> None:
    """Check the limits level by level and turn integral decimals into ``int``, in place."""
    too_long = 10**limits.digits
    level: list[Any] = [box]
    depth = -1
    nodes = 0
    while level:
        depth += 1
        if depth > limits.depth:
            raise JsonError(JsonFault.JSON_TOO_DEEP, f"The document is nested more than {limits.depth} levels deep.")
        below: list[Any] = []
        for container in level:
            nodes += len(container)
            if nodes > limits.nodes:
                raise JsonError(JsonFault.JSON_TOO_MANY_VALUES, f"The document holds more than {limits.nodes} values.")
            pairs = container.items() if type(container) is dict else enumerate(container)
            for key, value in pairs:
                kind = type(value)
                if kind is dict or kind is list:
                    below.append(value)
                elif kind is Decimal:
                    container[key] = _exact(value, limits, box)
                elif kind is int and (value >= too_long or value <= -too_long):
                    raise _number_too_long(box, value, limits)
        level = below
    if may_hold_nul:
        _refuse_nul(box[0])


def _exact(value: Decimal, limits: Limits, box: list[Any]) -> int | Decimal:
    _, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    if len(digits) > limits.digits or exponent < -limits.exponent or value.adjusted() >= limits.digits:
        raise _number_too_long(box, value, limits)
    return int(value) if exponent >= 0 or not any(digits[exponent:]) else value


def _number_too_long(box: list[Any], value: object, limits: Limits) -> JsonError:
    pointer = next(at for at, found in walk(box[0]) if found is value)
    message = f"A number has more than {limits.digits} digits or an exponent beyond {limits.exponent}."
    return JsonError(JsonFault.NUMBER_TOO_LONG, message, pointer)


def _refuse_nul(document: Any) -> None:
    for pointer, value in walk(document):
        holds_nul = (type(value) is str and "\0" in value) or (
            type(value) is dict and any("\0" in key for key in value)
        )
        if holds_nul:
            raise JsonError(JsonFault.NUL_CHARACTER, "A string holds the character U+0000.", pointer)


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


class _HoldsDecimalError(Exception):
    pass


def _refuse_decimal(value: Any) -> Any:
    if isinstance(value, Decimal):
        raise _HoldsDecimalError
    message = f"{type(value).__name__} is not a JSON value"
    raise TypeError(message)


_in_order = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_refuse_decimal)
_sorted = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=_refuse_decimal, sort_keys=True
)


def dump(value: Any) -> bytes:
    """Compact UTF-8 JSON with the members in their own order and every number exact."""
    try:
        return _in_order.encode(value).encode()
    except _HoldsDecimalError:
        return _text(value, in_order=True).encode()


def canonical(value: Any) -> bytes:
    """The canonical form that digests are made of: members sorted by code point, no white space, minimal escapes.

    A number is written by its value, an integer plainly and any other as ``<digits>e<exponent>`` without trailing
    zeros; RFC 8785 would pass numbers through doubles.
    """
    try:
        return _sorted.encode(value).encode()
    except _HoldsDecimalError:
        return _text(value, in_order=False).encode()


def digest(value: Any) -> str:
    """Hex SHA-256 of the canonical form."""
    return hashlib.sha256(canonical(value)).hexdigest()


def _text(value: Any, *, in_order: bool) -> str:
    if isinstance(value, dict):
        members = value.items() if in_order else sorted(value.items())
        return "{" + ",".join(f"{_in_order.encode(k)}:{_text(v, in_order=in_order)}" for k, v in members) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_text(item, in_order=in_order) for item in value) + "]"
    if isinstance(value, Decimal):
        return number_text(value) if in_order else _canonical_number(value)
    return _in_order.encode(value)


def number_text(value: int | Decimal) -> str:
    """A number in plain decimal notation, by value: no exponent, no trailing zeros."""
    if isinstance(value, int):
        return str(value)
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _canonical_number(value: Decimal) -> str:
    sign, digits, exponent = value.as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits)).lstrip("0")
    stripped = text.rstrip("0")
    exponent += len(text) - len(stripped)
    if exponent >= 0:
        return str(int(value))
    return f"{'-' if sign else ''}{stripped}e{exponent}"
