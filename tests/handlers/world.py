"""A whole system on a temporary folder: real backend, real contracts, a clock that the test moves."""

from __future__ import annotations

import base64
import hmac
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from dvss.embedded.backend import DATABASE_NAME, EmbeddedBackend
from generated.registry import REGISTRY
from handlers import ingest, normalize
from handlers.application import Application
from handlers.core.sweeping import sweep
from handlers.series import Series
from handlers.system import UlidFactory
from handlers.values import IdempotencyKey, Lane, Role

if TYPE_CHECKING:
    from pathlib import Path

    from generated.runtime.binding import Registry, VendorProfile
    from handlers.ports import IdFactory
    from handlers.values import IngestRecord, ObjectVersion, QuarantineRecord

PUBLIC_URL = "https://dvss.example"


class ManualClock:
    """Time that stands until it is moved."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment

    def advance(self, **delta: float) -> None:
        self.moment += timedelta(**delta)


class CountingMetrics:
    """Counts by name and dimensions."""

    def __init__(self) -> None:
        self._series = Series(REGISTRY.vendor_ids())
        self.counts: dict[tuple[str, tuple[tuple[str, str], ...]], int] = {}

    def count(self, name: str, value: int = 1, **dimensions: str) -> None:
        key = (name, tuple(sorted(self._series.dimensions(name, dimensions).items())))
        self.counts[key] = self.counts.get(key, 0) + value

    def observe(self, name: str, milliseconds: float, **dimensions: str) -> None:
        self.count(name, 1, **dimensions)

    def total(self, name: str) -> int:
        return sum(count for (found, _), count in self.counts.items() if found == name)


class OtherRegistry:
    """The real registry with one vendor's profile put in place of its own."""

    def __init__(self, profile: VendorProfile) -> None:
        self._profile = profile

    def vendor(self, vendor_id: str) -> VendorProfile | None:
        return self._profile if vendor_id == self._profile.vendor_id else REGISTRY.vendor(vendor_id)

    def __getattr__(self, name: str) -> Any:
        return getattr(REGISTRY, name)


@dataclass
class Answer:
    """A proxy response."""

    status: int
    text: str
    headers: dict[str, str]

    @property
    def body(self) -> dict[str, Any]:
        """The JSON document."""
        document: dict[str, Any] = json.loads(self.text)
        return document


@dataclass
class World:
    """One deployment with its callers."""

    root: Path
    clock: ManualClock = field(default_factory=ManualClock)
    registry: Any = REGISTRY
    ids: IdFactory = field(default_factory=UlidFactory)

    def __post_init__(self) -> None:
        self.metrics = CountingMetrics()
        self._open()
        self.api_key = self.issue_key(Role.VENDOR, "vendorA")
        self.secret = "a-signature-key"
        self.put_secret("square", self.secret)

    def _open(self) -> None:
        self.app = Application(
            registry=self.registry,
            public_url=PUBLIC_URL,
            clock=self.clock,
            ids=self.ids,
            metrics=self.metrics,
            **self.adapters(),
        )

    def adapters(self) -> dict[str, Any]:
        """An adapter for each port, and the token key."""
        self.backend = EmbeddedBackend.open(self.root, self.clock)
        return {
            "token_key": self.backend.token_key,
            "raw": self.backend.raw,
            "normalized": self.backend.normalized,
            "index": self.backend.index,
            "queries": self.backend.index,
            "quarantine": self.backend.quarantine,
            "outbox": self.backend.outbox,
            "bus": self.backend.bus,
            "lanes": self.backend.lanes,
            "credentials": self.backend.credentials,
            "mappings": self.backend.mappings,
        }

    def issue_key(self, role: Role, vendor_id: str | None = None) -> str:
        """A new API key."""
        return self.backend.credentials.keys.add(role, vendor_id).key

    def put_secret(self, vendor_id: str, secret: str) -> None:
        """Give a vendor its webhook secret."""
        self.backend.credentials.secrets.add(vendor_id, secret)

    def taken(self, lane: Lane) -> list[str]:
        """Take everything out of a lane: the bodies of the queue's messages."""
        taken = self.backend.lanes.take(lane, 10_000, 0)
        return [json.dumps({"detail": json.loads(one.message.detail)}) for one in taken]

    def delivered(self) -> list[bytes]:
        """What consumers of canonical events were sent, in order, repeats dropped."""
        return [entry.detail for entry in self.backend.feed.after(0, 10_000)]

    def remove_row(self, external_event_id: str, vendor_id: str = "vendorA") -> None:
        """As nothing in the system may: so with what follows."""
        self._remove("ingest_record", vendor_id=vendor_id, external_event_id=external_event_id)

    def remove_quarantined(self, item_id: str, vendor_id: str = "vendorA") -> None:
        self._remove("quarantine", vendor_id=vendor_id, item_id=item_id)

    def remove_raw(self, key: str) -> None:
        list(self.app.raw.entries(""))
        self._remove("raw_object", key=key)

    def remove_normalized(self, version: ObjectVersion) -> None:
        segment, _, start = version.version_id.partition(":")
        path = self.root / "normalized" / "segments" / f"{segment}.seg"
        with path.open("r+b") as file:
            file.seek(int(start))
            file.write(b"-")

    def _remove(self, table: str, **keys: str) -> None:
        condition = " AND ".join(f"{name} = ?" for name in keys)
        with closing(sqlite3.connect(self.root / DATABASE_NAME)) as connection, connection:
            assert connection.execute(f"DELETE FROM {table} WHERE {condition}", [*keys.values()]).rowcount == 1

    def close(self) -> None:
        self.backend.close()

    def put_in(self, **ports: Any) -> None:
        """Replace ports by others that behave otherwise."""
        self.app = replace(self.app, **ports)

    def restart(self) -> None:
        """What was only in memory is gone."""
        self.close()
        self._open()

    def use(self, registry: Registry | OtherRegistry) -> None:
        """Deploy other contracts."""
        self.registry = registry
        self.put_in(registry=registry)

    def call(self, method: str, resource: str, body: bytes = b"", *, path: str = "", **event: Any) -> Answer:
        """An API Gateway call."""
        proxy = {
            "httpMethod": method,
            "resource": resource,
            "path": path or resource,
            "headers": {"x-api-key": self.api_key, "content-type": "application/json"},
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
            "requestContext": {"requestId": "request-1"},
        }
        response = ingest.answer(proxy | event, self.app)
        return Answer(response["statusCode"], response["body"], response["headers"])

    def post(self, document: Any, **event: Any) -> Answer:
        """POST /v1/events with a document, or with exact bytes."""
        body = document if isinstance(document, bytes) else json.dumps(document).encode()
        return self.call("POST", "/v1/events", body, **event)

    def post_batch(self, *documents: Any) -> Answer:
        return self.call("POST", "/v1/events/batch", json.dumps({"events": documents}).encode())

    def post_square(self, body: bytes, *, signature: str | None = None, **headers: str) -> Answer:
        """A native webhook as the vendor signs it, with further headers."""
        path = "/v1/webhooks/square/events"
        signed = hmac.digest(self.secret.encode(), PUBLIC_URL.encode() + path.encode() + body, "sha256")
        given = base64.b64encode(signed).decode() if signature is None else signature
        return self.call(
            "POST",
            "/v1/webhooks/{vendorId}/{topic}",
            body,
            path=path,
            pathParameters={"vendorId": "square", "topic": "events"},
            headers={"x-square-hmacsha256-signature": given, "content-type": "application/json"} | headers,
        )

    def status_of(self, external_event_id: str) -> Answer:
        parameters = {"externalEventId": external_event_id}
        return self.call("GET", "/v1/events/{externalEventId}", pathParameters=parameters)

    def messages(self) -> list[dict[str, Any]]:
        """SQS records of everything in the lanes, taken out of them."""
        bodies = [body for lane in Lane for body in self.taken(lane)]
        return [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]

    def drain(self) -> list[str]:
        """Normalize everything in the lanes; ids of the messages that failed."""
        failed: list[str] = []
        while records := self.messages():
            answer = normalize.answer({"Records": records}, self.app)
            failed += [one["itemIdentifier"] for one in answer["batchItemFailures"]]
        return failed

    def settle(self) -> None:
        """Drain, and sweep what was left behind, as a steward does in time."""
        for _ in range(4):
            self.drain()
            self.clock.advance(hours=7)
            sweep(self.app)
        self.drain()

    def feed(self) -> list[dict[str, Any]]:
        """Canonical events that have left, in order."""
        return [json.loads(detail) for detail in self.delivered()]

    def record(self, external_event_id: str = "inv-1", vendor_id: str = "vendorA") -> IngestRecord:
        """The index row of an event."""
        key = IdempotencyKey(vendor_id, external_event_id)
        return self.app.index.read([key], consistent=True)[key]

    def kept(self, external_event_id: str = "inv-1", vendor_id: str = "vendorA") -> QuarantineRecord | None:
        """The quarantine record of an event."""
        return self.app.quarantine.get(vendor_id, self.record(external_event_id, vendor_id).ingest_id)

    def raw_keys(self) -> list[str]:
        return [entry.key for entry in self.app.raw.entries("raw/")]

    def left_in_outbox(self) -> int:
        """Messages that were decided and not yet published."""
        return len(self.app.outbox.pending(datetime.max.replace(tzinfo=UTC), 10_000))

    def traces(self) -> tuple[int, int, int]:
        """How many raw objects, index rows and quarantine records there are."""
        rows = self.app.queries.events(
            vendor_id=None, received_from=None, received_before=None, after=None, limit=10_000
        )
        kept = self.app.quarantine.records(vendor_id=None, include_released=True, after=None, limit=10_000)
        return len(self.raw_keys()), len(rows), len(kept)


def envelope(external_event_id: str = "inv-1", **changes: Any) -> dict[str, Any]:
    """A valid vendorA envelope."""
    payload = {"warehouse": "ROA", "sku": " abc-001", "qty": 12}
    return {
        "vendorId": "vendorA",
        "externalEventId": external_event_id,
        "eventType": "inventory_update",
        "occurredAt": "2026-01-30T20:15:12Z",
        "payload": payload | changes.pop("payload", {}),
    } | changes
