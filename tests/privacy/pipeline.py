"""A system whose every way out is written down, and vendors that send it canaries by every route."""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from generated.registry import REGISTRY
from handlers.core.quarantine import release_correction
from handlers.values import ReasonCode, Role
from tests.privacy.canaries import CANARY, FAULTS, NUMBER, Kind, Place, places, planted, shows
from tests.privacy.judged import JUDGED
from tests.signatures.signers import SIGNERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handlers.values import BusMessage
    from tests.handlers.world import Answer, World

EXAMPLES = Path(__file__).parents[2] / "dvss" / "examples"
OCCURRED_AT = "2026-01-30T20:15:12Z"
TOGETHER = 12
"""Places that are planted in one event: fewer than the violations that are listed of it."""


@dataclass
class Outlets:
    """Everything that was said, by where."""

    texts: list[tuple[str, str]] = field(default_factory=list)
    secrets: set[str] = field(default_factory=set)
    """Credentials that were used: they are to be seen nowhere but in their own table."""

    def add(self, where: str, text: object) -> None:
        self.texts.append((where, text if isinstance(text, str) else str(text)))

    def leaks(self) -> list[tuple[str, str, str]]:
        """Where, and what it begins with, and what surrounds the canary."""
        found = []
        for where, text in self.texts:
            if shows(text):
                at = max(text.lower().find(CANARY.lower()), text.find(str(NUMBER)))
                found.append((where, text[:60], text[max(at - 200, 0) : at + 100]))
        return found

    def betrayed(self) -> list[tuple[str, str]]:
        """Where a credential was said, and what it begins with."""
        said = [one for one in self.texts if one[0] != "table webhook_secret"]
        return [(where, one[:6]) for where, text in said for one in self.secrets if one in text]


class Lines(logging.Handler):
    """Every record of the process, at whatever level, as a line of each formatter."""

    def __init__(self, outlets: Outlets, formatters: Sequence[logging.Formatter]) -> None:
        super().__init__(logging.DEBUG)
        self._outlets = outlets
        self._formatters = formatters

    def emit(self, record: logging.LogRecord) -> None:
        for formatter in self._formatters:
            self._outlets.add("log", formatter.format(record))


class NotedBus:
    """A bus before another: what is no canonical event is written down."""

    def __init__(self, behind: Any, outlets: Outlets) -> None:
        self._behind = behind
        self._outlets = outlets

    def publish(self, messages: Sequence[BusMessage]) -> Any:
        for message in messages:
            if message.detail_type in {"normalize.failed", "ingest.accepted"}:
                self._outlets.add(f"bus {message.detail_type}", message.detail.decode())
        return self._behind.publish(messages)


@dataclass(frozen=True)
class Sample:
    """A vendor's published example of an event, with its marked places."""

    vendor_id: str
    event_type: str
    payload: Any
    marked: tuple[Place, ...]

    def events(self, kinds: Sequence[Kind] = (Kind.VALID, *FAULTS)) -> Iterator[tuple[Kind, list[Place], Any]]:
        """Payloads with canaries, each with as many places as its violations can name."""
        for kind in kinds:
            fitting = [one for one in self.marked if one.value(kind) is not None]
            if kind is Kind.VALID:
                fitting = [one for one in fitting if not one.is_new and not self._is_judged(one)]
            for start in range(0, len(fitting), TOGETHER):
                chosen = fitting[start : start + TOGETHER]
                yield kind, chosen, planted(self.payload, chosen, kind)

    def _is_judged(self, place: Place) -> bool:
        """Whether the mapping shows something of the place, on purpose."""
        pointer = "".join("/*" if isinstance(name, int) else f"/{name}" for name in place.path)
        return any(vendor == self.vendor_id and pointer.endswith(judged) for vendor, judged in JUDGED)


IS_SOAK = bool(os.environ.get("DVSS_SOAK"))


def samples(*, every_value: bool = False) -> list[Sample]:
    """One of each payload schema with marked places that has an example; in a soak one of each event type.

    With ``every_value`` each value counts as marked.
    """
    found = []
    seen = set()
    for path in sorted(EXAMPLES.glob("*/*.json")):
        profile = REGISTRY.vendor(path.parent.name)
        event_type = path.name.removesuffix(".json")
        if profile is None or path.name.endswith(".canonical.json") or event_type not in profile.events:
            continue
        payload = json.loads(path.read_bytes())
        for binding in profile.events[event_type][-1:]:
            item, around = _element(profile.webhook, payload)
            marked = tuple(
                Place((*around, *one.path), one.schema, one.is_new)
                for one in places(REGISTRY.schema(binding.payload_schema), item, every_value=every_value)
            )
            if marked and (IS_SOAK or binding.payload_schema not in seen):
                seen.add(binding.payload_schema)
                found.append(Sample(profile.vendor_id, event_type, payload, marked))
    return found


def _element(webhook: Any, payload: Any) -> tuple[Any, tuple[str | int, ...]]:
    """The first event of a body, and the way to it."""
    if webhook is None or webhook.split is None:
        return payload, ()
    found = payload
    for name in webhook.split:
        found = found[name]
    return found[0], (*webhook.split, 0)


class Sender:
    """Every vendor, by webhook where it has one, and by envelope and batch."""

    def __init__(self, world: World, outlets: Outlets) -> None:
        self._world = world
        self._outlets = outlets
        self._count = 0
        self._keys: dict[str, str] = {}
        self._secrets: set[str] = set()

    def webhook(self, sample: Sample, payload: Any) -> Answer:
        profile = REGISTRY.vendor(sample.vendor_id)
        assert profile is not None
        signer = SIGNERS[profile.scheme]
        if sample.vendor_id not in self._secrets:
            self._world.put_secret(sample.vendor_id, signer.secret)
            self._secrets.add(sample.vendor_id)
            self._outlets.secrets.add(signer.secret)
        path = f"/v1/webhooks/{sample.vendor_id}/{sample.event_type}"
        body = json.dumps(payload).encode()
        signed = signer.sign(body, signer.secret, self._world.clock.now(), self._world.app.public_url + path)
        headers = {name: values[0] for name, values in signed.headers.items()}
        return self._noted(
            "POST",
            "/v1/webhooks/{vendorId}/{topic}",
            signed.body,
            path=path,
            pathParameters={"vendorId": sample.vendor_id, "topic": sample.event_type},
            headers=headers | {"content-type": "application/json"},
        )

    def envelope(self, sample: Sample, payload: Any, **changes: Any) -> Answer:
        document = self._document(sample, payload) | changes
        return self._noted("POST", "/v1/events", json.dumps(document).encode(), headers=self._key(sample.vendor_id))

    def batch(self, sample: Sample, payloads: Sequence[Any], **changes: Any) -> Answer:
        events = [self._document(sample, payload) | changes for payload in payloads]
        body = json.dumps({"events": events}).encode()
        return self._noted("POST", "/v1/events/batch", body, headers=self._key(sample.vendor_id))

    def status(self, vendor_id: str, external_event_id: str) -> Answer:
        parameters = {"externalEventId": external_event_id}
        resource = "/v1/events/{externalEventId}"
        return self._noted("GET", resource, b"", pathParameters=parameters, headers=self._key(vendor_id))

    def _document(self, sample: Sample, payload: Any) -> dict[str, Any]:
        self._count += 1
        return {
            "vendorId": sample.vendor_id,
            "externalEventId": f"event-{self._count}",
            "eventType": sample.event_type,
            "occurredAt": OCCURRED_AT,
            "payload": payload,
        }

    def _key(self, vendor_id: str) -> dict[str, str]:
        if vendor_id not in self._keys:
            self._keys[vendor_id] = self._world.issue_key(Role.VENDOR, vendor_id)
            self._outlets.secrets.add(self._keys[vendor_id])
        return {"x-api-key": self._keys[vendor_id], "content-type": "application/json"}

    def _noted(self, *call: Any, **event: Any) -> Answer:
        # Nobody's rate limit is in the way.
        self._world.clock.advance(seconds=60)
        answer = self._world.call(*call, **event)
        self._outlets.add("answer", f"{answer.status} {answer.text} {answer.headers}")
        return answer


def run_through(world: World, outlets: Outlets, some: Sequence[Sample], kinds: Sequence[Kind]) -> set[tuple[str, str]]:
    """Send canaries by every route, normalize, correct conflicts, ask and replay; vendor and pointer of what was told.

    A webhook's body names its event itself: with other canaries it is a conflict, and corrected to be the event.
    """
    sender = Sender(world, outlets)
    for sample in some:
        profile = REGISTRY.vendor(sample.vendor_id)
        assert profile is not None
        for kind, _, payload in sample.events(kinds):
            if profile.webhook is not None:
                sender.webhook(sample, payload)
                sender.webhook(sample, payload)
                world.drain()
                _correct(world, sample.vendor_id)
            if profile.webhook is None or profile.webhook.split is None:
                sender.envelope(sample, payload, externalEventId=f"same-{sample.event_type}")
                sender.batch(sample, [payload, sample.payload])
                sender.batch(sample, [payload], schemaVersion=None)
                sender.envelope(sample, payload, occurredAt=kind.value)
            world.drain()
    world.settle()
    told = _kept(world, outlets)
    for record in world.app.queries.events(
        vendor_id=None, received_from=None, received_before=None, after=None, limit=10_000
    ):
        sender.status(record.key.vendor_id, record.key.external_event_id)
        outlets.add("index", record)
    for counted in world.metrics.counts:
        outlets.add("metrics", counted)
    return told


def _correct(world: World, vendor_id: str) -> None:
    """Make each payload that conflicts the event, and normalize it."""
    for record in world.app.quarantine.records(vendor_id=vendor_id, include_released=False, after=None, limit=1_000):
        if record.reason is ReasonCode.EVENT_ID_REUSE_DIFFERENT_PAYLOAD:
            release_correction(world.app, record)
            world.drain()


def _kept(world: World, outlets: Outlets) -> set[tuple[str, str]]:
    told = set()
    for record in world.app.quarantine.records(vendor_id=None, include_released=True, after=None, limit=10_000):
        outlets.add("quarantine", record)
        told |= {(record.vendor_id, one.pointer) for one in record.violations}
    return told
