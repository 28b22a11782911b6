"""The digest by which two deliveries of one event id are the same or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import digest, pointer_token

if TYPE_CHECKING:
    from collections.abc import Sequence

_FORM = "c14n-1"
"""The canonical form of ``generated.runtime.exact_json``; another form gets another name."""


def rule_of(digest_without: Sequence[Sequence[str]]) -> str:
    """The name of a digest rule: the canonical form and the pointers left out."""
    pointers = sorted("".join(f"/{pointer_token(name)}" for name in path) for path in digest_without)
    return " ".join([_FORM, *(f"-{pointer}" for pointer in pointers)])


def payload_digest(rule: str, event_type: str, occurred_at: str | None, payload: Any) -> str:
    """Hex SHA-256 over event type, time and payload under ``rule``; white space and key order do not matter."""
    for word in rule.split(" ")[1:]:
        names = [token.replace("~1", "/").replace("~0", "~") for token in word[2:].split("/")]
        payload = _without(payload, names)
    return digest({"eventType": event_type, "occurredAt": occurred_at, "payload": payload})


def _without(value: Any, names: Sequence[str]) -> Any:
    if type(value) is not dict or names[0] not in value:
        return value
    if len(names) == 1:
        return {name: member for name, member in value.items() if name != names[0]}
    return {name: _without(member, names[1:]) if name == names[0] else member for name, member in value.items()}
