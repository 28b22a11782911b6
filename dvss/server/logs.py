"""Structured logs: one JSON object a line on stderr, holding nothing but an allow-list of fields."""

from __future__ import annotations

import atexit
import json
import logging
import sys
import threading
from collections import deque
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from handlers.log_fields import fields, message

if TYPE_CHECKING:
    from types import TracebackType
    from typing import TextIO

log = logging.getLogger("dvss.server")

WRITE_INTERVAL_SECONDS = 0.05
MOST_LINES_WAITING = 100_000


class JsonLines(logging.Formatter):
    """Turns a record into a line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "level": record.levelname,
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "logger": record.name,
            "msg": message(record),
        }
        return json.dumps(line | fields(record), default=str)


class BehindHandler(logging.Handler):
    """Formats a record where it is logged and leaves the writing to a thread of its own.

    A write per record gives the interpreter's lock away in the middle of each request: with it a third of the
    throughput is gone. A reader that does not read costs lines, never answers.
    """

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._lines: deque[str] = deque(maxlen=MOST_LINES_WAITING)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._write, name="log", daemon=True)
        self._thread.start()

    def handle(self, record: logging.LogRecord) -> bool:
        # A deque needs no lock around it.
        self._lines.append(self.format(record))
        return True

    def close(self) -> None:
        """Write what waits and end the thread."""
        self._closing.set()
        self._thread.join()
        super().close()

    def _write(self) -> None:
        is_last = False
        while not is_last:
            is_last = self._closing.wait(WRITE_INTERVAL_SECONDS)
            lines = [self._lines.popleft() for _ in range(len(self._lines))]
            if lines:
                try:
                    self._stream.write("\n".join(lines) + "\n")
                    self._stream.flush()
                except OSError:
                    # Nobody reads any more; the pipeline goes on without a log.
                    return


def configure(stream: TextIO) -> None:
    """Send every log record of this process to ``stream``, and what ends it or one of its threads."""
    # What no line of ours shows need not be looked up: https://docs.python.org/3/howto/logging.html#optimization
    logging._srcfile = None  # noqa: SLF001 - documented there
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = BehindHandler(stream)
    handler.setFormatter(JsonLines())
    atexit.register(handler.close)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    logging.getLogger("uvicorn.error").setLevel(logging.WARNING)
    # Python's own hooks print an exception with its text, which may quote a payload.
    sys.excepthook = partial(_ended, "The process ended with an error.")
    threading.excepthook = lambda ended: _ended("A thread ended with an error.", *ended[:3])


def _ended(what: str, kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    log.critical(what, exc_info=(kind, error or kind(), trace))
