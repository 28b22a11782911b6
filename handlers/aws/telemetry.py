"""Metrics in CloudWatch's embedded format and log lines in JSON, both by Powertools, both on stdout."""

from __future__ import annotations

import json
import logging
import sys
import threading
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter
from aws_lambda_powertools.metrics import EphemeralMetrics

from handlers.log_fields import FIELDS, OURS, fields, message

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handlers.ports import Clock
    from handlers.series import Series

type LogFormatter = LambdaPowertoolsFormatter

NAMESPACE = "dvss"
EXACT_VENDOR = "exactVendorId"
"""The property that tells the vendor on each line of metrics, whichever series it shares."""
LINE = ("level", "timestamp", "logger", "msg", "service", "functionRequestId", "xray_trace_id", *FIELDS, "at")
"""What a log line may hold, in this order."""


class EmfMetrics:
    """The Metrics port. What one invocation counts leaves with ``flush``: a line for each vendor and each series."""

    def __init__(self, series: Series, clock: Clock) -> None:
        self._series = series
        self._clock = clock
        self._lock = threading.Lock()
        self._lines: dict[tuple[tuple[tuple[str, str], ...], str | None], dict[str, list[float]]] = {}

    def count(self, name: str, value: int = 1, **dimensions: str) -> None:
        with self._lock:
            values = self._values(name, dimensions)
            values[:] = [sum(values) + value]

    def observe(self, name: str, milliseconds: float, **dimensions: str) -> None:
        with self._lock:
            self._values(name, dimensions).append(milliseconds)

    def flush(self) -> None:
        """Write the lines of what was reported since the last time."""
        with self._lock:
            lines, self._lines = self._lines, {}
        for (dimensions, vendor_id), metrics in lines.items():
            # Without a service: that would be one more dimension.
            line = EphemeralMetrics(namespace=NAMESPACE, service="")
            line.timestamp = round(self._clock.now().timestamp() * 1000)
            for dimension in dimensions:
                line.add_dimension(*dimension)
            if vendor_id is not None:
                line.add_metadata(EXACT_VENDOR, vendor_id)
            for name, values in metrics.items():
                unit = "Milliseconds" if name.endswith("_ms") else "Count"
                for value in values:
                    line.add_metric(name, unit, value)
            # At a hundred values the line has left by itself.
            if line.metric_set:
                line.flush_metrics()

    def _values(self, name: str, given: dict[str, str]) -> list[float]:
        series = tuple(self._series.dimensions(name, given).items())
        line = self._lines.setdefault((series, given.get("vendorId")), {})
        return line.setdefault(name, [])


class Allowed(logging.Filter):
    """Leaves of a record what a line may hold."""

    def filter(self, record: logging.LogRecord) -> logging.LogRecord:
        return logging.makeLogRecord(
            {
                "name": record.name,
                "logger": record.name,
                "levelno": record.levelno,
                "levelname": record.levelname,
                "created": record.created,
                "msecs": record.msecs,
                "msg": message(record),
                **fields(record),
            }
        )


def _line(log: Mapping[str, Any]) -> str:
    renamed = {**log, "msg": log["message"]}
    return json.dumps({name: renamed[name] for name in LINE if name in renamed}, default=str, separators=(",", ":"))


def configure_logging(*, service: str, level: str) -> LogFormatter:
    """Send every log record of this process to stdout, ours from ``level`` on, those of libraries from WARNING."""
    formatter = LambdaPowertoolsFormatter(
        json_serializer=_line, utc=True, use_rfc3339=True, location=None, service=service
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(Allowed())
    handler.setFormatter(formatter)
    root = logging.getLogger()
    # Lambda's own handler would print each record a second time, and exceptions with their text.
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(level)
    return formatter
