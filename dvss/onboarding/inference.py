"""A JSON Schema that samples fit, wide enough for what they do not show."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from dvss.onboarding.words import is_personal, words

if TYPE_CHECKING:
    from collections.abc import Sequence

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_ITEMS = 1_000
_LENGTHS = (255, 1_024, 65_536)
_LAST_LENGTH = 1_048_576
_FORMATS = ("date-time", "date", "uuid", "email", "uri")
_SPARE = 4
"""A text may be so many times as long as the longest sample."""
_MAGNITUDES = (12, 18, 30)
"""Powers of ten that bound numbers."""
_KINDS: dict[type, str] = {
    dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", Decimal: "number",
}  # fmt: skip


def payload_schema(vendor: str, event: str, payloads: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The schema of an event: members in the samples' order, required where every sample has them."""
    title = "".join(word.capitalize() for name in (vendor, event) for word in words(name))
    seen = "a sample" if len(payloads) == 1 else f"{len(payloads)} samples"
    return {
        "$schema": DIALECT,
        "title": title,
        "description": f"{vendor}'s event {event}, as {seen} had it. What is not listed is let through and kept.",
        **infer(payloads),
    }


def infer(values: Sequence[Any], name: str = "", above: str = "") -> dict[str, Any]:
    """The schema of all values of one place, which stands under the name ``name`` in one under ``above``."""
    found = list(dict.fromkeys(_KINDS[type(value)] for value in values if value is not None))
    if "number" in found and "integer" in found:
        found.remove("integer")
    if not found:
        return {"description": "Null in every sample, or never there: say what it may be."}
    kinds = [*found, "null"] if None in values else found
    schema: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    if "string" in found:
        schema |= _text([value for value in values if type(value) is str])
    if "integer" in found or "number" in found:
        schema |= _number([value for value in values if type(value) in (int, Decimal)])
    if "array" in found:
        schema |= _array([value for value in values if type(value) is list], name, above)
    if "object" in found:
        schema |= _object([value for value in values if type(value) is dict], name)
    if {"string", "integer", "number"} & set(found) and is_personal(name, above):
        schema["x-sensitive"] = True
    return schema


def _object(objects: Sequence[dict[str, Any]], name: str) -> dict[str, Any]:
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
    items = infer([item for one in lists for item in one], name, above)
    return {"maxItems": most, "items": items}


def _text(texts: Sequence[str]) -> dict[str, Any]:
    longest = max(map(len, texts))
    length = next((bound for bound in _LENGTHS if _SPARE * longest <= bound), _LAST_LENGTH)
    form = next((form for form in _FORMATS if all(has_format(text, form) for text in texts)), None)
    return {**({"format": form} if form else {}), "maxLength": length}


def has_format(text: str, form: str) -> bool:
    """Whether a text has a format, as validation reads it; a URI only where it is one of the web."""
    if form == "uri" and not text.startswith(("https://", "http://")):
        return False
    return jsonschema_rs.is_valid({"format": form}, text, validate_formats=True)


def _number(numbers: Sequence[int | Decimal]) -> dict[str, Any]:
    """Bounds far beyond the samples; none where even those are not far enough."""
    greatest = Decimal(max(abs(Decimal(number)) for number in numbers))
    bound = next((10**power for power in _MAGNITUDES if greatest < 10 ** (power - 2)), None)
    if bound is None or (bound > 10**15 and any(type(number) is Decimal for number in numbers)):
        return {}
    return {"minimum": -bound, "maximum": bound}
