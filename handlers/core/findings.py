"""What an audit can find wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Problem(StrEnum):
    """What an audit can find wrong. Each breaks a promise, or may: NO_EVENT and CONFLICT_NOT_KEPT are worth a look."""

    ACK_UNKNOWN = "ACK_UNKNOWN"
    ACK_OTHER_INGEST_ID = "ACK_OTHER_INGEST_ID"
    EVENT_LOST = "EVENT_LOST"
    NO_EVENT = "NO_EVENT"
    CONFLICT_NOT_KEPT = "CONFLICT_NOT_KEPT"
    RAW_MISSING = "RAW_MISSING"
    RAW_DIGEST_MISMATCH = "RAW_DIGEST_MISMATCH"
    NORMALIZED_OBJECT_MISSING = "NORMALIZED_OBJECT_MISSING"
    NORMALIZED_DIGEST_MISMATCH = "NORMALIZED_DIGEST_MISMATCH"
    NOT_PUBLISHED = "NOT_PUBLISHED"
    PUBLISHED_TWICE = "PUBLISHED_TWICE"
    PUBLISHED_UNKNOWN = "PUBLISHED_UNKNOWN"
    NOT_QUARANTINED = "NOT_QUARANTINED"
    NO_MARKER = "NO_MARKER"
    NOT_SWEPT = "NOT_SWEPT"
    PARKED = "PARKED"
    NOT_SENT = "NOT_SENT"


RAW_PROBLEMS = {Problem.RAW_MISSING, Problem.RAW_DIGEST_MISMATCH}
NORMALIZED_PROBLEMS = {Problem.NORMALIZED_OBJECT_MISSING, Problem.NORMALIZED_DIGEST_MISMATCH}
EXPLANATIONS = {
    Problem.ACK_UNKNOWN: "acknowledged, but the index has no such event",
    Problem.ACK_OTHER_INGEST_ID: "acknowledged under another ingest id",
    Problem.EVENT_LOST: "its raw object and its quarantine record are there, and its row is gone",
    Problem.NO_EVENT: "a raw object of no event: its sender was not answered and did not come back, or the row is gone",
    Problem.CONFLICT_NOT_KEPT: "a second payload under a used id that lies in the raw store and not in quarantine",
    Problem.RAW_MISSING: "there is no raw object at its claim check",
    Problem.RAW_DIGEST_MISMATCH: "the raw bytes are not those that were accepted",
    Problem.NORMALIZED_OBJECT_MISSING: "a canonical event is not in the normalized store",
    Problem.NORMALIZED_DIGEST_MISMATCH: "a canonical event's bytes are not those that were written",
    Problem.NOT_PUBLISHED: "a canonical event is neither in the feed nor in the outbox",
    Problem.PUBLISHED_TWICE: "a canonical event is in the feed more than once",
    Problem.PUBLISHED_UNKNOWN: "the feed holds a canonical event of no accepted event",
    Problem.NOT_QUARANTINED: "failed, but without an open quarantine record",
    Problem.NO_MARKER: "received, but without a dispatch marker: nothing would normalize it",
    Problem.NOT_SWEPT: "its dispatch marker is overdue: the sweeper does not come round",
    Problem.NOT_SENT: "a message lies in the outbox for too long: it cannot be published",
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
