from __future__ import annotations

from dvss.metrics import PrometheusMetrics
from handlers.series import MOST_VALUES


def series(metrics: PrometheusMetrics, name: str) -> dict[str, float]:
    lines = metrics.exposition().decode().splitlines()
    found = (line.rsplit(" ", 1) for line in lines if line.startswith(f"{name}{{"))
    return {labels.removeprefix(name): float(value) for labels, value in found}


def test_events_are_counted_by_vendor() -> None:
    metrics = PrometheusMetrics(["vendorA", "square"])
    metrics.count("dvss.ingest.accepted", vendorId="vendorA")
    metrics.count("dvss.ingest.accepted", 2, vendorId="square")
    assert series(metrics, "dvss_ingest_accepted_total") == {'{vendorId="vendorA"}': 1, '{vendorId="square"}': 2}


def test_a_vendor_without_a_mapping_makes_no_series() -> None:
    metrics = PrometheusMetrics(["vendorA"])
    metrics.count("dvss.ingest.accepted", vendorId="somebody")
    assert series(metrics, "dvss_ingest_accepted_total") == {'{vendorId="other"}': 1}


def test_the_number_of_series_does_not_grow_with_the_number_of_vendors() -> None:
    names = [f"vendor{number:04}" for number in range(1_000)]
    metrics = PrometheusMetrics(names)
    for name in names:
        metrics.count("dvss.ingest.duplicate", vendorId=name)
        metrics.count("dvss.normalize.success", eventType=name)
    for counter in ("dvss_ingest_duplicate_total", "dvss_normalize_success_total"):
        assert len(series(metrics, counter)) == MOST_VALUES + 1
        assert sum(series(metrics, counter).values()) == 1_000


def test_durations_fall_into_buckets() -> None:
    metrics = PrometheusMetrics([])
    metrics.observe("dvss.pipeline.latency_ms", 7.0, stage="normalize")
    buckets = series(metrics, "dvss_pipeline_latency_ms_bucket")
    assert buckets['{le="5.0",stage="normalize"}'] == 0
    assert buckets['{le="10.0",stage="normalize"}'] == 1


def test_a_gauge_shows_what_is_at_each_scrape() -> None:
    metrics = PrometheusMetrics([])
    values = iter([3.0, 5.0])
    metrics.gauge("dvss.pipeline.backlog", "Messages not finished", lambda: next(values))
    assert b"dvss_pipeline_backlog 3.0" in metrics.exposition()
    assert b"dvss_pipeline_backlog 5.0" in metrics.exposition()
