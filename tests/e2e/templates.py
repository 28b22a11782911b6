"""Puts values into the texts of a config."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_BODIES = Path(__file__).with_name("bodies")
_PLACE = re.compile(r"\$\{([A-Za-z0-9_.-]+)\}")


class UnknownValueError(Exception):
    """A text asks for a value that nothing has set."""


def filled(value: Any, values: Mapping[str, Any]) -> Any:
    """`value` with every `${name}` replaced; a text that is nothing but one becomes the value itself, with its type."""
    match value:
        case str():
            whole = _PLACE.fullmatch(value)
            if whole:
                return _value(whole[1], values)
            return _PLACE.sub(lambda place: str(_value(place[1], values)), value)
        case {"$text": int(length)}:
            return ("lorem ipsum " * (length // 12 + 1))[:length]
        case {"$body": str(name), **own}:
            body = json.loads((_BODIES / f"{name}.json").read_text(encoding="utf-8"))
            return filled(body, {**values, **filled(own, values)})
        case {"$json": document}:
            return json.dumps(filled(document, values))
        case dict():
            return {filled(name, values): filled(member, values) for name, member in value.items()}
        case list():
            return [filled(item, values) for item in value]
        case _:
            return value


def _value(name: str, values: Mapping[str, Any]) -> Any:
    found: Any = values
    for part in name.split("."):
        try:
            found = found[part]
        except (KeyError, TypeError):
            message = f"nothing has set ${{{name}}}"
            raise UnknownValueError(message) from None
    return found
