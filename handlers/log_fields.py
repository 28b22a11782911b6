"""What a log line may hold besides its level, time, logger and message. Never a payload, a header or a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from logging import LogRecord
    from types import TracebackType

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
OURS = "dvss"
"""The root of our own loggers."""
_FRAMES = 6


def message(record: LogRecord) -> str:
    """Our own message, or the first line of a library's as it stands in its source.

    What a library's is filled with, and what asyncio writes below it, may be a payload.
    """
    if record.name.partition(".")[0] == OURS:
        return record.getMessage()
    return str(record.msg).partition("\n")[0][:LONGEST_VALUE]


def fields(record: LogRecord) -> dict[str, object]:
    """The allowed fields of a record. An exception is told by its class and place: its text may quote a payload."""
    found: dict[str, object] = {}
    for name in FIELDS:
        value = record.__dict__.get(name)
        if value is not None:
            found[name] = value[:LONGEST_VALUE] if isinstance(value, str) else value
    if record.exc_info and record.exc_info[0] is not None:
        found["error"] = record.exc_info[0].__name__
        found["at"] = _innermost(record.exc_info[2])
    return found


def _innermost(trace: TracebackType | None) -> list[str]:
    """The last frames of a traceback, as ``module:line``, without the values that a printed traceback would quote."""
    frames = []
    while trace is not None:
        frames.append(f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}")
        trace = trace.tb_next
    return frames[-_FRAMES:]
