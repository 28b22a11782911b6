"""The verb `send`: requests to the API, as vendors send them."""

import hashlib
import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.e2e.matching import at, differences
from tests.e2e.run import MismatchError, Run
from tests.e2e.scenario import Answer, Send


@dataclass(frozen=True)
class _Request:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class _Received:
    status: int
    headers: dict[str, str]
    document: Any


def send(run: Run, step: Send) -> None:
    """Send, check the answers, save what is asked for. Raises MismatchError."""
    attempts = count()

    def attempt() -> list[str]:
        run.save({"attempt": next(attempts)})
        requests = [_request(run, step, n) for n in range(step.count)]
        received = _exchange(run, requests, step.at_once)
        found = _differences(run, step, received)
        if not found:
            run.save({name: _saved(requests[0], received[0], place) for name, place in step.save.items()})
        return found

    if step.until:
        run.eventually(attempt)
    elif found := attempt():
        raise MismatchError(found)


def _saved(request: _Request, received: _Received, place: str) -> Any:
    return hashlib.sha256(request.body).hexdigest() if place == "@sha256" else at(received.document, place)


def _request(run: Run, step: Send, n: int) -> _Request:
    body = _body(run, step, n)
    headers = {"content-type": "application/json", **run.filled(step.headers, n=n)}
    if step.method == "GET":
        headers.pop("content-type")
    if step.key_of:
        headers["x-api-key"] = run.vendors.api_key(step.key_of)
    path = run.filled(step.path, n=n)
    if step.signature_of:
        headers |= run.vendors.signature(step.signature_of, path, body)
    return _Request(step.method, path, {name: value for name, value in headers.items() if value}, body)


def _body(run: Run, step: Send, n: int) -> bytes:
    if step.text is not None:
        return str(run.filled(step.text, n=n)).encode()
    document = run.filled(step.body, n=n)
    if step.events is not None:
        first = n * step.events
        document = {"events": [run.filled(step.each, n=first + index) for index in range(step.events)]}
    if document is None:
        return b""
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
    return body if step.pad is None else body[:1] + b" " * (step.pad - len(body)) + body[1:]


def _exchange(run: Run, requests: Sequence[_Request], at_once: int) -> list[_Received]:
    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(lambda request: _exchange_one(run, request), requests))


def _exchange_one(run: Run, request: _Request) -> _Received:
    answer = run.target.http.request(
        request.method, run.target.api_url + request.path, body=request.body or None, headers=request.headers
    )
    try:
        document = json.loads(answer.data)
    except ValueError:
        document = answer.data.decode("utf-8", "replace")
    return _Received(answer.status, {name.lower(): value for name, value in answer.headers.items()}, document)


def _differences(run: Run, step: Send, received: Sequence[_Received]) -> list[str]:
    left = list(received)
    found = []
    for answer in step.answers:
        wanted = answer.model_copy(update={"has": run.filled(answer.has)})
        fitting = [one for one in left if not _answer_differences(wanted, one)]
        if len(fitting) != answer.times and (answer.times is not None or not fitting):
            found.append(
                f"{len(fitting)} answers are {wanted.status} {wanted.has}, not {answer.times or 'one or more'}"
            )
        left = [one for one in left if one not in fitting]
    found += [f"answered {one.status} {str(one.document)[:400]}" for one in left[:3]]
    ids = {
        one.document["ingestId"] for one in received if isinstance(one.document, dict) and "ingestId" in one.document
    }
    if step.one_ingest_id and len(ids) != 1:
        found.append(f"the answers name {len(ids)} ingest ids")
    return found


def _answer_differences(wanted: Answer, received: _Received) -> list[str]:
    headers = {name: {"$matches": pattern} for name, pattern in wanted.headers.items()}
    return (
        differences(wanted.status, received.status)
        + differences(headers, received.headers)
        + differences(wanted.has, received.document if wanted.has else {})
    )
