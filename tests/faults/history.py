"""Whether what clients were told, however many asked at once, can have come from a system that accepts an event once.

Per key that is a register which the first writer sets: that one is told ACCEPTED, whoever sends the same payload
DUPLICATE, whoever sends another one CONFLICT, and each of them is told the same ingest id. Nothing here knows who was
asked: clients of the entry points and clients of a server over HTTP are judged alike.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

ACCEPTED, DUPLICATE, CONFLICT = "ACCEPTED", "DUPLICATE", "CONFLICT"


@dataclass(slots=True)
class Operation:
    """One sending of one event. One that had no durable answer (503, a timeout, a crash) keeps its last three None.

    A client that sends again by itself records each of its attempts: one that is not recorded may have been the first.
    """

    key: str
    """Of the event: vendor and external event id."""
    payload: str
    """A digest; equal for what the system takes for the same payload."""
    invoked: int
    """When it was sent; a place in one order with all answers."""
    answered: int | None = None
    verdict: str | None = None
    ingest_id: str | None = None


class History:
    """Operations as many threads record them."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moment = 0
        self._operations: list[Operation] = []

    def invoke(self, key: str, payload: str) -> Operation:
        """Record a sending; called before the first byte leaves."""
        with self._lock:
            self._moment += 1
            operation = Operation(key, payload, self._moment)
            self._operations.append(operation)
        return operation

    def answer(self, operation: Operation, verdict: str, ingest_id: str) -> None:
        """Record a durable answer; called after its last byte has arrived."""
        with self._lock:
            self._moment += 1
            operation.answered, operation.verdict, operation.ingest_id = self._moment, verdict, ingest_id

    def operations(self) -> Sequence[Operation]:
        with self._lock:
            return list(self._operations)


def contradictions(operations: Iterable[Operation]) -> Iterator[str]:
    """What cannot be, in words."""
    by_key: dict[str, list[Operation]] = defaultdict(list)
    for operation in operations:
        by_key[operation.key].append(operation)
    for key, sent in by_key.items():
        for contradiction in _of_one_key(sent):
            yield f"{key}: {contradiction}"


def _of_one_key(sent: Sequence[Operation]) -> Iterator[str]:
    told = [one for one in sent if one.verdict is not None]
    accepted = [one for one in told if one.verdict == ACCEPTED]
    if len(accepted) > 1:
        yield f"ACCEPTED {len(accepted)} times"
    ingest_ids = {one.ingest_id for one in told}
    if len(ingest_ids) > 1:
        yield f"answers name {len(ingest_ids)} ingest ids: {sorted(map(str, ingest_ids))}"
    taken = {one.payload for one in told if one.verdict in {ACCEPTED, DUPLICATE}}
    refused = {one.payload for one in told if one.verdict == CONFLICT}
    if len(taken) > 1:
        yield f"{len(taken)} payloads were taken for one"
    if taken & refused:
        yield "a payload was both taken and refused"
    if not accepted and len(told) == len(sent):
        yield "everyone was answered, and nobody ACCEPTED"
    for one in told:
        yield from _untimely(one, sent, accepted)


def _untimely(one: Operation, sent: Sequence[Operation], accepted: Sequence[Operation]) -> Iterator[str]:
    """An answer that nothing sent until then explains."""
    assert one.answered is not None
    if one.answered <= one.invoked:
        yield f"{one.verdict} was told before it was asked for"
    before = [other for other in sent if other is not one and other.invoked < one.answered]
    if one.verdict == DUPLICATE and all(other.payload != one.payload for other in before):
        yield "DUPLICATE of nothing that was sent before"
    if one.verdict == CONFLICT and all(other.payload == one.payload for other in before):
        yield "CONFLICT with nothing that was sent before"
    if any(one.answered < first.invoked for first in accepted):
        yield f"{one.verdict} was told before the ACCEPTED one was sent"
