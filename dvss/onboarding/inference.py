"""A JSON Schema that samples fit, wide enough for what they do not show."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from dvss.onboarding.words import is_personal, sentence, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_ITEMS = 1_000
_LENGTHS = (255, 1_024, 65_536)
_LAST_LENGTH = 1_048_576
_FORMATS = ("date-time", "date", "uuid", "email", "uri")
_SPARE = 4
"""A text may be so many times as long as the longest sample."""
_MAGNITUDES = (12, 18, 30)
"""Powers of ten that bound numbers."""
_SPARE_DIGITS = 2
_MOST_EXAMPLES = 3
ANY = ("string", "number", "boolean", "object", "array", "null")
_KINDS: dict[type, str] = {
    dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", Decimal: "number",
}  # fmt: skip


def payload_schema(vendor: str, event: str, payloads: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The schema of an event: members in the samples' order, required where every sample has them."""
    title = "".join(word.capitalize() for name in (vendor, event) for word in words(name))
    seen = "a sample" if len(payloads) == 1 else f"{len(payloads)} samples"
    schema = infer(payloads)
    del schema["description"]
    return {
        "$schema": DIALECT,
        "title": title,
        "description": f"{vendor}'s event {event}, as {seen} had it. What is not listed is let through and kept.",
        **schema,
        "examples": [payloads[0]],
    }


def infer(values: Sequence[Any], name: str = "", above: str = "") -> dict[str, Any]:
    """The schema of all values of one place, which stands under the name ``name`` in one under ``above``."""
    found = list(dict.fromkeys(_KINDS[type(value)] for value in values if value is not None))
    if "number" in found and "integer" in found:
        found.remove("integer")
    if len(found) != 1:
        why = "of several types in the samples" if found else "null in every sample, or never there"
        return {"description": f"{sentence(name)}: {why}. Say what it may be.", "type": list(ANY), **_mark(name, above)}
    (kind,) = found
    described = {"description": f"{sentence(name)}.", "type": [kind, "null"] if None in values else kind}
    given = [value for value in values if value is not None]
    return described | _DETAILS[kind](given, name, above) | _mark(name, above)


def _mark(name: str, above: str) -> dict[str, Any]:
    return {"x-sensitive": True} if is_personal(name, above) else {}


def _object(objects: Sequence[dict[str, Any]], name: str, _above: str) -> dict[str, Any]:
    names = list(dict.fromkeys(member for one in objects for member in one))
    required = [member for member in names if all(member in one for one in objects)]
    return {
        **({"required": required} if required else {}),
        "additionalProperties": True,
        "properties": {
            member: infer([one[member] for one in objects if member in one], member, name) for member in names
        },
    }


def _array(lists: Sequence[list[Any]], name: str, above: str) -> dict[str, Any]:
    longest = max(map(len, lists))
    most = next(bound for bound in (MOST_ITEMS, 20 * MOST_ITEMS) if longest <= bound)
    return {"maxItems": most, "items": infer([item for one in lists for item in one], name, above)}


def _text(texts: Sequence[str], name: str, above: str) -> dict[str, Any]:
    form = next((form for form in _FORMATS if all(has_format(text, form) for text in texts)), None)
    longest = max(map(len, texts))
    length = next((bound for bound in _LENGTHS if _SPARE * longest <= bound), _LAST_LENGTH)
    return ({"format": form} if form else {"maxLength": length}) | _examples(texts, name, above)


def has_format(text: str, form: str) -> bool:
    """Whether a text has a format, as validation reads it; a URI only where it is one of the web."""
    if form == "uri" and not text.startswith(("https://", "http://")):
        return False
    return jsonschema_rs.is_valid({"format": form}, text, validate_formats=True)


def _number(numbers: Sequence[int | Decimal], name: str, above: str) -> dict[str, Any]:
    """Bounds far beyond the samples; none for a fraction beyond 2^53, where only whole numbers have exact bounds."""
    greatest = max(abs(Decimal(number)) for number in numbers)
    power = next((power for power in _MAGNITUDES if greatest < 10 ** (power - _SPARE_DIGITS)), greatest.adjusted() + 3)
    is_whole = all(type(number) is int for number in numbers)
    bounds = {"minimum": -(10**power), "maximum": 10**power} if is_whole or power <= _MAGNITUDES[0] else {}
    return bounds | _examples(numbers, name, above)


def _boolean(values: Sequence[bool], name: str, above: str) -> dict[str, Any]:
    return _examples(values, name, above)


def _examples(values: Sequence[Any], name: str, above: str) -> dict[str, Any]:
    """A few of the values; none of personal data."""
    return {} if is_personal(name, above) else {"examples": list(dict.fromkeys(values))[:_MOST_EXAMPLES]}


_DETAILS: dict[str, Callable[[Any, str, str], dict[str, Any]]] = {
    "object": _object,
    "array": _array,
    "string": _text,
    "boolean": _boolean,
    "integer": _number,
    "number": _number,
}
