"""What an audit counts and names."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.core.findings import Finding

MOST_FINDINGS = 1_000
"""So many are named; the rest is counted."""


@dataclass(slots=True)
class Balance:
    """Events of one vendor and hour. What is broken is accepted and no more: so the parts add up to less."""

    accepted: int = 0
    raw: int = 0
    normalized: int = 0
    quarantined: int = 0
    pending: int = 0

    @property
    def is_even(self) -> bool:
        return self.accepted == self.raw == self.normalized + self.quarantined + self.pending


class OrphanCause(StrEnum):
    """Why a raw object belongs to no event, though nothing is lost."""

    IN_FLIGHT = "IN_FLIGHT"
    """So young that its row may still come."""
    ANOTHER_DELIVERY = "ANOTHER_DELIVERY"
    """The event was accepted from another delivery: a race was lost, or the sender came again after a failure."""
    CONFLICT = "CONFLICT"
    """The payload is kept in quarantine as a conflict, or was the event until a correction took its place."""
    NOT_OURS = "NOT_OURS"
    """Its name, or what is stored beside it, is not of this system's making."""


@dataclass(frozen=True, slots=True, order=True)
class Orphan:
    """A raw object that no event names, of no harm."""

    key: str
    cause: OrphanCause


type VendorHour = tuple[str, datetime]


@dataclass(slots=True)
class AuditReport:
    """What an audit counted and found."""

    balances: dict[VendorHour, Balance] = field(default_factory=dict)
    conflicts: int = 0
    """Open ones: a second payload under a used id, kept in quarantine."""
    canonical_events: int = 0
    acknowledged: int = 0
    """Acknowledgements that were given to the audit."""
    feed_entries: int | None = None
    """None where there is no feed: what was published cannot be known then."""
    outbox: int | None = None
    """Messages that wait to be published; None where nobody counted them."""
    orphans: list[Orphan] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    found: int = 0
    """Findings, with those that are too many to be named."""
    unfinished: tuple[str, ...] = ()
    """Vendors that the time did not suffice for."""

    @property
    def events(self) -> int:
        return sum(balance.accepted for balance in self.balances.values())

    @property
    def normalized(self) -> int:
        return sum(balance.normalized for balance in self.balances.values())

    @property
    def quarantined(self) -> int:
        return sum(balance.quarantined for balance in self.balances.values())

    @property
    def pending(self) -> int:
        return sum(balance.pending for balance in self.balances.values())

    def add(self, finding: Finding) -> None:
        self.found += 1
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(finding)
