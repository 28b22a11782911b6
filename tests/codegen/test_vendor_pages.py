"""A vendor's page says what is so: how to sign, and what the example becomes."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from codegen.compiler import compile_project
from codegen.frontend.mapping import SCHEMES
from handlers.core.signatures.requests import SignedRequest
from handlers.core.signatures.schemes import signature_fault
from handlers.system import SystemClock
from tests.compile.test_cases import BASE
from tests.contracts.documents import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRETS = {"standard-webhooks": base64.b64encode(b"k" * 25).decode().rstrip("="), "adyen": "0f" * 32}
OTHERS = {"standard-webhooks": base64.b64encode(b"o" * 24).decode(), "adyen": "f0" * 32}
ITEM = {
    "NotificationRequestItem": {
        "pspReference": "HARBOURPSP000001",
        "merchantAccountCode": "HarbourECOM",
        "merchantReference": "PO-1001",
        "amount": {"value": 12150, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": "true",
    }
}


class Endpoint(BaseHTTPRequestHandler):
    """Keeps the one request that is sent to it."""

    received: ClassVar[list[SignedRequest]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): [value] for name, value in self.headers.items()}
        self.received.append(SignedRequest(f"http://{self.headers['host']}{self.path}", headers, body))
        self.send_response(202)
        self.end_headers()
        self.wfile.write(b"taken")

    def log_message(self, *_: object) -> None:
        """Not on the test's output."""


@pytest.fixture
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Endpoint) as server:
        Endpoint.received.clear()
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def snippet(scheme: str) -> str | None:
    """The Python that the page of a vendor with this scheme shows."""
    webhook = {"event_type": "path.topic", "external_event_id": "body.id", "occurred_at": "body.at | timestamp"}
    found = re.findall(r"^```python\n(.*?)^```$", page([], scheme, webhook), re.MULTILINE | re.DOTALL)
    return found[0] if found else None


SIGNED = [scheme for scheme in SCHEMES if scheme not in ("api-key", "paypal")]


@pytest.mark.parametrize("scheme", SIGNED)
def test_what_the_page_says_sends_what_is_authentic(scheme: str, endpoint: str, tmp_path: Path) -> None:
    code = snippet(scheme)
    assert code
    (tmp_path / "payload.json").write_text(json.dumps(ITEM if scheme == "adyen" else {"id": 1}))
    secret = SECRETS.get(scheme, "a secret of the test")
    environment = os.environ | {"DVSS_URL": endpoint, "DVSS_SECRET": secret}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, check=True, capture_output=True, text=True
    )
    assert done.stdout == "202 taken\n"
    (request,) = Endpoint.received
    assert request.url == f"{endpoint}/v1/webhooks/acme/item"
    assert request.headers["content-type"] == ["application/json"]
    at = SystemClock().now()
    assert signature_fault(scheme, request, [secret], at) is None
    assert signature_fault(scheme, request, [OTHERS.get(scheme, "another secret")], at) is not None


def test_the_one_that_only_its_owner_can_sign_has_no_code() -> None:
    assert snippet("paypal") is None


@pytest.mark.parametrize("scheme", SIGNED)
def test_the_code_is_as_the_formatter_has_it(scheme: str) -> None:
    code = snippet(scheme)
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "120", "-"]
    done = subprocess.run(command, input=code, check=True, capture_output=True, text=True)
    assert done.stdout == code


def page(examples: list[Any], scheme: str = "api-key", webhook: dict[str, str] | None = None) -> str:
    """The page of a vendor whose payload has these examples."""
    payload = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "string"}, "ratio": {"type": "number"}},
        "examples": examples,
    }
    document: dict[str, Any] = {
        "vendor": "acme", "name": "Acme", "priority": 1, "authentication": {"scheme": scheme},
        "limits": {"requests_per_second": 1, "burst": 1},
        "events": {
            "item": {
                "payload": payload,
                "emits": "ItemUpdated@1.0",
                "filter": "id != 'none'",
                "map": {"itemId": "id | trim or quarantine"},
            }
        },
    }  # fmt: skip
    if webhook:
        document["webhook"] = webhook
    result = compile_project(BASE | {"mappings/acme.yaml": json.dumps(document)})
    assert not result.failed, result.diagnostics
    return result.files["docs/contract/vendors/acme.md"]


def test_an_example_is_shown_with_what_the_mapper_makes_of_it() -> None:
    assert 'It becomes:\n\n```json\n{\n  "itemId": "7"\n}\n```' in page([{"id": " 7"}])
    assert "It is quarantined: WRONG_LENGTH at /id, expected a length from 1 to 64, found string." in page(
        [{"id": " "}]
    )
    assert "It becomes no canonical event." in page([{"id": "none"}])


def test_an_example_that_is_not_valid_is_not_shown() -> None:
    assert "A payload:" not in page([])
    shown = page([{"id": 7}, {"id": "8"}])
    assert shown.count("A payload:") == 1
    assert '"itemId": "8"' in shown


def test_every_event_of_the_catalogue_shows_an_example() -> None:
    pages = sorted((ROOT / "docs" / "contract" / "vendors").glob("*.md"))
    assert len(pages) >= 9
    for path in pages:
        shown = path.read_text(encoding="utf-8")
        assert shown.count("A payload:") == shown.count("Fields of the payload:")
        assert "It becomes" in shown


def test_the_envelope_of_the_page_holds_the_first_example() -> None:
    shown = re.findall(r"<<'END'\n(.*?)^END$", page([{"id": "7", "ratio": 0.1}]), re.MULTILINE | re.DOTALL)
    assert json.loads(shown[0]) == {
        "vendorId": "acme",
        "externalEventId": "example-1",
        "eventType": "item",
        "occurredAt": "2026-01-30T20:15:12Z",
        "payload": {"id": "7", "ratio": 0.1},
    }


def test_the_page_says_what_a_payload_must_be_to_become_an_event() -> None:
    assert "\n- `filter id != 'none'`\n" in page([])
    versions = (ROOT / "docs" / "contract" / "vendors" / "stripe.md").read_text(encoding="utf-8")
    assert "where it names none,\n`when present(data.object.charges)`." in versions
    assert "where it names none,\nif it is of no other." in versions
