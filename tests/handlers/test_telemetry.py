from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from handlers.aws.telemetry import LINE, EmfMetrics, configure_logging
from handlers.log_fields import FIELDS, LONGEST_VALUE
from handlers.series import COUNTERS, TIMINGS, Series
from tests.handlers.world import ManualClock

CANARY = "canary-7f3a"
pytestmark = pytest.mark.usefixtures("restored_logging")
MOMENT = 1769947200000
"""Of the manual clock: 2026-02-01T12:00:00Z."""


def emitted(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_line_is_exactly_what_cloudwatch_reads(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "dvss-dev")
    metrics = EmfMetrics(Series(()), ManualClock())
    metrics.count("dvss.ingest.accepted", vendorId="vendorA")
    metrics.count("dvss.ingest.accepted", 2, vendorId="vendorA")
    metrics.flush()
    assert capsys.readouterr().out == (
        '{"_aws":{"Timestamp":1769947200000,"CloudWatchMetrics":[{"Namespace":"dvss","Dimensions":[["vendorId"]],'
        '"Metrics":[{"Name":"dvss.ingest.accepted","Unit":"Count"}]}]},'
        '"vendorId":"other","exactVendorId":"vendorA","dvss.ingest.accepted":[3.0]}\n'
    )


def test_each_metric_has_its_dimensions_and_no_other(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = EmfMetrics(Series(()), ManualClock())
    given = {"vendorId": "acme", "reason": "NOT_JSON", "eventType": "InventoryUpdated", "stage": "normalize"}
    for name in COUNTERS:
        metrics.count(name, 1, **given)
    for name in TIMINGS:
        metrics.observe(name, 12.5, **given)
    metrics.flush()
    found = {}
    for line in emitted(capsys):
        (directive,) = line.pop("_aws")["CloudWatchMetrics"]
        assert line["exactVendorId"] == "acme"
        for metric in directive["Metrics"]:
            found[metric["Name"]] = (*directive["Dimensions"], metric["Unit"], line[metric["Name"]])
    assert found == {
        "dvss.ingest.accepted": (["vendorId"], "Count", [1.0]),
        "dvss.ingest.duplicate": (["vendorId"], "Count", [1.0]),
        "dvss.ingest.failed_validation": (["reason"], "Count", [1.0]),
        "dvss.normalize.success": (["eventType"], "Count", [1.0]),
        "dvss.normalize.failed": (["reason"], "Count", [1.0]),
        "dvss.steward.resent": ([], "Count", [1.0]),
        "dvss.steward.parked": ([], "Count", [1.0]),
        "dvss.steward.republished": ([], "Count", [1.0]),
        "dvss.audit.events": ([], "Count", [1.0]),
        "dvss.audit.findings": ([], "Count", [1.0]),
        "dvss.audit.unfinished": ([], "Count", [1.0]),
        "dvss.pipeline.latency_ms": (["stage"], "Milliseconds", [12.5]),
    }


def test_a_thousand_vendors_share_one_series_and_each_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = EmfMetrics(Series(["vendor0007"]), ManualClock())
    for number in range(1_000):
        metrics.count("dvss.ingest.accepted", vendorId=f"vendor{number:04}")
    metrics.flush()
    lines = emitted(capsys)
    assert {line["vendorId"] for line in lines} == {"other", "vendor0007"}
    assert len({line["exactVendorId"] for line in lines}) == 1_000


def test_what_is_refused_before_a_vendor_is_known_names_none(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = EmfMetrics(Series(()), ManualClock())
    metrics.count("dvss.ingest.failed_validation", reason="NOT_JSON")
    metrics.flush()
    (line,) = emitted(capsys)
    assert line.keys() == {"_aws", "reason", "dvss.ingest.failed_validation"}


@pytest.mark.parametrize(("count", "lengths"), [(99, [99]), (100, [100]), (200, [100, 100]), (250, [100, 100, 50])])
def test_more_timings_than_a_line_takes_are_several_lines(
    capsys: pytest.CaptureFixture[str], count: int, lengths: list[int]
) -> None:
    metrics = EmfMetrics(Series(()), ManualClock())
    for number in range(count):
        metrics.observe("dvss.pipeline.latency_ms", number, stage="normalize")
    metrics.flush()
    lines = emitted(capsys)
    assert [len(line["dvss.pipeline.latency_ms"]) for line in lines] == lengths
    assert [value for line in lines for value in line["dvss.pipeline.latency_ms"]] == list(range(count))
    assert {line["_aws"]["Timestamp"] for line in lines} == {MOMENT}


def test_what_has_left_is_not_sent_again(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = EmfMetrics(Series(()), ManualClock())
    metrics.count("dvss.steward.parked")
    metrics.flush()
    metrics.flush()
    assert len(emitted(capsys)) == 1


def ours(level: str = "INFO") -> logging.Logger:
    """A logger of ours, on a process whose logging is configured as a function's."""
    configure_logging(service="dvss-test", level=level)
    return logging.getLogger("dvss.telemetry")


def test_a_log_line_holds_allowed_fields_alone(capsys: pytest.CaptureFixture[str]) -> None:
    ours().info("event %s", "accepted", extra={**dict.fromkeys(FIELDS, "x"), "payload": CANARY, "headers": {CANARY: 1}})
    (line,) = emitted(capsys)
    assert list(line) == [name for name in LINE if name in line]
    assert line.keys() == {"level", "timestamp", "logger", "msg", "service", *FIELDS}
    assert (line["level"], line["logger"], line["msg"]) == ("INFO", "dvss.telemetry", "event accepted")
    assert line["timestamp"].endswith("+00:00")


def test_an_exception_is_told_by_class_and_place(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        {"known": 1}[CANARY]
    except KeyError:
        ours().exception("an event was not normalized", extra={"ingestId": "01"})
    output = capsys.readouterr().out
    assert CANARY not in output
    line = json.loads(output)
    assert line["error"] == "KeyError"
    assert [place.rpartition(":")[0] for place in line["at"]] == [__name__]


def test_a_library_is_not_let_speak_of_what_it_was_given(capsys: pytest.CaptureFixture[str]) -> None:
    ours()
    logging.getLogger("urllib3.connectionpool").warning("Connection pool is full, discarding: %s", CANARY)
    logging.getLogger("botocore.endpoint").debug("Sending http request: %s", CANARY)
    logging.getLogger("botocore.endpoint").info("as little as: %s", CANARY)
    (line,) = emitted(capsys)
    assert line["msg"] == "Connection pool is full, discarding: %s"


def test_a_long_value_is_cut(capsys: pytest.CaptureFixture[str]) -> None:
    ours().warning("x", extra={"error": "e" * 10_000, "count": 3})
    (line,) = emitted(capsys)
    assert (line["error"], line["count"]) == ("e" * LONGEST_VALUE, 3)


def test_the_level_is_the_environments(capsys: pytest.CaptureFixture[str]) -> None:
    logger = ours("ERROR")
    logger.warning("hidden")
    logger.error("shown")
    assert [line["msg"] for line in emitted(capsys)] == ["shown"]
