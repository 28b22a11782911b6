"""A request body to the deliveries in it: envelopes, batches of envelopes, native webhooks."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import DEFAULT_LIMITS, JsonError, Limits, digest, parse
from generated.runtime.mapping import FAILED, Rejected, timestamp
from handlers.core.digests import compared, payload_digest, rule_of
from handlers.core.problems import ProblemCode, RequestRefusedError
from handlers.core.validation import violations_of
from handlers.values import IdempotencyKey, Source, Violation

if TYPE_CHECKING:
    from generated.runtime.binding import Registry, VendorProfile, WebhookEnvelope

MAX_BATCH_BYTES = 4_194_304
# Wide enough that an item which is too deep or too large is refused by itself, not with its whole batch.
_BATCH_LIMITS = Limits(depth=100, nodes=3_000_000)
_WHITE_SPACE = re.compile(r"[ \t\n\r]*")
_PRINTABLE_ID = re.compile(r"[!-~](?:[ -~]{0,254}[!-~])?")
_EVENT_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")


@dataclass(frozen=True, kw_only=True)
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

    @cached_property
    def key(self) -> IdempotencyKey:
        """What makes the event one."""
        return IdempotencyKey(self.profile.vendor_id, self.external_event_id)

    @cached_property
    def digest_rule(self) -> str:
        """The rule that the mapping in force gives."""
        return rule_of(self.profile.digest_without)

    @cached_property
    def payload_digest(self) -> str:
        """The payload digest under that rule."""
        return payload_digest(self.digest_rule, self.event_type, self.occurred_at, self.payload)

    def digest_under(self, rule: str) -> str:
        """The payload digest under the rule of an earlier delivery."""
        if rule == self.digest_rule:
            return self.payload_digest
        return payload_digest(rule, self.event_type, self.occurred_at, self.payload)


@dataclass(frozen=True, slots=True)
class RejectedItem:
    """An item of a batch that is no event."""

    refused: RequestRefusedError
    external_event_id: str | None
    """None where the item holds none that could be read."""


def read_envelope(registry: Registry, profile: VendorProfile, raw: bytes) -> Delivery:
    """The delivery in one envelope. Raises RequestRefusedError."""
    check_size(raw, profile)
    return _delivery(registry, profile, raw, _parsed(raw))


def check_size(raw: bytes, profile: VendorProfile) -> None:
    """Raises RequestRefusedError (413) for a body over the vendor's limit."""
    if len(raw) > profile.max_payload_bytes:
        detail = f"The body has {len(raw)} bytes; this vendor's limit is {profile.max_payload_bytes}."
        raise RequestRefusedError(ProblemCode.PAYLOAD_TOO_LARGE, detail)


def _parsed(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
    try:
        return parse(raw, limits)
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


def read_batch(registry: Registry, profile: VendorProfile, raw: bytes) -> list[Delivery | RejectedItem]:
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


def _item(registry: Registry, profile: VendorProfile, raw: bytes) -> Delivery | RejectedItem:
    # The item is parsed by itself, so that it meets the limits that it would meet alone.
    document = None
    try:
        check_size(raw, profile)
        document = _parsed(raw)
        return _delivery(registry, profile, raw, document)
    except RequestRefusedError as refused:
        name = document["externalEventId"] if document is not None and "externalEventId" in document else None
        is_readable = isinstance(name, str) and _PRINTABLE_ID.fullmatch(name)
        return RejectedItem(refused, name if is_readable else None)


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


def read_webhook(registry: Registry, profile: VendorProfile, topic: str, raw: bytes) -> Delivery:
    """The delivery in a native webhook's body, whose size was checked. Raises RequestRefusedError.

    A body that does not say what event it is still is one: it is named by a digest of topic and body, carries no time,
    and is quarantined by normalize.
    """
    body = _parsed(raw)
    identity = identify(registry, profile, topic, body)
    if isinstance(identity, Violation):
        named = digest([topic, compared(rule_of(profile.digest_without), body)])
        external_event_id, event_type, occurred_at = f"sha256:{named}", topic, None
    else:
        external_event_id, event_type = identity.external_event_id, identity.event_type
        occurred_at = identity.occurred_at
    return Delivery(
        profile=profile,
        external_event_id=external_event_id,
        event_type=event_type,
        source=Source.WEBHOOK,
        topic=topic,
        occurred_at=occurred_at,
        raw=raw,
        payload=body,
    )


def identify(registry: Registry, profile: VendorProfile, topic: str, body: Any) -> WebhookEnvelope | Violation:
    """What a webhook's body says where the envelope API has an envelope, or why it cannot be told."""
    assert profile.webhook is not None
    try:
        identity = profile.webhook.read(body, topic, {}, body)
    except Rejected as rejection:
        rule = registry.rule_location(profile.vendor_id, rejection.rule)
        return Violation(rejection.pointer, rejection.code, rejection.message, rule)
    if not _PRINTABLE_ID.fullmatch(identity.external_event_id):
        message = "the event id that the mapping reads is not 1 to 256 printable characters"
        return Violation("", "EVENT_ID_INVALID", message, profile.source)
    if not _EVENT_TYPE.fullmatch(identity.event_type):
        message = "the event type that the mapping reads is none: letters, digits, '.', '_', '/' and '-'"
        return Violation("", "EVENT_TYPE_INVALID", message, profile.source)
    if timestamp(identity.occurred_at) is FAILED:
        message = "the time that the mapping reads is no RFC 3339 time"
        return Violation("", "OCCURRED_AT_INVALID", message, profile.source)
    return identity
