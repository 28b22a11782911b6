"""Normalizing accepted events again, from their raw bytes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.core.outbox import emit
from handlers.core.quarantine import reopen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.application import Application
    from handlers.values import IngestRecord


class ReplayOutcome(StrEnum):
    """What a replay of one event came to."""

    STARTED = "STARTED"
    SAME_MAPPING = "SAME_MAPPING"
    """The deployed mapping is the one that made the present result: it would make the same again."""
    NO_VENDOR = "NO_VENDOR"
    """The vendor has no mapping in this deployment: its events would only be refused."""
    PENDING = "PENDING"
    """The event is on its way already."""
    CHANGED_MEANWHILE = "CHANGED_MEANWHILE"


def replay(app: Application, record: IngestRecord) -> ReplayOutcome:
    """Send an event through normalize again, in the replay lane. See ``replay_all``."""
    return replay_all(app, [record])[0]


def replay_all(app: Application, records: Sequence[IngestRecord]) -> list[ReplayOutcome]:
    """Send events through normalize again, in the replay lane; one outcome each.

    A quarantined event is released by it, and one that was parked goes on, whatever its mapping.
    """
    outcomes = []
    opened = []
    for record in records:
        outcome = _refusal(app, record)
        if outcome is None:
            again = reopen(app, record)
            outcome = ReplayOutcome.STARTED if again else ReplayOutcome.CHANGED_MEANWHILE
            opened += [again] if again else []
        outcomes.append(outcome)
    emit(app, opened)
    return outcomes


def _refusal(app: Application, record: IngestRecord) -> ReplayOutcome | None:
    if record.dispatch_at is not None:
        return None if record.parked else ReplayOutcome.PENDING
    profile = app.registry.vendor(record.key.vendor_id)
    if profile is None:
        return ReplayOutcome.NO_VENDOR
    return ReplayOutcome.SAME_MAPPING if profile.mapping_version == record.mapping_version else None
