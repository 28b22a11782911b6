"""What an audit can find wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    """What an audit can find wrong. Each breaks a promise."""

    ACK_UNKNOWN = "ACK_UNKNOWN"
    ACK_OTHER_INGEST_ID = "ACK_OTHER_INGEST_ID"
    RAW_MISSING = "RAW_MISSING"
    RAW_DIGEST_MISMATCH = "RAW_DIGEST_MISMATCH"
    NORMALIZED_OBJECT_MISSING = "NORMALIZED_OBJECT_MISSING"
    NORMALIZED_DIGEST_MISMATCH = "NORMALIZED_DIGEST_MISMATCH"
    NOT_PUBLISHED = "NOT_PUBLISHED"
    PUBLISHED_TWICE = "PUBLISHED_TWICE"
    PUBLISHED_UNKNOWN = "PUBLISHED_UNKNOWN"
    NOT_QUARANTINED = "NOT_QUARANTINED"
    NO_MARKER = "NO_MARKER"
    PARKED = "PARKED"


EXPLANATIONS = {
    Problem.ACK_UNKNOWN: "acknowledged, but the index has no such event",
    Problem.ACK_OTHER_INGEST_ID: "acknowledged under another ingest id",
    Problem.RAW_MISSING: "there is no raw object at its claim check",
    Problem.RAW_DIGEST_MISMATCH: "the raw bytes are not those that were accepted",
    Problem.NORMALIZED_OBJECT_MISSING: "a canonical event is not in the normalized store",
    Problem.NORMALIZED_DIGEST_MISMATCH: "a canonical event's bytes are not those that were written",
    Problem.NOT_PUBLISHED: "a canonical event is neither in the feed nor in the outbox",
    Problem.PUBLISHED_TWICE: "a canonical event is in the feed more than once",
    Problem.PUBLISHED_UNKNOWN: "the feed holds a canonical event of no accepted event",
    Problem.NOT_QUARANTINED: "failed, but without an open quarantine record",
    Problem.NO_MARKER: "received, but without a dispatch marker: nothing would normalize it",
    Problem.PARKED: "the sweeper gave up on it; replay it once the cause is mended",
}


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong with one event."""

    problem: Problem
    vendor_id: str
    external_event_id: str
    ingest_id: str | None
    detail: str = ""

    @property
    def explanation(self) -> str:
        return EXPLANATIONS[self.problem] + (f" ({self.detail})" if self.detail else "")
