"""A server with limits that tests can reach, and a client that sends bytes as they are."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dvss.audit import audit
from dvss.bootstrap import opened, opened_existing
from handlers.values import Role
from tests.dvss.program import envelope
from tests.dvss.wire import request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 15.0
REST_SECONDS = 0.1
STOP_SECONDS = 15


@dataclass(frozen=True, slots=True)
class Target:
    """A running server, and how much it has stored."""

    url: str
    data_dir: Path
    log: Path
    key: str

    def connect(self) -> socket.socket:
        parts = urlsplit(self.url)
        assert parts.hostname is not None
        return socket.create_connection((parts.hostname, parts.port or 0), SECONDS)

    def head(self, *fields: bytes, line: bytes = b"POST /v1/events HTTP/1.1") -> bytes:
        """The head of a request that would be accepted with these fields beside what it needs."""
        needed = [b"host: here", b"content-type: application/json", b"x-api-key: " + self.key.encode()]
        return b"\r\n".join([line, *needed, *fields]) + b"\r\n\r\n"

    def whole(self, name: str) -> bytes:
        """A request that is accepted."""
        body = json.dumps(envelope(name)).encode()
        return self.head(b"content-length: %d" % len(body)) + body

    def sent(self, *parts: bytes) -> list[Told]:
        """All that is answered to the bytes, each part in a segment of its own."""
        with self.connect() as connection:
            for part in parts:
                connection.sendall(part)
            return told(answered(connection))

    def stored(self) -> int:
        """Events that are stored, and raw objects without one."""
        with opened_existing(self.data_dir) as deployment:
            report = audit(deployment)
        return report.events + len(report.orphans)

    def is_well(self) -> bool:
        return request(self.url, "GET", "/v1/health").status == 200


@dataclass(frozen=True, slots=True)
class Told:
    """One answer."""

    status: int
    head: bytes
    document: Any

    @property
    def code(self) -> str:
        return str(self.document["code"])


def answered(connection: socket.socket) -> bytes:
    """What comes until the server closes, or rests after an answer."""
    answers = connection.recv(65_536)
    connection.settimeout(REST_SECONDS)
    with contextlib.suppress(TimeoutError):
        while part := connection.recv(65_536):
            answers += part
    return answers


def drained(connection: socket.socket) -> bytes:
    """What comes until the server closes."""
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def told(answers: bytes) -> list[Told]:
    """The answers, 100 Continue among them."""
    found = []
    while answers:
        head, _, rest = answers.partition(b"\r\n\r\n")
        status = int(head.split()[1])
        length = re.search(rb"content-length: (\d+)", head)
        size = int(length[1]) if length else 0
        found.append(Told(status, head, json.loads(rest[:size]) if size else None))
        answers = rest[size:]
    return found


@contextlib.contextmanager
def running(folder: Path, **limits: float) -> Iterator[Target]:
    data_dir, log = folder / "data", folder / "serve.log"
    with opened(data_dir) as deployment:
        key = deployment.backend.credentials.keys.add(Role.VENDOR, "vendorA").key
    command = [sys.executable, "-m", "tests.hostile.launcher", str(data_dir), json.dumps(limits)]
    with log.open("wb") as errors, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors) as process:
        assert process.stdout is not None
        try:
            yield Target(process.stdout.readline().decode().strip(), data_dir, log, key)
        finally:
            process.terminate()
            process.wait(STOP_SECONDS)
    levels = {json.loads(line)["level"] for line in log.read_text(encoding="utf-8").splitlines()}
    assert levels <= {"INFO", "WARNING"}
