"""Lambda functions as Lambda runs them: a fresh process, AWS's own runtime client, and in front of it the Runtime API.

https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import awslambdaric  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

NEXT = "/2018-06-01/runtime/invocation/next"
ANSWER_SECONDS = 60.0
# What lies in /var/runtime, besides what our own code brings along.
RUNTIME_CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
TRACE_ID = "Root=1-65a1b2c3-0123456789abcdef01234567;Parent=0123456789abcdef;Sampled=1"


class FunctionError(Exception):
    """The function answered with an error: its type, its message and its trace."""

    def __init__(self, document: dict[str, Any]) -> None:
        super().__init__(f"{document['errorType']}: {document['errorMessage']}")
        self.type = document["errorType"]
        self.text = json.dumps(document)


@dataclass(frozen=True, slots=True)
class _Invocation:
    request_id: str
    event: bytes
    deadline_ms: int


class _RuntimeApi(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.invocations: queue.Queue[_Invocation | None] = queue.Queue()
        self.answers: queue.Queue[tuple[bool, bytes]] = queue.Queue()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """A process that was ended leaves its connections as they are."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # An answer leaves in one packet and at once: a delayed acknowledgement would count as cold start.
    wbufsize = -1
    disable_nagle_algorithm = True

    @property
    def _api(self) -> _RuntimeApi:
        return cast("_RuntimeApi", self.server)

    def do_GET(self) -> None:
        assert self.path == NEXT, self.path
        invocation = self._api.invocations.get()
        if invocation is None:
            self.close_connection = True
            return
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_ms),
            "Lambda-Runtime-Trace-Id": TRACE_ID,
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:eu-west-1:123456789012:function:dvss",
        }
        self._send(200, invocation.event, headers)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self._send(202, b"{}", {})
        self._api.answers.put((self.path.endswith("/response"), body))

    def _send(self, status: int, body: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "content-type": "application/json", "content-length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


class Function:
    """One process of a function."""

    def __init__(self, task_root: Path, runtime_root: Path, handler: str, environment: Mapping[str, str]) -> None:
        self._api = _RuntimeApi()
        self._log = (runtime_root / f"{uuid.uuid4()}.log").open("w+b")
        host, port = self._api.server_address[:2]
        self.started_at = time.perf_counter()
        # Not the interpreter of .venv, whose packages the function does not have.
        self._process = subprocess.Popen(
            [f"{sys.base_prefix}/bin/python3", "-s", "-m", "awslambdaric", handler],
            env={
                "AWS_LAMBDA_RUNTIME_API": f"{host!s}:{port}",
                "LAMBDA_TASK_ROOT": str(task_root),
                "PYTHONPATH": f"{task_root}:{runtime_root}",
                "PYTHONDONTWRITEBYTECODE": "1",
                "PATH": os.defpath,
                **environment,
            },
            cwd=task_root,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def invoke(self, event: Any, *, seconds: float = 30.0) -> Any:
        """The function's answer. ``seconds`` is the timeout it believes to have. Raises FunctionError."""
        deadline_ms = int((time.time() + seconds) * 1000)
        self._api.invocations.put(_Invocation(str(uuid.uuid4()), json.dumps(event).encode(), deadline_ms))
        try:
            is_answer, body = self._api.answers.get(timeout=ANSWER_SECONDS)
        except queue.Empty:
            raise AssertionError(self.output()) from None
        if is_answer:
            return json.loads(body)
        raise FunctionError(json.loads(body))

    def output(self) -> str:
        """All that the process has printed: what becomes its log group."""
        self._log.seek(0)
        return self._log.read().decode()

    def lines(self) -> list[dict[str, Any]]:
        """The JSON lines of the output; a line that is none fails."""
        return [json.loads(line) for line in self.output().splitlines() if line]

    def cpu_seconds(self) -> float:
        """What the process has used so far."""
        tasks = Path(f"/proc/{self._process.pid}/task").iterdir()
        return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        self._api.invocations.put(None)
        self._api.shutdown()
        self._api.server_close()
        self._log.close()


def make_runtime_root(folder: Path) -> Path:
    """A folder that holds the runtime client and nothing else."""
    folder.mkdir(parents=True)
    packages = Path(awslambdaric.__file__).parent.parent
    for found in packages.iterdir():
        if found.name.partition(".")[0] in RUNTIME_CLIENT:
            (folder / found.name).symlink_to(found)
    return folder


@contextmanager
def running(task_root: Path, runtime_root: Path, handler: str, environment: Mapping[str, str]) -> Iterator[Function]:
    function = Function(task_root, runtime_root, handler, environment)
    try:
        yield function
    finally:
        function.close()
