"""Normalizing accepted events again, from their raw bytes."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from handlers.core.quarantine import reopen
from handlers.values import Status

if TYPE_CHECKING:
    from handlers.application import Application
    from handlers.values import IngestRecord


class ReplayOutcome(StrEnum):
    """What a replay of one event came to."""

    STARTED = "STARTED"
    SAME_MAPPING = "SAME_MAPPING"
    """The deployed mapping is the one that made the present result: it would make the same again."""
    PENDING = "PENDING"
    """The event is on its way already."""
    QUARANTINED = "QUARANTINED"
    """It is released from quarantine, not replayed."""
    CHANGED_MEANWHILE = "CHANGED_MEANWHILE"


def replay(app: Application, record: IngestRecord) -> ReplayOutcome:
    """Send a normalized event through normalize again, in the replay lane."""
    if record.dispatch_at is not None:
        return ReplayOutcome.PENDING
    if record.status is Status.FAILED_NORMALIZE:
        return ReplayOutcome.QUARANTINED
    profile = app.registry.vendor(record.key.vendor_id)
    if profile is not None and profile.mapping_version == record.mapping_version:
        return ReplayOutcome.SAME_MAPPING
    return ReplayOutcome.STARTED if reopen(app, record) else ReplayOutcome.CHANGED_MEANWHILE
