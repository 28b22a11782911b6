"""Canaries for the places that a schema marks as sensitive, as valid values and as every kind of fault."""

from __future__ import annotations

import copy
import json
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

CANARY = "Zq7Canary"
NUMBER = 730_518_264
"""A canary where only a number breaks the rule that is to be broken."""
MOST_TEXT = 20_000
"""A place that takes more than this is not overfilled: the event would be refused for its size."""
MOST_LEVELS = 8
"""Below the payload's root, of what is added: schemas may refer to themselves."""

type Path = tuple[str | int, ...]


class Kind(Enum):
    """What is planted."""

    VALID = "valid"
    WRONG_TYPE = "wrong type"
    TOO_LONG = "too long"
    BAD_FORM = "bad form"
    OUT_OF_RANGE = "out of range"


FAULTS = tuple(kind for kind in Kind if kind is not Kind.VALID)


@dataclass(frozen=True)
class Place:
    """A place that a schema marks."""

    path: Path
    schema: dict[str, Any]
    """What is said of it."""
    is_new: bool
    """Whether something around it is missing in the payload."""

    @property
    def pointer(self) -> str:
        return "".join(f"/{name}" for name in self.path)

    def value(self, kind: Kind) -> Any:
        """A value of that kind with a canary in it; None where the place has none."""
        declared = self.schema.get("type", "string")
        types = {declared} if isinstance(declared, str) else set(declared)
        longest = self.schema.get("maxLength", MOST_TEXT)
        match kind:
            case Kind.VALID if "string" in types and not self.schema.keys() & {"pattern", "enum", "const"}:
                text = {None: CANARY, "email": f"{CANARY}@x.example", "uri": f"https://x.example/{CANARY}"}
                value = text.get(self.schema.get("format"))
                return value if value is None or len(value) <= longest else None
            case Kind.VALID if "object" in types and "properties" not in self.schema:
                return {"seen": CANARY}
            case Kind.WRONG_TYPE if "object" not in types:
                return {"seen": CANARY}
            case Kind.WRONG_TYPE if "string" not in types:
                return CANARY
            case Kind.TOO_LONG if "string" in types and longest < MOST_TEXT:
                return CANARY + CANARY[-1] * longest
            case Kind.BAD_FORM if self.schema.keys() & {"pattern", "format", "enum"}:
                return f"{CANARY}\u0007!"
            case Kind.OUT_OF_RANGE if types & {"integer", "number"} and "maximum" in self.schema:
                return int(str(NUMBER) * (len(str(self.schema["maximum"])) // 9 + 1))
            case _:
                return None


def places(schema_text: str, payload: Any, *, every_value: bool = False) -> list[Place]:
    """Every marked place of a payload, and those that its schema knows and it does not have.

    With ``every_value`` all that are there and hold neither an object nor an array. The schema refers to no other file.
    """
    found = _Schema(json.loads(schema_text), every_value=every_value).places(payload)
    return [one for one in found if not (every_value and one.is_new)]


class _Schema:
    def __init__(self, root: Any, *, every_value: bool) -> None:
        self._root = root
        self._every_value = every_value

    def places(self, payload: Any) -> Iterator[Place]:
        return self._below(self._root, payload, (), is_new=False)

    def _below(self, schema: dict[str, Any], value: Any, path: Path, *, is_new: bool) -> Iterator[Place]:
        is_marked = schema.get("x-sensitive") is True
        while "$ref" in schema:
            schema = _referred(self._root, schema["$ref"])
            is_marked = is_marked or schema.get("x-sensitive") is True
        if is_marked or (self._every_value and not isinstance(value, (dict, list, type(None)))):
            yield Place(path, schema, is_new)
            return
        if len(path) > MOST_LEVELS:
            return
        for name, below in schema.get("properties", {}).items():
            known = value if isinstance(value, dict) else {}
            around = is_new or not isinstance(value, dict)
            yield from self._below(below, known.get(name), (*path, name), is_new=around)
        if "items" in schema and isinstance(value, list):
            for number, item in enumerate(value):
                yield from self._below(schema["items"], item, (*path, number), is_new=is_new)


def _referred(root: Any, reference: str) -> dict[str, Any]:
    found = root
    for name in reference.removeprefix("#/").split("/"):
        found = found[name]
    assert isinstance(found, dict)
    return found


def planted(payload: Any, chosen: Sequence[Place], kind: Kind) -> Any:
    """A copy of the payload with canaries in the chosen places."""
    copied = copy.deepcopy(payload)
    for place in chosen:
        part = copied
        for name in place.path[:-1]:
            if isinstance(part, dict) and not isinstance(part.get(name), (dict, list)):
                part[name] = {}
            part = part[name]
        part[place.path[-1]] = place.value(kind)
    return copied


def shows(text: str) -> bool:
    """Whether a canary can be seen in a text, in whatever case and however escaped."""
    return CANARY.lower() in text.lower() or str(NUMBER) in text
