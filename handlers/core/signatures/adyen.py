"""Adyen's standard notifications: each item of the body is signed by itself, and only eight of its fields are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import JsonError, parse
from handlers.core.signatures.hmacs import Claim
from handlers.core.signatures.requests import base64_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.core.signatures.requests import SignedRequest

_SIGNED = (
    "pspReference",
    "originalReference",
    "merchantAccountCode",
    "merchantReference",
    "value",
    "currency",
    "eventCode",
    "success",
)
_MAY_BE_ABSENT = frozenset({"originalReference", "merchantReference"})


def adyen(request: SignedRequest) -> Sequence[Claim]:
    """One claim for each item; none at all where any item cannot be read as a signed one."""
    try:
        body = parse(request.body)
    except JsonError:
        return ()
    items = body.get("notificationItems") if isinstance(body, dict) else None
    claims = [_claim(item) for item in items] if isinstance(items, list) else []
    found = [claim for claim in claims if claim is not None]
    return found if len(found) == len(claims) else ()


def _claim(item: Any) -> Claim | None:
    notification = _member(item, "NotificationRequestItem")
    fields = [_field(notification, name) for name in _SIGNED]
    signature = base64_bytes(str(_member(_member(notification, "additionalData"), "hmacSignature")))
    texts = [field for field in fields if field is not None]
    if signature is None or len(texts) < len(fields):
        return None
    return Claim(":".join(texts).encode(), (signature,))


def _field(notification: Any, name: str) -> str | None:
    """The text that is signed for a field; None if that could be read in two ways."""
    if name in {"value", "currency"}:
        value = _member(_member(notification, "amount"), name)
        if name == "value":
            return str(value) if type(value) is int else None
    else:
        value = _member(notification, name)
    if value is None and name in _MAY_BE_ABSENT:
        return ""
    # Adyen escapes nothing, so a colon could end one field and begin the next. In one field alone it cannot, and
    # merchants do have it in their references.
    if not isinstance(value, str) or (":" in value and name != "merchantReference"):
        return None
    return value


def _member(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None
