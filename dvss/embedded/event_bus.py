"""The bus of this machine: accepted events to the lanes, canonical events to the feed, failures to the log."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dvss.embedded.feed import Feed
    from dvss.embedded.lanes import LaneQueues
    from handlers.values import BusMessage

INGEST_ACCEPTED = "ingest.accepted"
NORMALIZE_FAILED = "normalize.failed"

log = logging.getLogger("dvss.bus")


class EmbeddedEventBus:
    """A lane that is full refuses; the marker of what was refused stays, so the sweeper sends it again."""

    def __init__(self, lanes: LaneQueues, feed: Feed) -> None:
        self._lanes = lanes
        self._feed = feed

    def publish(self, messages: Sequence[BusMessage]) -> Sequence[BusMessage]:
        canonical = [entry for entry in messages if entry.detail_type not in {INGEST_ACCEPTED, NORMALIZE_FAILED}]
        if canonical:
            self._feed.append(canonical)
        for message in messages:
            if message.detail_type == NORMALIZE_FAILED:
                detail = json.loads(message.detail)
                named = ("ingestId", "vendorId", "eventType", "stage", "reason")
                log.warning("An event was quarantined.", extra={name: detail[name] for name in named if name in detail})
        return [entry for entry in messages if entry.detail_type == INGEST_ACCEPTED and not self._queued(entry)]

    def _queued(self, message: BusMessage) -> bool:
        assert message.lane is not None
        return self._lanes.offer(message.lane, message)
