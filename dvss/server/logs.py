"""Structured logs: one JSON object a line on stderr, holding nothing but an allow-list of fields."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TextIO

# What a log line may hold besides its level, time, logger and message. Never a payload, a header or a secret.
FIELDS = (
    "requestId",
    "ingestId",
    "vendorId",
    "externalEventId",
    "eventType",
    "lane",
    "generation",
    "rawS3Key",
    "status",
    "code",
    "reason",
    "stage",
    "rule",
    "pointer",
    "attempts",
    "count",
    "latencyMs",
    "method",
    "resource",
    "error",
)
LONGEST_VALUE = 200


class JsonLines(logging.Formatter):
    """Turns a record into a line. An exception is told by its class and place: its text may quote a payload."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "level": record.levelname,
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "logger": record.name,
            "msg": record.getMessage(),
        }
        extra = record.__dict__
        for name in FIELDS:
            value = extra.get(name)
            if value is not None:
                line[name] = value[:LONGEST_VALUE] if isinstance(value, str) else value
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
            line["at"] = _innermost(record.exc_info[2])
        return json.dumps(line, default=str)


def _innermost(trace: TracebackType | None) -> list[str]:
    """The last frames of a traceback, as ``module:line``, without the values that a printed traceback would quote."""
    frames = []
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-6:]


def configure(stream: TextIO) -> None:
    """Send every log record of this process to ``stream``."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
