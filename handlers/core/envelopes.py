"""A request body to the deliveries in it: an envelope, or a batch of them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import DEFAULT_LIMITS, JsonError, Limits, parse
from handlers.core.digests import payload_digest, rule_of
from handlers.core.elements import elements
from handlers.core.problems import ProblemCode, RequestRefusedError
from handlers.core.validation import violations_of
from handlers.values import IdempotencyKey, Source

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generated.runtime.binding import Registry, VendorProfile

MAX_BATCH_BYTES = 4_194_304
MAX_EVENT_BYTES = 1_048_576
"""The most that a mapping may allow its vendor."""
# Wide enough that an item which is too deep or too large is refused by itself, not with its whole batch.
_BATCH_LIMITS = Limits(depth=100, nodes=250_000, decimals=100_000, string=MAX_BATCH_BYTES, key=MAX_BATCH_BYTES)
PRINTABLE_ID = re.compile(r"[!-~](?:[ -~]{0,254}[!-~])?")
EVENT_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,127}")


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
    """The event's own bytes: the body, or the item's slice of it."""
    payload: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    """The request headers that the mapping reads, names in lower case."""
    offset: int | None = None
    """Where ``raw`` begins in the request's body, in bytes, for an element of a webhook that is kept whole."""

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
    return _delivery(registry, profile, raw, parsed(raw))


def check_size(raw: bytes, profile: VendorProfile) -> None:
    """Raises RequestRefusedError (413) for a body over the vendor's limit."""
    if len(raw) > profile.max_payload_bytes:
        detail = f"The body has {len(raw)} bytes; this vendor's limit is {profile.max_payload_bytes}."
        raise RequestRefusedError(ProblemCode.PAYLOAD_TOO_LARGE, detail)


def check_event_size(raw: bytes) -> None:
    """Raises RequestRefusedError (413) for a body over what any vendor may have."""
    if len(raw) > MAX_EVENT_BYTES:
        detail = f"The body has {len(raw)} bytes; no vendor's limit is above {MAX_EVENT_BYTES}."
        raise RequestRefusedError(ProblemCode.PAYLOAD_TOO_LARGE, detail)


def parsed(raw: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
    """The document in a body. Raises RequestRefusedError (400) for what is not JSON as we accept it."""
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
    document = parsed(raw, _BATCH_LIMITS)
    violations = violations_of(registry.validator("batch"), document)
    if violations:
        raise RequestRefusedError(
            ProblemCode.ENVELOPE_INVALID,
            "The batch does not fit its schema.",
            pointer=violations[0].pointer,
            violations=violations,
        )
    return [_item(registry, profile, item.raw) for item in elements(raw, ["events"])]


def _item(registry: Registry, profile: VendorProfile, raw: bytes) -> Delivery | RejectedItem:
    # The item is parsed by itself, so that it meets the limits that it would meet alone.
    document = None
    try:
        check_size(raw, profile)
        document = parsed(raw)
        return _delivery(registry, profile, raw, document)
    except RequestRefusedError as refused:
        name = document["externalEventId"] if document is not None and "externalEventId" in document else None
        is_readable = isinstance(name, str) and PRINTABLE_ID.fullmatch(name)
        return RejectedItem(refused, name if is_readable else None)
