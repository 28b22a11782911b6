"""The pipeline's metrics in Prometheus' form."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

COUNTERS = {
    "dvss.ingest.accepted": ("Events accepted for the first time", ("vendorId",)),
    "dvss.ingest.duplicate": ("Deliveries of an event that was accepted before", ("vendorId",)),
    "dvss.ingest.failed_validation": ("Requests and batch items refused", ("reason",)),
    "dvss.normalize.success": ("Events that became canonical events", ("eventType",)),
    "dvss.normalize.failed": ("Events quarantined", ("reason",)),
}
HISTOGRAMS = {"dvss.pipeline.latency_ms": ("Milliseconds from acceptance to the terminal state", ("stage",))}
BUCKETS_MS = (1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000)

OTHER = "other"
# Bounds the number of series, whatever vendors name their events.
MOST_VALUES_OF_A_LABEL = 100


class PrometheusMetrics:
    """The Metrics port. A vendor without a mapping, and whatever is beyond the bound, is counted as ``other``."""

    def __init__(self, vendor_ids: Collection[str]) -> None:
        self.registry = CollectorRegistry()
        self._vendor_ids = frozenset(sorted(vendor_ids)[:MOST_VALUES_OF_A_LABEL])
        self._seen: dict[str, set[str]] = {}
        self._counters = {
            name: (Counter(_prometheus_name(name), text, labels, registry=self.registry), labels)
            for name, (text, labels) in COUNTERS.items()
        }
        self._histograms = {
            name: (Histogram(_prometheus_name(name), text, labels, registry=self.registry, buckets=BUCKETS_MS), labels)
            for name, (text, labels) in HISTOGRAMS.items()
        }
        self._counter = cache(self._make_counter)
        self._histogram = cache(self._make_histogram)

    def count(self, name: str, value: int = 1, **dimensions: str) -> None:
        labels = self._counters[name][1]
        self._counter(name, *(self._bounded(label, dimensions[label]) for label in labels)).inc(value)

    def observe(self, name: str, milliseconds: float, **dimensions: str) -> None:
        labels = self._histograms[name][1]
        values = (self._bounded(label, dimensions[label]) for label in labels)
        self._histogram(name, *values).observe(milliseconds)

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Show what ``read`` returns at each scrape."""
        Gauge(_prometheus_name(name), text, registry=self.registry).set_function(read)

    def exposition(self) -> bytes:
        """Every metric in Prometheus' text format."""
        return generate_latest(self.registry)

    def _make_counter(self, name: str, *values: str) -> Counter:
        return self._counters[name][0].labels(*values)

    def _make_histogram(self, name: str, *values: str) -> Histogram:
        return self._histograms[name][0].labels(*values)

    def _bounded(self, label: str, value: str) -> str:
        if label == "vendorId":
            return value if value in self._vendor_ids else OTHER
        seen = self._seen.setdefault(label, set())
        if value not in seen:
            if len(seen) >= MOST_VALUES_OF_A_LABEL:
                return OTHER
            seen.add(value)
        return value


def _prometheus_name(name: str) -> str:
    return name.replace(".", "_")
