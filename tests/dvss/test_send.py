"""`dvss send` against a live server, and against servers that push back."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from tests.dvss.program import dvss, envelope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.dvss.program import Ran, Server


def send(server: Server, *arguments: object) -> Ran:
    return dvss("send", *arguments, "--url", server.url, "--key", server.vendor_key, "--json")


def lines(path: Path, envelopes: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(one) + "\n" for one in envelopes), encoding="utf-8")
    return path


def counts(report: dict[str, Any]) -> tuple[int, ...]:
    return tuple(report[name] for name in ("sent", "accepted", "duplicate", "conflict", "rejected"))


def test_json_lines_are_sent_once_and_then_again_as_duplicates(server: Server, tmp_path: Path) -> None:
    file = lines(tmp_path / "events.jsonl", [envelope(f"send-{number}") for number in range(50)])
    first, again = send(server, file, "--clients", 4), send(server, file)
    assert (first.code, counts(first.document)) == (0, (50, 50, 0, 0, 0))
    assert (again.code, counts(again.document)) == (0, (50, 0, 50, 0, 0))


def test_a_batch_carries_the_same_events(server: Server, tmp_path: Path) -> None:
    file = lines(tmp_path / "events.jsonl", [envelope(f"send-batch-{number}") for number in range(45)])
    ran = send(server, file, "--batch", 20)
    assert (ran.code, counts(ran.document)) == (0, (45, 45, 0, 0, 0))


def test_a_folder_is_sent_file_by_file(server: Server, tmp_path: Path) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "one.json").write_text(json.dumps(envelope("folder-1"), indent=2), encoding="utf-8")
    (tmp_path / "below" / "two.json").write_text(json.dumps(envelope("folder-2")), encoding="utf-8")
    (tmp_path / "notes.txt").write_text("not sent", encoding="utf-8")
    ran = send(server, tmp_path)
    assert (ran.code, counts(ran.document)) == (0, (2, 2, 0, 0, 0))


def test_a_bare_payload_is_put_into_an_envelope_byte_for_byte(server: Server, tmp_path: Path) -> None:
    payload = b'{"warehouse": "ROA",  "sku": "abc-9", "qty": 1.20e1}'
    file = tmp_path / "payload.json"
    file.write_bytes(payload)
    options = ("--vendor", "vendorA", "--event", "inventory_update")
    acks = tmp_path / "acks.jsonl"
    first, again = send(server, file, *options, "--acks", acks), send(server, file, *options)
    assert (first.document["accepted"], again.document["duplicate"]) == (1, 1)
    (ack,) = [json.loads(line) for line in acks.read_text(encoding="utf-8").splitlines()]
    assert ack["externalEventId"].startswith("sha256:")
    shown = dvss("events", "show", ack["ingestId"], "--data-dir", server.data_dir, "--json")
    assert shown.document["raw"]["intact"]
    assert shown.document["raw"]["sizeBytes"] > len(payload)
    server.settled(ack["externalEventId"])
    shown = dvss("events", "show", ack["ingestId"], "--data-dir", server.data_dir, "--json")
    assert shown.document["canonicalEvents"][0]["data"]["quantityOnHand"] == 12


def test_a_payloads_own_id_names_the_event(server: Server, tmp_path: Path) -> None:
    file = lines(tmp_path / "payloads.jsonl", [{"meta": {"id": 7001}}, {"meta": {"id": 7002}}])
    acks = tmp_path / "acks.jsonl"
    options = ("--vendor", "vendorA", "--event", "stock", "--id-field", "meta.id", "--acks", acks)
    assert send(server, file, *options).code == 0
    names = [json.loads(line)["externalEventId"] for line in acks.read_text(encoding="utf-8").splitlines()]
    assert sorted(names) == ["7001", "7002"]


def test_what_is_refused_is_counted_and_named(server: Server, tmp_path: Path) -> None:
    wrong = envelope("send-wrong") | {"occurredAt": "never"}
    envelopes = [envelope("send-twice", 1), envelope("send-twice", 2), wrong]
    file = lines(tmp_path / "events.jsonl", envelopes)
    assert counts(send(server, file, "--clients", 1).document) == (3, 1, 0, 1, 1)
    ran = dvss("send", file, "--url", server.url, "--key", server.vendor_key)
    assert ran.code == 1
    assert "events.jsonl:3" in ran.out
    assert "ENVELOPE_INVALID" in ran.out
    assert "CONFLICT" in ran.out


def test_acknowledgements_are_written_for_the_audit(server: Server, tmp_path: Path) -> None:
    file = lines(tmp_path / "events.jsonl", [envelope(f"send-acked-{number}") for number in range(5)])
    acks = tmp_path / "acks.jsonl"
    send(server, file, "--acks", acks)
    send(server, file, "--acks", acks)
    audited = dvss("audit", "--acks", acks, "--data-dir", server.data_dir, "--json")
    assert (audited.code, audited.document["acknowledged"]) == (0, 10)


def test_a_rate_is_kept(server: Server, tmp_path: Path) -> None:
    file = lines(tmp_path / "events.jsonl", [envelope(f"send-paced-{number}") for number in range(10)])
    started = time.monotonic()
    assert send(server, file, "--rate", 20).code == 0
    assert time.monotonic() - started > 0.4


MISTAKES = {
    "no-such-file": (("nowhere.json",), "nowhere.json does not exist"),
    "bare-payload": (("bare.json",), "Give --vendor and --event"),
    "no-json": (("broken.json",), "broken.json: The document is not JSON"),
    "empty-folder": (("empty",), "holds no .json, .jsonl or .ndjson file"),
    "no-id": (("bare.json", "--vendor", "v", "--event", "e", "--id-field", "a.b"), "no text or integer at 'a.b'"),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_users_mistake_is_one_sentence(
    server: Server, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "bare.json").write_text('{"x": 1}', encoding="utf-8")
    (tmp_path / "broken.json").write_text("{", encoding="utf-8")
    (tmp_path / "empty").mkdir()
    arguments, sentence = MISTAKES[name]
    ran = send(server, *arguments)
    assert ran.code == 2
    assert sentence in ran.err
    assert "Traceback" not in ran.err


def test_a_missing_key_is_wrong_usage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DVSS_API_KEY", raising=False)
    ran = dvss("send", tmp_path)
    assert (ran.code, ran.err) == (2, "dvss: An API key is missing. Give --key, or set DVSS_API_KEY.\n")


def test_no_server_is_told_at_once(tmp_path: Path) -> None:
    file = lines(tmp_path / "events.jsonl", [envelope("nowhere")])
    started = time.monotonic()
    ran = dvss("send", file, "--url", "http://127.0.0.1:9", "--key", "k")
    assert (ran.code, time.monotonic() - started < 5) == (3, True)
    assert ran.err.startswith("dvss: No answer from http://127.0.0.1:9 (")
    assert "`dvss serve`" in ran.err


@contextmanager
def pushing_back(*statuses: int) -> Iterator[tuple[str, list[float]]]:
    """A server that answers these statuses in turn, each refusal with Retry-After, and notes when it was asked."""
    left = list(statuses)
    asked: list[float] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(200, b"{}")

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            asked.append(time.monotonic())
            status = left.pop(0)
            self._answer(status, b'{"ingestId": "01", "status": "ACCEPTED"}' if status == 202 else b"{}")

        def _answer(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.send_header("retry-after", "1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("refusal", [429, 503])
def test_a_refusal_for_now_is_retried_when_it_says(tmp_path: Path, refusal: int) -> None:
    file = lines(tmp_path / "events.jsonl", [envelope("patient")])
    with pushing_back(refusal, 202) as (url, asked):
        ran = dvss("send", file, "--url", url, "--key", "k", "--json")
    assert (ran.code, counts(ran.document)) == (0, (1, 1, 0, 0, 0))
    first, second = asked
    assert second - first >= 1


def test_a_refusal_for_good_is_not_retried(tmp_path: Path) -> None:
    file = lines(tmp_path / "events.jsonl", [envelope("refused")])
    with pushing_back(422) as (url, asked):
        ran = dvss("send", file, "--url", url, "--key", "k", "--json")
    assert (ran.code, counts(ran.document), len(asked)) == (1, (1, 0, 0, 0, 1), 1)
