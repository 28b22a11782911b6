"""Vendors that send, and send again until they are answered, and remember what they were told."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handlers.core.digests import payload_digest, rule_of
from handlers.values import IdempotencyKey
from tests.faults.history import ACCEPTED, CONFLICT, DUPLICATE, History
from tests.handlers.deployments import profile_of
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.faults.history import Operation
    from tests.handlers.world import Answer, World

_COUNTS = Path(__file__).parents[1] / "golden/square/inventory.count.updated/several-counts/raw.json"
_DURABLE = frozenset({200, 202, 409})
BAD = "many"
"""A quantity that becomes no canonical event."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One payload under one event id, as often as it may be sent."""

    key: IdempotencyKey
    digest: str
    document: Any
    """An envelope, or the body of a webhook."""

    @property
    def is_webhook(self) -> bool:
        return self.key.vendor_id == "square"

    @property
    def body(self) -> bytes:
        return json.dumps(self.document).encode()


def inventory(name: str, qty: Any) -> Sent:
    """An envelope of vendorA."""
    document = envelope(name, payload={"qty": qty})
    return _sent(document, IdempotencyKey("vendorA", name), document["payload"], "inventory_update", "occurredAt")


def counts(name: str, merchant: str) -> Sent:
    """A webhook of square."""
    body = json.loads(_COUNTS.read_bytes()) | {"event_id": name, "merchant_id": merchant}
    return _sent(body, IdempotencyKey("square", name), body, body["type"], "created_at")


def _sent(document: Any, key: IdempotencyKey, payload: Any, event_type: str, time_name: str) -> Sent:
    rule = rule_of(profile_of(key.vendor_id).digest_without)
    return Sent(key, payload_digest(rule, event_type, document[time_name], payload), document)


class Vendors:
    """All of the senders of one run."""

    def __init__(self) -> None:
        self.history = History()
        self.sent: dict[tuple[IdempotencyKey, str], Sent] = {}
        self.refused: set[tuple[IdempotencyKey, str]] = set()
        """Payloads that were answered CONFLICT, whatever became of them later."""
        self.reworks: Counter[IdempotencyKey] = Counter()
        """How often an operator asked for an event to be normalized again, or for another payload in its place."""
        self._corrections: Counter[IdempotencyKey] = Counter()

    def send(self, world: World, sent: Sent) -> Answer:
        """One event in one request."""
        operation = self._invoke(sent)
        answer = world.post_square(sent.body) if sent.is_webhook else world.post(sent.body)
        if answer.status in _DURABLE:
            self._note(operation, sent, CONFLICT if answer.status == 409 else answer.body["status"], answer.body)
        return answer

    def send_batch(self, world: World, events: Sequence[Sent]) -> Answer:
        """Events of vendorA in one request."""
        operations = [self._invoke(sent) for sent in events]
        answer = world.post_batch(*(sent.document for sent in events))
        if answer.status in _DURABLE:
            for operation, sent, result in zip(operations, events, answer.body["results"], strict=True):
                self._note(operation, sent, result["status"], result)
        return answer

    def insist(self, world: World) -> None:
        """Send again what has no durable answer yet, as vendors do. Faults have ended, so each gets one."""
        for sent in list(self.sent.values()):
            if not any(one.verdict for one in self.operations(sent.key) if one.payload == sent.digest):
                answer = self.send(world, sent)
                assert answer.status in _DURABLE, answer.text

    def operations(self, key: IdempotencyKey) -> list[Operation]:
        """What was sent under the key since its last correction."""
        return [one for one in self.history.operations() if one.key == self._name(key)]

    def corrected(self, sent: Sent) -> None:
        """A payload that was refused has taken the event's place: from now on it is as if it had come first."""
        self._corrections[sent.key] += 1
        self.history.invoke(self._name(sent.key), sent.digest)

    def _invoke(self, sent: Sent) -> Operation:
        self.sent[sent.key, sent.digest] = sent
        return self.history.invoke(self._name(sent.key), sent.digest)

    def _note(self, operation: Operation, sent: Sent, verdict: str, told: dict[str, Any]) -> None:
        assert verdict in {ACCEPTED, DUPLICATE, CONFLICT}, told
        if verdict == CONFLICT:
            self.refused.add((sent.key, sent.digest))
        self.history.answer(operation, verdict, told["ingestId"])

    def _name(self, key: IdempotencyKey) -> str:
        corrections = self._corrections[key]
        return f"{key.vendor_id}/{key.external_event_id}" + (f" corrected {corrections}" if corrections else "")
