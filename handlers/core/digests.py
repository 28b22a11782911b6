"""The digest by which two deliveries of one event id are the same or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from generated.runtime.exact_json import pointer_token
from generated.runtime.json_forms import digest
from handlers.values import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORM = "c14n-1"
"""The canonical form of ``generated.runtime.json_forms``; another form gets another name."""


def rule_of(digest_without: Sequence[Sequence[str]]) -> str:
    """The name of a digest rule: the canonical form and the pointers left out, e.g. ``c14n-1 -/attempt``."""
    pointers = sorted("".join(f"/{pointer_token(name)}" for name in path) for path in digest_without)
    # Blanks separate the words of a rule, so a member's name must not bring its own.
    return " ".join([_FORM, *(f"-{quote(pointer, safe='/~')}" for pointer in pointers)])


def compared(rule: str, payload: Any) -> Any:
    """The part of a payload that ``rule`` compares."""
    form, *left_out = rule.split(" ")
    if form != _FORM:
        message = (
            f"Digest rule {rule!r} was written by another version, and this one does not know it; deploy that one."
        )
        raise ConfigurationError(message)
    for word in left_out:
        names = [unquote(token).replace("~1", "/").replace("~0", "~") for token in word.removeprefix("-/").split("/")]
        payload = _without(payload, names)
    return payload


def payload_digest(rule: str, event_type: str, occurred_at: str | None, payload: Any) -> str:
    """Hex SHA-256 over event type, time and payload under ``rule``; white space and key order do not matter."""
    return digest({"eventType": event_type, "occurredAt": occurred_at, "payload": compared(rule, payload)})


def _without(value: Any, names: Sequence[str]) -> Any:
    if type(value) is not dict or names[0] not in value:
        return value
    if len(names) == 1:
        return {name: member for name, member in value.items() if name != names[0]}
    return {name: _without(member, names[1:]) if name == names[0] else member for name, member in value.items()}
