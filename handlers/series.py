"""The metrics' names and dimensions, and what bounds the number of their series: one rule wherever they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "dvss.ingest.accepted": ("Events accepted for the first time", ("vendorId",)),
    "dvss.ingest.duplicate": ("Deliveries of an event that was accepted before", ("vendorId",)),
    "dvss.ingest.failed_validation": ("Requests and batch items refused", ("reason",)),
    "dvss.normalize.success": ("Events that became canonical events", ("eventType",)),
    "dvss.normalize.failed": ("Events quarantined", ("reason",)),
    "dvss.steward.resent": ("Events that the sweeper sent to normalize again", ()),
    "dvss.steward.parked": ("Events that the sweeper gave up on", ()),
    "dvss.steward.republished": ("Messages that the sweeper published again", ()),
    "dvss.audit.events": ("Events that the audit looked at", ()),
    "dvss.audit.findings": ("What the audit found wrong", ()),
    "dvss.audit.unfinished": ("Vendors that an audit had no time for", ()),
}
TIMINGS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "dvss.pipeline.latency_ms": ("Milliseconds from acceptance to the terminal state", ("stage",)),
}
"""By name: what is counted or measured, and its dimensions."""
OTHER = "other"
MOST_VALUES = 100
"""Of one dimension, whatever vendors name their events."""


class Series:
    """Which series a metric with given values belongs to."""

    def __init__(self, vendor_ids: Collection[str]) -> None:
        """``vendor_ids`` have series of their own, the first 100 of them; all other vendors share one."""
        self._vendor_ids = frozenset(sorted(vendor_ids)[:MOST_VALUES])
        self._seen: dict[str, set[str]] = {}

    def dimensions(self, name: str, given: Mapping[str, str]) -> dict[str, str]:
        """The metric's dimensions with their values; what lies beyond the bound is ``other``."""
        _, labels = COUNTERS.get(name) or TIMINGS[name]
        return {label: self._bounded(label, given[label]) for label in labels}

    def _bounded(self, label: str, value: str) -> str:
        if label == "vendorId":
            return value if value in self._vendor_ids else OTHER
        seen = self._seen.setdefault(label, set())
        if value not in seen:
            if len(seen) >= MOST_VALUES:
                return OTHER
            seen.add(value)
        return value
