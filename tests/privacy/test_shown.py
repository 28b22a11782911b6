"""What a log line says of a library's message, and what is shown of a canonical event."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dvss.sensitivity import MASKED, masked_event
from dvss.server.logs import JsonLines
from generated.registry import REGISTRY
from tests.privacy.canaries import CANARY, shows

ROOT = Path(__file__).parents[2]


def line(logger: str, message: str, *arguments: object) -> dict[str, Any]:
    record = logging.LogRecord(logger, logging.ERROR, __file__, 1, message, arguments, None)
    written: dict[str, Any] = json.loads(JsonLines().format(record))
    return written


def test_our_own_message_is_filled_in() -> None:
    assert line("dvss.ingest", "%s %s", "POST", "/v1/events")["msg"] == "POST /v1/events"


def test_a_library_is_not_let_speak_of_what_it_was_given() -> None:
    assert line("httpx", "sent: %s", CANARY)["msg"] == "sent: %s"
    written = line("asyncio", f"Task exception was never retrieved\nfuture: <Task exception=ValueError('{CANARY}')>")
    assert written["msg"] == "Task exception was never retrieved"


def test_what_ends_a_process_or_a_thread_is_not_quoted() -> None:
    program = f"""
import sys, threading
from dvss.server import logs
logs.configure(sys.stderr)
def fail():
    raise ValueError("{CANARY}")
thread = threading.Thread(target=fail)
thread.start()
thread.join()
fail()
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert [(one["msg"], one["error"]) for one in map(json.loads, ended.stderr.splitlines())] == [
        ("A thread ended with an error.", "ValueError"),
        ("The process ended with an error.", "ValueError"),
    ]
    assert not shows(ended.stderr + ended.stdout)


def event(**changes: Any) -> dict[str, Any]:
    data = {"orderId": "1", "customer": {"name": CANARY, "email": f"{CANARY}@x.example"}, "lines": [{"quantity": 2}]}
    return {"vendorId": "shopify", "eventType": "OrderPlaced", "schemaVersion": "1.0", "data": data} | changes


def test_personal_data_of_a_canonical_event_is_masked_and_the_rest_is_shown() -> None:
    assert masked_event(REGISTRY, event())["data"] == {
        "orderId": "1",
        "customer": {"name": MASKED, "email": MASKED},
        "lines": [{"quantity": 2}],
    }


@pytest.mark.parametrize("changes", [{"vendorId": "nobody"}, {"eventType": "Gone"}, {"schemaVersion": "9.9"}])
def test_of_a_contract_that_is_not_here_no_data_is_shown(changes: dict[str, str]) -> None:
    assert masked_event(REGISTRY, event(**changes))["data"] == MASKED


def test_a_retraction_has_no_data_to_mask() -> None:
    retraction = {"vendorId": "shopify", "eventType": "OrderPlaced", "schemaVersion": "1.0", "retracted": True}
    assert masked_event(REGISTRY, retraction) == retraction
