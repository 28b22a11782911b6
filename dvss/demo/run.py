"""Sends the demo's requests over HTTP and holds what became of them against what was promised."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from dvss.way import Way, way_of
from generated.runtime.exact_json import parse
from handlers.values import IdempotencyKey

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dvss.bootstrap import LocalDeployment
    from dvss.demo.steps import Promise, Step

PATIENCE_SECONDS = 10.0
POLL_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Delivered:
    """One event of a step: its answer and its way, once it has come to an end."""

    promise: Promise
    answer: dict[str, Any]
    way: Way | None

    @property
    def verdict(self) -> str:
        """What the answer says: a status, or the code of a problem."""
        status = self.answer.get("status")
        return status if isinstance(status, str) else str(self.answer.get("code"))


@dataclass(frozen=True, slots=True)
class Done:
    """A step with what came of it."""

    step: Step
    http_status: int
    milliseconds: float
    delivered: tuple[Delivered, ...]
    broken: list[str] = field(default_factory=list)
    """Each promise that was not kept, as a sentence."""


def run(step: Step, url: str, deployment: LocalDeployment) -> Done:
    started = time.perf_counter()
    status, answer = request(url, "POST", step.path, {"content-type": "application/json", **step.headers}, step.body)
    milliseconds = (time.perf_counter() - started) * 1000
    answers = answer.get("results", [answer])
    delivered = tuple(
        Delivered(promise, one, _way(deployment, IdempotencyKey(step.vendor_id, promise.external_event_id)))
        for promise, one in zip(step.promises, answers, strict=True)
    )
    done = Done(step, status, milliseconds, delivered)
    _expect(done, f"{step.path} answers", status, step.http_status)
    for one in delivered:
        _check(done, one, deployment)
    return done


def request(url: str, method: str, path: str, headers: Mapping[str, str], body: bytes = b"") -> tuple[int, Any]:
    """Status and JSON of one request."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=PATIENCE_SECONDS)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, parse(response.read())
    finally:
        connection.close()


def _way(deployment: LocalDeployment, key: IdempotencyKey) -> Way | None:
    """The way of the event, as soon as it is terminal and published."""
    application = deployment.application
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < give_up_at:
        record = application.index.read([key], consistent=True).get(key)
        if record is not None and record.dispatch_at is None:
            way = way_of(application, record)
            if not way.waiting:
                return way
        time.sleep(POLL_SECONDS)
    return None


def _expect(done: Done, what: str, found: object, promised: object) -> None:
    if found != promised:
        done.broken.append(f"{done.step.title}: {what} {found!r}, not {promised!r}")


def _check(done: Done, delivered: Delivered, deployment: LocalDeployment) -> None:
    promise, way = delivered.promise, delivered.way
    _expect(done, "the answer is", delivered.verdict, promise.answer)
    if way is None:
        done.broken.append(f"{done.step.title}: {promise.external_event_id} came to no end in {PATIENCE_SECONDS} s")
        return
    _expect(done, "the ingest id is", delivered.answer.get("ingestId"), way.record.ingest_id)
    is_conflict = promise.answer == "CONFLICT"
    kept = next(iter(way.conflicts), None) if is_conflict else way.quarantine
    raw = deployment.application.raw.get(kept.raw) if is_conflict and kept is not None else way.raw_bytes
    _expect(done, "the raw bytes are", raw, promise.sent)
    if not is_conflict:
        _expect(done, "the canonical events are", [event["data"] for event in way.canonical], list(promise.canonical))
        _expect(done, "their type is", {event["eventType"] for event in way.canonical}, _types(promise))
    if promise.reason is not None:
        found = None if kept is None else (kept.reason, kept.violations[0].pointer)
        _expect(done, "the quarantine says", found, (promise.reason, promise.pointer))


def _types(promise: Promise) -> set[str | None]:
    return {promise.event_type} if promise.canonical else set()


def feed_is_complete(url: str, operator_key: str, done: list[Done]) -> str | None:
    """Whether the feed holds each canonical event once; else what is wrong with it."""
    promised = sorted(
        event["eventId"]
        for one in done
        for delivered in one.delivered
        if delivered.way and delivered.promise.answer == "ACCEPTED"
        for event in delivered.way.canonical
    )
    status, page = request(url, "GET", "/v1/feed?limit=1000", {"x-api-key": operator_key})
    found = sorted(entry["event"]["eventId"] for entry in page["entries"]) if status == http.HTTPStatus.OK else page
    return None if found == promised else f"the feed holds {json.dumps(found)}, not {json.dumps(promised)}"
