"""What a connection may cost before and around the application: time, bytes and number."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from dvss.server.problems import problem
from handlers.core.problems import STATUS, ProblemCode

if TYPE_CHECKING:
    import asyncio

# How long what a refused client still sends is read and dropped, so that it sees the answer and not a reset connection.
LINGER_SECONDS = 1.0
# So many of those that are too many are told so; the rest are closed at once.
MOST_TURNED_AWAY = 100
# Files that the process has open beside connections: stores, logs, modules.
OTHER_FILES = 512
MOST_FILES = 4_096


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """Of one process and of each of its connections."""

    connections: int = 1_000
    head_bytes: int = 32_768
    head_fields: int = 100
    message_bytes: int = 32 * 1024 * 1024
    """Of a body as it is sent, with the marks between its chunks."""
    head_seconds: float = 10.0
    """From a connection's start, or a request's first byte, to the end of its headers."""
    body_seconds: float = 30.0
    """From there to the end of the body."""
    answer_seconds: float = 30.0
    """How long a client may leave an answer unread that does not fit the buffers."""


DEFAULT_LIMITS = ConnectionLimits()


def most_connections(wanted: int) -> int:
    """As many of the wanted connections as the process can have files for; its own limit on files is raised to fit."""
    if sys.platform == "win32":
        return wanted
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != resource.RLIM_INFINITY and soft < MOST_FILES:
        soft = MOST_FILES if hard == resource.RLIM_INFINITY else max(soft, min(hard, MOST_FILES))
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    files = MOST_FILES if soft == resource.RLIM_INFINITY else soft
    return max(1, min(wanted, files - OTHER_FILES, files // 2))


class RefusedMessageError(Exception):
    """Raised in the parser's callbacks: it ends the parsing of what was received."""


class Connection(HttpToolsProtocol):
    """One connection, which ends where a limit does.

    A request is read as one thing or refused: a second one that is sent before the first is answered is never read, nor
    is what follows an Upgrade, and fields behind a chunked body are dropped.
    """

    def __init__(self, limits: ConnectionLimits, **of_the_server: Any) -> None:
        super().__init__(**of_the_server)
        self._limits = limits
        self._deadline: asyncio.TimerHandle | None = None
        self._answer_deadline: asyncio.TimerHandle | None = None
        self._is_deaf = False
        self._in_head = False
        self._in_body = False
        self._head_bytes = 0
        self._message_bytes = 0
        self._refusal: tuple[ProblemCode, str] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        if len(self.connections) > self._limits.connections + MOST_TURNED_AWAY:
            self._is_deaf = True
            transport.abort()
        elif len(self.connections) > self._limits.connections:
            detail = "There are too many connections. Send the same request again, over one that you keep."
            self._refuse(ProblemCode.UNAVAILABLE, detail)
        else:
            self._start(self._limits.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop()
        if self._answer_deadline is not None:
            self._answer_deadline.cancel()
        self._unset_keepalive_if_required()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_deaf:
            return
        super().data_received(data)
        if self.transport.is_closing() or self._is_deaf:
            return
        self._message_bytes += len(data)
        if self._in_head and self._message_bytes > self._limits.head_bytes:
            self._refuse(*self._head_too_large())
        elif self._in_body and self._message_bytes > self._limits.message_bytes:
            detail = f"The body is over {self._limits.message_bytes} bytes as it was sent."
            self._refuse(ProblemCode.PAYLOAD_TOO_LARGE, detail)
        elif not self._in_head and not self._in_body and self._is_idle() and self._deadline is None:
            # Blank lines before a request start no message; they end the wait for one all the same.
            self._start(self._limits.head_seconds)

    def on_message_begin(self) -> None:
        if not self._is_idle():
            raise RefusedMessageError
        super().on_message_begin()
        self._in_head = True
        self._head_bytes = self._message_bytes = 0
        if self._deadline is None:
            self._start(self._limits.head_seconds)

    def on_url(self, url: bytes) -> None:
        super().on_url(url)
        self._count_head(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._in_head:
            super().on_header(name, value)
            self._count_head(name, value)

    def on_headers_complete(self) -> None:
        names = [name for name, _ in self.headers]
        version = self.parser.get_http_version()
        may_be = version == "1.1" and names.count(b"host") == 1
        if not may_be and (version != "1.0" or b"transfer-encoding" in names):
            raise RefusedMessageError
        if self.parser.should_upgrade() and not {b"content-length", b"transfer-encoding"}.isdisjoint(names):
            # The parser takes a body that follows for the other protocol's bytes.
            detail = "A request with a body may not ask for an Upgrade. Send it as plain HTTP/1.1."
            self._refusal = (ProblemCode.MALFORMED_REQUEST, detail)
            raise RefusedMessageError
        super().on_headers_complete()
        self._in_head, self._in_body = False, True
        self._start(self._limits.body_seconds)

    def on_message_complete(self) -> None:
        self._in_body = False
        self._stop()
        super().on_message_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._answer_deadline = self.loop.call_later(self._limits.answer_seconds, self.transport.abort)

    def resume_writing(self) -> None:
        if self._answer_deadline is not None:
            self._answer_deadline.cancel()
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser does not take, for our reason where it was ours."""
        del msg
        malformed = (ProblemCode.MALFORMED_REQUEST, "This is no HTTP/1.1 request, or one that can be read in two ways.")
        self._refuse(*(self._refusal or malformed))

    def _unsupported_upgrade_warning(self) -> None:
        self._end_after_answer()

    def _is_idle(self) -> bool:
        return self.cycle is None or self.cycle.response_complete  # type: ignore[redundant-expr]  # None at first

    def _count_head(self, *parts: bytes) -> None:
        self._head_bytes += sum(map(len, parts))
        if self._head_bytes > self._limits.head_bytes or len(self.headers) > self._limits.head_fields:
            self._refusal = self._head_too_large()
            raise RefusedMessageError

    def _head_too_large(self) -> tuple[ProblemCode, str]:
        limits = self._limits
        detail = f"The request's line and headers are over {limits.head_bytes} bytes or {limits.head_fields} fields."
        return ProblemCode.HEADERS_TOO_LARGE, detail

    def _start(self, seconds: float) -> None:
        self._stop()
        self._deadline = self.loop.call_later(seconds, self._late)

    def _stop(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _late(self) -> None:
        if self._in_head or self._in_body:
            detail = "The request did not arrive in time. Send the same request again."
            self._refuse(ProblemCode.REQUEST_TIMEOUT, detail)
        else:
            self.transport.close()

    def _refuse(self, code: ProblemCode, detail: str) -> None:
        """Answer in the application's place, unless it owes or has begun an answer, and end the connection."""
        if not self._is_idle() and not self._in_body:
            # The request before this one is whole: the next answer is its.
            self._end_after_answer()
            return
        if self._in_body:
            has_answer = self.cycle.response_started
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            if has_answer:
                self._is_deaf = True
                self.transport.close()
                return
        request_id = str(uuid4())
        headers = {"connection": "close", "x-request-id": request_id}
        if code is ProblemCode.UNAVAILABLE:
            headers["retry-after"] = "1"
        answer = problem(STATUS[code], code, detail, request_id, headers)
        fields = [name + b": " + value + b"\r\n" for name, value in answer.raw_headers]
        self._go_deaf()
        self.transport.write(b"".join([STATUS_LINE[STATUS[code]], *fields, b"\r\n", bytes(answer.body)]))
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self._deadline = self.loop.call_later(LINGER_SECONDS, self.transport.close)

    def _end_after_answer(self) -> None:
        self._go_deaf()
        if self._is_idle():
            self.transport.close()
        else:
            self.cycle.keep_alive = False

    def _go_deaf(self) -> None:
        self._is_deaf = True
        self._stop()
        self.flow.resume_reading()
