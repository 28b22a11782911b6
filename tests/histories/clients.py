"""Clients of `dvss serve` that all send the same few events, and record when they sent what and what they were told."""

from __future__ import annotations

import base64
import hmac
import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dvss.bootstrap import opened
from handlers.values import Role
from tests.faults.history import ACCEPTED, History
from tests.kill.harness import PATIENCE_SECONDS

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

    from tests.faults.history import Operation

KEYS = 8
PAYLOADS = 3
MOST_IN_A_BATCH = 6
WEBHOOK = "/v1/webhooks/square/events"


@dataclass(frozen=True, slots=True)
class Credentials:
    vendor_key: str
    square_secret: str

    @classmethod
    def made_in(cls, data_dir: Path) -> Credentials:
        with opened(data_dir) as deployment:
            made = deployment.credentials
            return cls(made.keys.add(Role.VENDOR, "vendorA").key, made.secrets.add("square").secret)


def envelope(name: str, quantity: int) -> dict[str, Any]:
    return {
        "vendorId": "vendorA",
        "externalEventId": name,
        "eventType": "inventory_update",
        "occurredAt": "2026-01-30T20:15:12Z",
        "payload": {"warehouse": "ROA", "sku": name, "qty": quantity},
    }


def webhook(name: str, quantity: int) -> dict[str, Any]:
    count = {
        "calculated_at": "2026-01-30T20:15:12Z",
        "catalog_object_id": name,
        "catalog_object_type": "ITEM_VARIATION",
        "location_id": "LOCPORTHAVEN",
        "quantity": str(quantity),
        "state": "IN_STOCK",
    }
    return {
        "merchant_id": "MLR0HARBOURCO",
        "type": "inventory.count.updated",
        "event_id": name,
        "created_at": "2026-01-30T20:17:00Z",
        "data": {"type": "inventory_counts", "id": "c41d7e90", "object": {"inventory_counts": [count]}},
    }


@dataclass(slots=True)
class Client:
    """Sends one request after the other. One that is not answered is over for it, as for a sender that gave up."""

    url: str
    credentials: Credentials
    history: History
    statuses: list[int] = field(default_factory=list)

    def post(self, name: str, quantity: int) -> None:
        body = json.dumps(envelope(name, quantity)).encode()
        self._send("/v1/events", body, self._key(), [self.history.invoke(f"vendorA {name}", str(quantity))])

    def post_batch(self, events: Sequence[tuple[str, int]]) -> None:
        body = json.dumps({"events": [envelope(*event) for event in events]}).encode()
        sent = [self.history.invoke(f"vendorA {name}", str(quantity)) for name, quantity in events]
        self._send("/v1/events/batch", body, self._key(), sent)

    def post_webhook(self, name: str, quantity: int) -> None:
        body = json.dumps(webhook(name, quantity)).encode()
        signed = hmac.digest(self.credentials.square_secret.encode(), f"{self.url}{WEBHOOK}".encode() + body, "sha256")
        header = {"x-square-hmacsha256-signature": base64.b64encode(signed).decode()}
        self._send(WEBHOOK, body, header, [self.history.invoke(f"square {name}", str(quantity))])

    def post_anything(self, rng: random.Random) -> None:
        """An event or several, of which others may be sending the same or another payload."""
        events = [(f"event-{rng.randrange(KEYS)}", rng.randrange(PAYLOADS)) for _ in range(MOST_IN_A_BATCH)]
        match rng.randrange(4):
            case 0:
                self.post_batch(events[: rng.randint(1, MOST_IN_A_BATCH)])
            case 1:
                self.post_webhook(*events[0])
            case 2:
                self.post(*events[0])
            case _:
                # At once again, as a sender does whose first answer came too late.
                self.post(*events[0])
                self.post(*events[0])

    def _key(self) -> dict[str, str]:
        return {"x-api-key": self.credentials.vendor_key}

    def _send(self, path: str, body: bytes, header: dict[str, str], sent: Sequence[Operation]) -> None:
        connection = http.client.HTTPConnection(urlsplit(self.url).netloc, timeout=PATIENCE_SECONDS)
        try:
            connection.request("POST", path, body, header | {"content-type": "application/json"})
            response = connection.getresponse()
            answer = json.loads(response.read())
        except (OSError, http.client.HTTPException):
            return
        finally:
            connection.close()
        self.statuses.append(response.status)
        for operation, result in zip(sent, _results(response.status, answer), strict=True):
            self.history.answer(operation, result["status"], result["ingestId"])


def _results(status: int, answer: dict[str, Any]) -> list[dict[str, Any]]:
    if status == 409:
        assert answer["code"] == "CONFLICT"
        return [{"status": "CONFLICT", "ingestId": answer["ingestId"]}]
    assert status in {200, 202}, answer
    results: list[dict[str, Any]] = answer.get("results", [answer])
    if "results" not in answer:
        assert (status == 202) is (answer["status"] == ACCEPTED)
    return results
