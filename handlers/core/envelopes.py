"""A request body to the deliveries in it: envelopes, batches of envelopes, native webhooks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import JsonError, Limits, digest, parse
from generated.runtime.mapping import Rejected
from handlers.core.problems import ProblemCode, RequestRefusedError
from handlers.core.validation import violations_of
from handlers.values import Source

if TYPE_CHECKING:
    from generated.runtime.binding import Registry, VendorProfile

MAX_BATCH_BYTES = 4_194_304
_BATCH_LIMITS = Limits(depth=34, nodes=2_000_000)
_WHITE_SPACE = re.compile(r"[ \t\n\r]*")
_PRINTABLE_ID = re.compile(r"[!-~](?:[ -~]{0,254}[!-~])?")
_EVENT_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One event as a vendor delivered it, checked as far as it must be to be accepted."""

    profile: VendorProfile
    external_event_id: str
    event_type: str
    source: Source
    topic: str | None
    occurred_at: str | None
    raw: bytes
    """The event's own bytes: the body, or the item's slice of a batch."""
    payload: Any


def read_envelope(registry: Registry, profile: VendorProfile, raw: bytes) -> Delivery:
    """The delivery in one envelope. Raises RequestRefusedError."""
    _check_size(raw, profile)
    return _delivery(registry, profile, raw, _parsed(raw))


def _check_size(raw: bytes, profile: VendorProfile) -> None:
    if len(raw) > profile.max_payload_bytes:
        detail = f"The body has {len(raw)} bytes; this vendor's limit is {profile.max_payload_bytes}."
        raise RequestRefusedError(ProblemCode.PAYLOAD_TOO_LARGE, detail)


def _parsed(raw: bytes, limits: Limits | None = None) -> Any:
    try:
        return parse(raw, limits) if limits else parse(raw)
    except JsonError as error:
        raise RequestRefusedError.of_json(error) from error


def _delivery(registry: Registry, profile: VendorProfile, raw: bytes, document: Any) -> Delivery:
    violations = violations_of(registry.validator("envelope"), document)
    if violations:
        raise RequestRefusedError(
            ProblemCode.ENVELOPE_INVALID,
            "The envelope does not fit its schema.",
            pointer=violations[0].pointer,
            violations=violations,
        )
    if document["vendorId"] != profile.vendor_id:
        detail = "The envelope's vendorId is not the vendor that the API key stands for."
        raise RequestRefusedError(ProblemCode.VENDOR_MISMATCH, detail, pointer="/vendorId")
    return Delivery(
        profile=profile,
        external_event_id=document["externalEventId"],
        event_type=document["eventType"],
        source=Source.ENVELOPE,
        topic=None,
        occurred_at=document["occurredAt"],
        raw=raw,
        payload=document["payload"],
    )


def read_batch(registry: Registry, profile: VendorProfile, raw: bytes) -> list[Delivery | RequestRefusedError]:
    """The deliveries of a batch in order, each item judged by itself. Raises RequestRefusedError for the whole."""
    if len(raw) > MAX_BATCH_BYTES:
        detail = f"The batch has {len(raw)} bytes; the limit is {MAX_BATCH_BYTES}."
        raise RequestRefusedError(ProblemCode.PAYLOAD_TOO_LARGE, detail)
    document = _parsed(raw, _BATCH_LIMITS)
    violations = violations_of(registry.validator("batch"), document)
    if violations:
        raise RequestRefusedError(
            ProblemCode.ENVELOPE_INVALID,
            "The batch does not fit its schema.",
            pointer=violations[0].pointer,
            violations=violations,
        )
    return [_item(registry, profile, item) for item in item_bytes(raw)]


def _item(registry: Registry, profile: VendorProfile, raw: bytes) -> Delivery | RequestRefusedError:
    try:
        return read_envelope(registry, profile, raw)
    except RequestRefusedError as refused:
        return refused


def item_bytes(raw: bytes) -> list[bytes]:
    """The exact bytes of each element of the member ``events``. ``raw`` was parsed strictly before."""
    text = raw.decode()
    decoder = json.JSONDecoder()
    at = _skip(text, 0) + 1
    while True:
        name, at = decoder.raw_decode(text, _skip(text, at))
        at = _skip(text, _skip(text, at) + 1)
        if name == "events":
            break
        _, at = decoder.raw_decode(text, at)
        at = _skip(text, at) + 1
    items = []
    at += 1
    while True:
        start = _skip(text, at)
        _, end = decoder.raw_decode(text, start)
        items.append(text[start:end].encode())
        at = _skip(text, end)
        if text[at] == "]":
            return items
        at += 1


def _skip(text: str, at: int) -> int:
    match = _WHITE_SPACE.match(text, at)
    assert match is not None
    return match.end()


def read_webhook(profile: VendorProfile, topic: str, raw: bytes) -> Delivery:
    """The delivery in a native webhook's body. Raises RequestRefusedError.

    A body that does not say what event it is still is one: it is named by a digest of topic and body, carries no time,
    and is quarantined by normalize.
    """
    _check_size(raw, profile)
    body = _parsed(raw)
    name, event_type, occurred_at = _identity(profile, topic, body)
    return Delivery(
        profile=profile,
        external_event_id=name,
        event_type=event_type,
        source=Source.WEBHOOK,
        topic=topic,
        occurred_at=occurred_at,
        raw=raw,
        payload=body,
    )


def _identity(profile: VendorProfile, topic: str, body: Any) -> tuple[str, str, str | None]:
    assert profile.webhook is not None
    unreadable = (f"sha256:{digest([topic, body])}", topic, None)
    try:
        envelope = profile.webhook.read(body, topic)
    except Rejected:
        return unreadable
    if not _PRINTABLE_ID.fullmatch(envelope.external_event_id) or not _EVENT_TYPE.fullmatch(envelope.event_type):
        return unreadable
    return envelope.external_event_id, envelope.event_type, envelope.occurred_at
