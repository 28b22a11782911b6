"""The values that use cases, ports and entry points exchange: immutable, every time aware and in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class DvssError(Exception):
    """Root of every error that this system raises on purpose."""


class PermanentError(DvssError):
    """The data is known to be bad: quarantine it, never retry."""


class TransientError(DvssError):
    """We failed, not the data: retry after ``retry_after_seconds``."""

    def __init__(self, message: str, *, retry_after_seconds: int = 1) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class ConfigurationError(DvssError):
    """The process cannot run as it is set up; the message names the setting and the way out."""


class ObjectExistsError(DvssError):
    """A write-once key is taken by another object."""


class RawMissingError(DvssError):
    """No raw object at the claim check's key."""


class Status(StrEnum):
    """Where an accepted event stands. ``handlers.core.lifecycle`` holds the transitions."""

    RECEIVED = "RECEIVED"
    NORMALIZED = "NORMALIZED"
    FAILED_NORMALIZE = "FAILED_NORMALIZE"


class Lane(StrEnum):
    """The queue that an accepted event waits in."""

    LIVE = "live"
    REPLAY = "replay"
    WORKFLOW = "workflow"


class Source(StrEnum):
    """How an event arrived: it decides where in the raw bytes the payload lies."""

    ENVELOPE = "ENVELOPE"
    WEBHOOK = "WEBHOOK"


class Stage(StrEnum):
    """The step at which an event was quarantined."""

    ACCEPT = "accept"
    NORMALIZE = "normalize"


class ReasonCode(StrEnum):
    """Why an event lies in quarantine."""

    NO_MAPPING = "NO_MAPPING"
    PAYLOAD_INVALID = "PAYLOAD_INVALID"
    MAPPING_REJECTED = "MAPPING_REJECTED"
    CANONICAL_INVALID = "CANONICAL_INVALID"
    ENVELOPE_UNREADABLE = "ENVELOPE_UNREADABLE"
    RAW_MISSING = "RAW_MISSING"
    RAW_CORRUPT = "RAW_CORRUPT"
    KEY_TAKEN = "KEY_TAKEN"
    UNKNOWN_EVENT = "UNKNOWN_EVENT"
    EVENT_ID_REUSE_DIFFERENT_PAYLOAD = "EVENT_ID_REUSE_DIFFERENT_PAYLOAD"


@dataclass(frozen=True, slots=True, order=True)
class IdempotencyKey:
    """What makes an event one: the vendor and the vendor's own id of the event."""

    vendor_id: str
    external_event_id: str


@dataclass(frozen=True, slots=True)
class ClaimCheck:
    """Where an event's raw bytes lie. For a batch, ``offset`` and ``length`` (bytes) cut the item out of the object."""

    bucket: str
    key: str
    sha256: str
    """Hex digest of the event's own bytes: the whole object, or the item's slice."""
    offset: int | None = None
    length: int | None = None


@dataclass(frozen=True, slots=True)
class ObjectVersion:
    """One version of a stored object, with the hex digest of its bytes."""

    key: str
    version_id: str
    sha256: str


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One line of a listing of the raw store."""

    key: str
    size_bytes: int
    """Of the object as it is stored: long metadata may be a part of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IngestRecord:
    """A row of the ingest index: the state of one accepted event."""

    key: IdempotencyKey
    ingest_id: str
    """A ULID whose time part is ``received_at``."""
    event_type: str
    source: Source
    topic: str | None
    occurred_at: str | None
    """RFC 3339 as the vendor sent it; None where a webhook's body held none that could be read."""
    received_at: datetime
    raw: ClaimCheck
    payload_digest: str
    digest_rule: str
    """The rule that ``payload_digest`` was made under; a retry is compared under the same rule."""
    lane: Lane
    status: Status
    dispatch_at: datetime | None
    """The dispatch marker: when the sweeper may send the event again. None once the event is terminal."""
    parked: bool = False
    """The marker was claimed the maximum number of times: the sweeper leaves it, an operator must look."""
    attempts: int = 0
    generation: int = 0
    """Raised by each release, replay and correction; a completion names the generation that it completes."""
    revision: int = 0
    """Revision of the canonical events last written; 0 before the first."""
    schema_version: str | None = None
    mapping_version: str | None = None
    normalized: tuple[ObjectVersion, ...] = ()
    """The canonical events of ``revision``, in order of their index."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that is wrong with a document. Never holds a value of a field marked sensitive."""

    pointer: str
    code: str
    message: str
    rule: str | None = None
    """``mappings/<vendor>.yaml:<line>`` of the rule that refused, where a mapping rule did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantineRecord:
    """An event that was understood to be wrong, kept until an operator releases it."""

    vendor_id: str
    item_id: str
    """The ingest id; for a conflict ``C#<externalEventId>#<payloadDigest>``."""
    external_event_id: str
    ingest_id: str
    event_type: str
    source: Source
    topic: str | None
    occurred_at: str | None
    received_at: datetime
    reason: ReasonCode
    stage: Stage
    fingerprint: str
    """Same reason, rule and pointers give the same fingerprint: one cause, however many events."""
    violations: tuple[Violation, ...]
    raw: ClaimCheck
    payload_digest: str
    digest_rule: str
    mapping_version: str | None
    quarantined_at: datetime
    attempts: int = 1
    released_at: datetime | None = None
    """Set by a release and by a successful normalization; None while the record is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRecord:
    """A message that was decided together with the state change and must still be published."""

    event_id: str
    """``<ingestId>`` for the first event of a payload, ``<ingestId>-<n>`` for the n-th after it."""
    revision: int
    detail_type: str
    """Canonical event type, or ``normalize.failed``."""
    vendor_id: str
    created_at: datetime
    normalized: ObjectVersion | None = None
    """The canonical event to publish; None where ``detail`` holds the message itself."""
    detail: str | None = None
    """JSON text of a small message that has no normalized object."""


@dataclass(frozen=True, slots=True)
class BusMessage:
    """One message on the event bus. ``message_id`` is the same for each sending: consumers drop repeats by it."""

    message_id: str
    detail_type: str
    detail: bytes
    """UTF-8 JSON."""
    lane: Lane | None = None
    """Set on ``ingest.accepted`` only: the queue that it is routed to."""
    normalized: ObjectVersion | None = None
    """Where the same bytes are stored; a bus with a limit of size sends a reference to them instead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """Everything that one terminal transaction writes."""

    key: IdempotencyKey
    ingest_id: str
    generation: int
    status: Status
    completed_at: datetime
    schema_version: str | None
    mapping_version: str | None
    revision: int
    normalized: tuple[ObjectVersion, ...]
    outbox: tuple[OutboxRecord, ...]
    quarantine: QuarantineRecord | None


class CompletionResult(StrEnum):
    """What a terminal transaction found."""

    COMPLETED = "COMPLETED"
    ALREADY_COMPLETED = "ALREADY_COMPLETED"
    """The row is ours and its marker is gone or of a later generation: a repeated delivery."""
    KEY_TAKEN = "KEY_TAKEN"
    """The row belongs to another ingest id."""
    UNKNOWN_EVENT = "UNKNOWN_EVENT"
    """There is no row."""


@dataclass(frozen=True, slots=True)
class PublishedMapping:
    """One version of a vendor's mapping as it was published; it never changes."""

    vendor_id: str
    mapping_version: str
    published_at: datetime
    contracts: Mapping[str, str]
    """The texts of the contract files that it was compiled from, by path: enough to compile it again."""


class Role(StrEnum):
    """What an API key may do."""

    VENDOR = "vendor"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a credential stands for. ``vendor_id`` is None for an operator."""

    role: Role
    key_id: str
    vendor_id: str | None = None
