"""A server that is stopped, restarted or misconfigured."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from dvss.audit import Acknowledgement, audit
from dvss.bootstrap import opened, opened_existing
from dvss.demo.process import served
from handlers.values import IdempotencyKey, Role
from tests.dvss.program import accept_directly, envelope, running, settled, until_quiet
from tests.dvss.wire import request

if TYPE_CHECKING:
    from pathlib import Path


SENDERS = 8
LONGEST_STOP_SECONDS = 10.0


def serve(data_dir: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "dvss", "serve", "--data-dir", str(data_dir), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def start(data_dir: Path) -> tuple[subprocess.Popen[str], str]:
    process = serve(data_dir, "--port", "0")
    assert process.stdout is not None
    return process, process.stdout.readline().split()[3]


def send_until_refused(server_url: str, key: str, sender: int, acks: dict[str, str]) -> None:
    """Post events one after the other until the server is gone; keep what it acknowledged."""
    connection = http.client.HTTPConnection(urlsplit(server_url).netloc, timeout=10)
    headers = {"x-api-key": key, "content-type": "application/json"}
    try:
        for number in range(100_000):
            name = f"stop-{sender}-{number}"
            connection.request("POST", "/v1/events", json.dumps(envelope(name, number)), headers)
            response = connection.getresponse()
            answer = json.loads(response.read())
            if response.status == 202:
                acks[name] = answer["ingestId"]
    except (OSError, http.client.HTTPException):
        return
    finally:
        connection.close()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_under_load_loses_nothing(tmp_path: Path, stop: signal.Signals) -> None:
    data_dir = tmp_path / "data"
    with opened(data_dir) as deployment:
        key = deployment.backend.credentials.keys.add(Role.VENDOR, "vendorA").key
    process, url = start(data_dir)
    acks: dict[str, str] = {}
    with ThreadPoolExecutor(SENDERS) as senders:
        for sender in range(SENDERS):
            senders.submit(send_until_refused, url, key, sender, acks)
        while len(acks) < 100:
            time.sleep(0.01)
        process.send_signal(stop)
        stopped = time.monotonic()
        _, errors = process.communicate(timeout=LONGEST_STOP_SECONDS * 2)
    assert process.returncode == 0, errors
    assert time.monotonic() - stopped < LONGEST_STOP_SECONDS
    with served(data_dir, tmp_path / "serve.log"):
        until_quiet(data_dir)
    with opened_existing(data_dir) as deployment:
        known = [Acknowledgement(IdempotencyKey("vendorA", name), id_) for name, id_ in acks.items()]
        report = audit(deployment, known)
    assert report.findings == []
    assert report.acknowledged == len(acks)
    assert report.orphans == []


def test_a_restart_goes_on_with_what_was_pending(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    names = [f"pending-{number}" for number in range(1_200)]
    with opened(data_dir) as deployment:
        accept_directly(deployment, [envelope(name) for name in names])
    started = time.monotonic()
    with served(data_dir, tmp_path / "serve.log"):
        until_quiet(data_dir)
    assert time.monotonic() - started < 30
    with opened_existing(data_dir) as deployment:
        report = audit(deployment)
    assert (report.findings, report.normalized, report.feed_entries) == ([], 1_200, 1_200)


def test_a_reader_of_the_feed_goes_on_after_a_restart(tmp_path: Path) -> None:
    with running(tmp_path) as server:
        server.post(envelope("before"))
        server.settled("before")
        after = server.ask("/v1/feed").document["next"]
    with served(server.data_dir, server.log) as url:
        headers = {"x-api-key": server.operator_key}
        assert request(url, "GET", f"/v1/feed?after={after}", headers).document["entries"] == []
        body = {"x-api-key": server.vendor_key, "content-type": "application/json"}
        request(url, "POST", "/v1/events", body, json.dumps(envelope("after")).encode())
        settled(server.data_dir, "after")
        page = request(url, "GET", f"/v1/feed?after={after}", headers).document
    assert [entry["event"]["externalEventId"] for entry in page["entries"]] == ["after"]


def test_a_taken_port_is_told_in_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        process = serve(tmp_path / "data", "--port", str(port))
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    sentence = f"Cannot listen on 127.0.0.1 port {port} (Address already in use). Give another --host or --port."
    assert errors == f"dvss: {sentence}\n"


def test_a_data_folder_that_cannot_be_used_is_told_in_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "data"
    file.write_text("no folder")
    process = serve(file, "--port", "0")
    _, errors = process.communicate(timeout=20)
    assert process.returncode == 1
    assert errors.startswith(f"dvss: The data folder {file} cannot be used")
    assert "Traceback" not in errors


def test_two_servers_on_one_folder_share_the_events(tmp_path: Path) -> None:
    with running(tmp_path) as first, served(first.data_dir, tmp_path / "second.log") as second:
        names = [f"two-{number}" for number in range(40)]
        with ThreadPoolExecutor(SENDERS) as senders:
            headers = {"x-api-key": first.vendor_key, "content-type": "application/json"}

            def post(url: str, name: str) -> tuple[int, str]:
                answer = request(url, "POST", "/v1/events", headers, json.dumps(envelope(name)).encode())
                return answer.status, answer.document["ingestId"]

            twice = [
                (name, senders.submit(post, first.url, name), senders.submit(post, second, name)) for name in names
            ]
        for name, one, other in twice:
            statuses = sorted((one.result()[0], other.result()[0]))
            assert statuses == [200, 202], name
            assert one.result()[1] == other.result()[1]
            settled(first.data_dir, name)
        with opened_existing(first.data_dir) as deployment:
            report = audit(deployment)
    assert (report.findings, report.feed_entries) == ([], len(names))


def test_a_request_that_began_before_the_stop_gets_its_answer(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    with opened(data_dir) as deployment:
        key = deployment.backend.credentials.keys.add(Role.VENDOR, "vendorA").key
    body = json.dumps(envelope("slow")).encode()
    head = f"POST /v1/events HTTP/1.1\r\nhost: x\r\nx-api-key: {key}\r\n"
    head += f"content-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    process, url = start(data_dir)
    with socket.create_connection(("127.0.0.1", urlsplit(url).port or 0), 10) as connection:
        connection.sendall(head.encode() + body[:20])
        time.sleep(0.3)
        process.terminate()
        time.sleep(0.5)
        connection.sendall(body[20:])
        answer = connection.recv(4096)
    process.communicate(timeout=LONGEST_STOP_SECONDS)
    assert answer.startswith(b"HTTP/1.1 202")
    assert process.returncode == 0
