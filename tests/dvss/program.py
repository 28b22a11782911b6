"""The program as tests use it: commands in this process, servers in processes of their own."""

from __future__ import annotations

import contextlib
import io
import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from dvss.bootstrap import opened, opened_existing
from dvss.cli.app import main
from dvss.demo.process import served
from handlers.core.acceptance import Outcome, accept
from handlers.core.envelopes import read_envelope
from handlers.values import IdempotencyKey, Role
from tests.dvss.wire import Answer, request

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dvss.bootstrap import LocalDeployment
    from handlers.values import IngestRecord

PATIENCE_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document that it printed."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON Lines that it printed."""
        return [json.loads(line) for line in self.out.splitlines()]


def dvss(*arguments: object) -> Ran:
    """Run a command in this process."""
    out, err = io.StringIO(), io.StringIO()
    before = sys.argv
    sys.argv = ["dvss", *map(str, arguments)]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    code = ended.value.code
    return Ran(code if isinstance(code, int) else 0, out.getvalue(), err.getvalue())


@dataclass(frozen=True, slots=True)
class Server:
    """A running server with a credential of each kind."""

    url: str
    data_dir: Path
    log: Path
    vendor_key: str
    operator_key: str
    shopify_secret: str
    square_secret: str

    def post(self, envelope: Any, **headers: str) -> Answer:
        body = envelope if isinstance(envelope, bytes) else json.dumps(envelope).encode()
        sent = {"x-api-key": self.vendor_key, "content-type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return request(self.url, "POST", "/v1/events", sent, body)

    def ask(self, path: str) -> Answer:
        return request(self.url, "GET", path, {"x-api-key": self.operator_key})

    def settled(self, external_event_id: str, vendor_id: str = "vendorA") -> IngestRecord:
        """The event's record once it is terminal."""
        return settled(self.data_dir, external_event_id, vendor_id)


def settled(data_dir: Path, external_event_id: str, vendor_id: str = "vendorA") -> IngestRecord:
    key = IdempotencyKey(vendor_id, external_event_id)
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    with opened_existing(data_dir) as deployment:
        while time.monotonic() < give_up_at:
            record = deployment.application.index.read([key], consistent=True).get(key)
            if record is not None and record.dispatch_at is None and not deployment.backend.stats().outbox:
                return record
            time.sleep(0.01)
    pytest.fail(f"{external_event_id} came to no end in {PATIENCE_SECONDS} s")


def until_quiet(data_dir: Path) -> None:
    """Wait until every event is terminal and published."""
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    with opened_existing(data_dir) as deployment:
        while (stats := deployment.backend.stats()).pending or stats.outbox:
            assert time.monotonic() < give_up_at, stats
            time.sleep(0.01)


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Server]:
    data_dir, log = folder / "data", folder / "serve.log"
    with opened(data_dir) as deployment:
        keys, secrets = deployment.backend.credentials.keys, deployment.backend.credentials.secrets
        credentials = (
            keys.add(Role.VENDOR, "vendorA").key,
            keys.add(Role.OPERATOR).key,
            secrets.add("shopify").secret,
            secrets.add("square").secret,
        )
    with served(data_dir, log) as url:
        yield Server(url, data_dir, log, *credentials)


def envelope(name: str, quantity: Any = 12, **members: Any) -> dict[str, Any]:
    return {
        "vendorId": "vendorA",
        "externalEventId": name,
        "eventType": "inventory_update",
        "occurredAt": "2026-01-30T20:15:12Z",
        "payload": {"warehouse": "ROA", "sku": " abc-001", "qty": quantity},
    } | members


def accept_directly(deployment: LocalDeployment, envelopes: list[dict[str, Any]]) -> None:
    """Accept events of vendorA without a server: they stay pending until something normalizes them."""
    application = deployment.application
    profile = application.registry.vendor("vendorA")
    assert profile is not None
    for start in range(0, len(envelopes), 100):
        items = [json.dumps(one).encode() for one in envelopes[start : start + 100]]
        deliveries = [read_envelope(application.registry, profile, item) for item in items]
        verdicts = accept(application, deliveries, batch=len(items) > 1)
        assert {verdict.outcome for verdict in verdicts} == {Outcome.ACCEPTED}
