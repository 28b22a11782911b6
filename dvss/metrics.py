"""The pipeline's metrics in Prometheus' form."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from handlers.series import COUNTERS, TIMINGS, Series

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

BUCKETS_MS = (1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 60_000)


class PrometheusMetrics:
    """The Metrics port. A vendor without a mapping, and whatever is beyond the bound, is counted as ``other``."""

    def __init__(self, vendor_ids: Collection[str]) -> None:
        self.registry = CollectorRegistry()
        self._series = Series(vendor_ids)
        self._counters = {
            name: Counter(_prometheus_name(name), text, labels, registry=self.registry)
            for name, (text, labels) in COUNTERS.items()
        }
        self._histograms = {
            name: Histogram(_prometheus_name(name), text, labels, registry=self.registry, buckets=BUCKETS_MS)
            for name, (text, labels) in TIMINGS.items()
        }
        self._counter = cache(self._make_counter)
        self._histogram = cache(self._make_histogram)

    def count(self, name: str, value: int = 1, **dimensions: str) -> None:
        self._counter(name, *self._series.dimensions(name, dimensions).values()).inc(value)

    def observe(self, name: str, milliseconds: float, **dimensions: str) -> None:
        self._histogram(name, *self._series.dimensions(name, dimensions).values()).observe(milliseconds)

    def gauge(self, name: str, text: str, read: Callable[[], float]) -> None:
        """Show what ``read`` returns at each scrape."""
        Gauge(_prometheus_name(name), text, registry=self.registry).set_function(read)

    def exposition(self) -> bytes:
        """Every metric in Prometheus' text format."""
        return generate_latest(self.registry)

    def _make_counter(self, name: str, *values: str) -> Counter:
        return self._counters[name].labels(*values) if values else self._counters[name]

    def _make_histogram(self, name: str, *values: str) -> Histogram:
        return self._histograms[name].labels(*values)


def _prometheus_name(name: str) -> str:
    return name.replace(".", "_")
