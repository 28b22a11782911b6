"""What the use cases need from the outside. ``handlers.aws`` and ``dvss.embedded`` implement each of these.

Every method may be called by several threads at once. A method that returns has made its effect durable. A method may
raise ``TransientError`` (the store failed; the effect may or may not have happened) besides what its docstring names.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta

    from handlers.raw_metadata import RawMetadata
    from handlers.values import (
        BusMessage,
        ClaimCheck,
        Completion,
        CompletionResult,
        IdempotencyKey,
        IngestRecord,
        Lane,
        OutboxRecord,
        Principal,
        PublishedMapping,
        QuarantineRecord,
        RawEntry,
    )


class Clock(Protocol):
    """The only source of time."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC, with microseconds."""


class IdFactory(Protocol):
    """The only source of new ids."""

    def new_id(self, at: datetime) -> str:
        """A ULID (26 characters of Crockford's base 32) whose time part is ``at``. Never the same twice."""


class RawStore(Protocol):
    """Raw objects: written once, kept for ever, never changed."""

    bucket: str

    def put_once(self, key: str, body: bytes, metadata: RawMetadata | None) -> None:
        """Store ``body`` under ``key``. ``metadata`` is None for an object that events share: its manifest carries it.

        Raises ObjectExistsError if the key is taken; what was there is untouched.
        """

    def get(self, claim_check: ClaimCheck) -> bytes:
        """The bytes that the claim check names: all of the object, or a slice of it. The caller compares the digest.

        Raises RawMissingError if there is no such object or the slice lies outside of it.
        """

    def metadata(self, claim_check: ClaimCheck) -> RawMetadata | None:
        """What was stored beside the object that holds the claim check's bytes; None for an object that events share.

        Raises RawMissingError if there is no such object.
        """

    def entries(self, prefix: str, after: str = "") -> Iterator[RawEntry]:
        """Every object whose key starts with ``prefix`` and lies behind ``after``, by key, listed as it is read."""


class NormalizedStore(Protocol):
    """Canonical events as written by normalize. Versioned: a key may be written again, older versions stay readable."""

    def put(self, key: str, body: bytes) -> str:
        """Store a version of ``key`` and return its version id."""

    def get(self, key: str, version_id: str) -> bytes:
        """The bytes of one version. Raises KeyError if there is none."""


class IngestIndex(Protocol):
    """The conditional-write table from idempotency key to record, and the transaction that ends an event's way."""

    def read(self, keys: Sequence[IdempotencyKey], *, consistent: bool) -> Mapping[IdempotencyKey, IngestRecord]:
        """The records that exist. An inconsistent read may miss a recent write; it never invents one."""

    def accept(self, records: Sequence[IngestRecord]) -> Sequence[IngestRecord | None]:
        """Write each record if its key is free. Per record, in order: None if it was written, else the one in its way.

        Each record stands for itself: one that is refused does not stop the next. Keys within one call are distinct.
        """

    def complete(self, completion: Completion) -> CompletionResult:
        """In one transaction: status, versions and revision, marker removed, outbox rows, quarantine row.

        Happens only if the row has the completion's ingest id and generation and still carries its dispatch marker;
        otherwise nothing is written and the result says why. A NORMALIZED completion also closes an open quarantine
        record of the same ingest id; a FAILED_NORMALIZE one replaces it and adds one to its ``attempts``.
        """

    def reopen(self, seen: IngestRecord, *, lane: Lane, at: datetime, dispatch_at: datetime) -> IngestRecord | None:
        """Ask for the event to be normalized again: generation + 1, a fresh marker in ``lane``, attempts 0, not parked.

        Only if the row still has ``seen``'s ingest id and generation and carries no marker (it is terminal) or a parked
        one. A FAILED_NORMALIZE row becomes RECEIVED and its open quarantine record gets ``released_at = at`` in the
        same transaction; a NORMALIZED row keeps its status. Returns the new record, or None if the condition failed.
        """

    def supersede(self, seen: IngestRecord, correction: IngestRecord, conflict_item_id: str, at: datetime) -> bool:
        """Make a conflicting delivery the event: the row becomes ``correction`` and the conflict's record is released.

        One transaction, only if the row still has ``seen``'s ingest id and generation. An open quarantine record of
        ``seen``'s ingest id is released with it: that delivery is no longer the event. True if it happened.
        """

    def due(
        self, before: datetime, limit: int, *, lanes: Collection[Lane], after: IngestRecord | None = None
    ) -> Sequence[IngestRecord]:
        """Records of ``lanes`` whose marker's time is before ``before`` and which are not parked.

        By ascending (marker's time, ingest id); with ``after`` only those that follow that record.
        """

    def claim(self, record: IngestRecord, *, next_at: datetime | None) -> bool:
        """Take a due marker: attempts + 1 and ``dispatch_at = next_at``; with None the marker is parked instead.

        Only if the marker is still as in ``record``; of two sweepers one gets True.
        """


class EventQueries(Protocol):
    """How operators look at the ingest index. Eventually consistent; never on the path of an event."""

    def find(self, ingest_id: str) -> IngestRecord | None:
        """The record whose current ingest id this is."""

    def events(
        self,
        *,
        vendor_id: str | None,
        received_from: datetime | None,
        received_before: datetime | None,
        after: str | None,
        limit: int,
    ) -> Sequence[IngestRecord]:
        """Records by ascending ingest id, those after ``after``."""


class QuarantineStore(Protocol):
    """Quarantine records outside of the terminal transaction."""

    def put_if_absent(self, record: QuarantineRecord) -> bool:
        """Write the record unless one with its vendor and item id exists. True if it was written."""

    def get(self, vendor_id: str, item_id: str) -> QuarantineRecord | None: ...

    def records(
        self, *, vendor_id: str | None, include_released: bool, after: str | None, limit: int
    ) -> Sequence[QuarantineRecord]:
        """Records by ascending ``<vendorId>/<itemId>``, those after ``after``."""


class Outbox(Protocol):
    """Messages written by terminal transactions and not yet published."""

    def pending(self, before: datetime, limit: int) -> Sequence[OutboxRecord]:
        """Records created before ``before``, oldest first."""

    def delete(self, records: Sequence[OutboxRecord]) -> None:
        """Remove published records. One that is gone already is no error."""


class EventBus(Protocol):
    """Where messages leave. At least once, unordered; consumers drop repeats by message id."""

    def publish(self, messages: Sequence[BusMessage]) -> Sequence[BusMessage]:
        """Send the messages and return those that were refused; an empty answer means that all are on their way."""


class Lanes(Protocol):
    """What the sweeper must know of the queues."""

    def oldest_message_age(self, lane: Lane) -> timedelta:
        """How long the oldest message of the lane has waited; zero for an empty lane."""


class CredentialStore(Protocol):
    """API keys and webhook secrets."""

    def principal(self, key_sha256: str, at: datetime) -> Principal | None:
        """Who the API key with this hex SHA-256 stands for; None if unknown, revoked or past its end at ``at``."""

    def webhook_secrets(self, vendor_id: str, at: datetime) -> Sequence[str]:
        """The vendor's secrets in force at ``at``, newest first, at most two."""


class MappingCatalogue(Protocol):
    """Every version of a mapping that was ever published, and which of them are deployed."""

    def publish(self, mappings: Sequence[PublishedMapping]) -> None:
        """Keep each version that is not there yet; then, at once, these and no others are deployed from now on.

        Where that fails, what was deployed still is, though versions may have been kept. A version that is there stays
        as it was first published. There is at most one of each vendor in one call.
        """

    def deployed(self) -> Sequence[PublishedMapping]:
        """The version of each vendor that was published last, by ascending vendor id."""

    def published(self) -> Sequence[PublishedMapping]:
        """Every version, by ascending vendor id, then in the order in which they were first published."""


class Metrics(Protocol):
    """The counters and timings of ``handlers.series`` that the entry points report.

    Each takes its dimensions, and ``vendorId`` wherever the vendor is known: where that is no dimension, a line of
    metrics still tells it.
    """

    def count(self, name: str, value: int = 1, **dimensions: str) -> None:
        """Add ``value`` to a counter, e.g. ``dvss.ingest.accepted`` with ``vendorId``."""

    def observe(self, name: str, milliseconds: float, **dimensions: str) -> None:
        """Record one duration in milliseconds."""
