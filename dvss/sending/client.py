"""The load that ``dvss send`` puts on a server: concurrent, paced, retried as a well-behaved vendor would."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import aiohttp

from handlers.values import DvssError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dvss.sending.sources import Outgoing

ATTEMPTS = 8
FIRST_BACKOFF_SECONDS = 0.2
LONGEST_BACKOFF_SECONDS = 10.0
RETRIED_STATUSES = frozenset({429, 502, 503, 504})
REQUEST_TIMEOUT_SECONDS = 30.0


class UnreachableError(DvssError):
    """No server answered; the message names the address and the way out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where to send and how hard."""

    url: str
    api_key: str = field(repr=False)
    clients: int = 8
    batch: int = 1
    events_per_second: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one event that was sent."""

    outgoing: Outgoing
    http_status: int
    status: str
    """ACCEPTED, DUPLICATE, CONFLICT or REJECTED."""
    ingest_id: str | None = None
    code: str | None = None
    detail: str | None = None


@dataclass(slots=True)
class Sending:
    """The outcome of a whole run."""

    outcomes: list[Outcome] = field(default_factory=list)
    latencies_ms: list[float] = field(default_factory=list)
    """One for each answered request, from its first byte sent to its last byte read; waits between retries left out."""
    seconds: float = 0.0

    def count(self, status: str) -> int:
        return sum(outcome.status == status for outcome in self.outcomes)

    def percentile(self, percent: int) -> float:
        """Nearest rank, in milliseconds; 0 where nothing was sent."""
        if not self.latencies_ms:
            return 0.0
        ordered = sorted(self.latencies_ms)
        return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def send(events: Iterator[Outgoing], target: Target, on_outcome: Callable[[Outcome], None]) -> Sending:
    """Post every event and return what became of each. Raises UnreachableError once retries are used up."""
    import uvloop

    return uvloop.run(_send(events, target, on_outcome))


async def _send(events: Iterator[Outgoing], target: Target, on_outcome: Callable[[Outcome], None]) -> Sending:
    sending = Sending()
    groups = _grouped(events, target.batch)
    pace = _Pace(target.events_per_second)
    started = time.perf_counter()
    connector = aiohttp.TCPConnector(limit=target.clients, force_close=False)
    timeout = aiohttp.ClientTimeout(total=REQUEST_TIMEOUT_SECONDS)
    headers = {"x-api-key": target.api_key, "content-type": "application/json"}
    async with aiohttp.ClientSession(
        connector=connector, timeout=timeout, headers=headers, auto_decompress=False
    ) as session:
        post = _Post(session, target, sending)
        await post.greet()

        async def client() -> None:
            for group in groups:
                await pace.wait(len(group))
                for outcome in await post.group(group):
                    sending.outcomes.append(outcome)
                    on_outcome(outcome)

        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(target.clients):
                    tasks.create_task(client())
        except ExceptionGroup as errors:
            # One reason ends the run; the other clients only share it.
            raise errors.exceptions[0] from None
    sending.seconds = time.perf_counter() - started
    return sending


def _grouped(events: Iterator[Outgoing], size: int) -> Iterator[list[Outgoing]]:
    group: list[Outgoing] = []
    for event in events:
        group.append(event)
        if len(group) == size:
            yield group
            group = []
    if group:
        yield group


class _Pace:
    """Lets ``events_per_second`` through, evenly."""

    def __init__(self, events_per_second: float | None) -> None:
        self._interval = 1 / events_per_second if events_per_second else 0.0
        self._next = time.perf_counter()

    async def wait(self, events: int) -> None:
        if self._interval:
            at = max(self._next, time.perf_counter())
            self._next = at + self._interval * events
            await asyncio.sleep(at - time.perf_counter())


class _Post:
    def __init__(self, session: aiohttp.ClientSession, target: Target, sending: Sending) -> None:
        self._session = session
        self._target = target
        self._latencies = sending.latencies_ms

    async def greet(self) -> None:
        """Ask for the server's health once, so that a wrong address is told at once and not after every retry."""
        try:
            async with self._session.get(self._target.url + "/v1/health") as response:
                await response.read()
        except (aiohttp.ClientConnectionError, aiohttp.InvalidURL, TimeoutError) as error:
            raise self._unreachable(error) from error

    def _unreachable(self, error: Exception) -> UnreachableError:
        return UnreachableError(
            f"No answer from {self._target.url} ({type(error).__name__}). "
            "Start the server with `dvss serve`, or name another one with --url."
        )

    async def group(self, group: Sequence[Outgoing]) -> list[Outcome]:
        if self._target.batch == 1:
            status, answer = await self._post("/v1/events", group[0].body)
            return [_outcome(group[0], status, answer)]
        body = b'{"events": [' + b",".join(event.body for event in group) + b"]}"
        status, answer = await self._post("/v1/events/batch", body)
        results = answer.get("results")
        if status != 200 or not isinstance(results, list):  # noqa: PLR2004 - the one status that carries results
            return [_outcome(event, status, answer) for event in group]
        return [_outcome(event, status, result) for event, result in zip(group, results, strict=True)]

    async def _post(self, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Post until there is a verdict: a refused connection and a 503 leave no trace, and a repeat is a duplicate."""
        backoff = FIRST_BACKOFF_SECONDS
        for attempt in range(1, ATTEMPTS + 1):
            started = time.perf_counter()
            retry_after = None
            try:
                async with self._session.post(self._target.url + path, data=body) as response:
                    answer = await response.read()
                self._latencies.append((time.perf_counter() - started) * 1000)
            except (aiohttp.ClientConnectionError, TimeoutError) as error:
                if attempt == ATTEMPTS:
                    raise self._unreachable(error) from error
            else:
                if response.status not in RETRIED_STATUSES or attempt == ATTEMPTS:
                    return response.status, _object(answer)
                retry_after = response.headers.get("retry-after", "")
            wait = float(retry_after) if retry_after and retry_after.isdigit() else backoff
            await asyncio.sleep(min(wait, LONGEST_BACKOFF_SECONDS))
            backoff *= 2
        raise AssertionError


def _object(answer: bytes) -> dict[str, Any]:
    try:
        document = json.loads(answer)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _outcome(event: Outgoing, http_status: int, answer: dict[str, Any]) -> Outcome:
    """The verdict for one event; an answer that names none of ours is a rejection."""
    status = answer.get("status")
    if status not in {"ACCEPTED", "DUPLICATE", "CONFLICT"}:
        status = "CONFLICT" if answer.get("code") == "CONFLICT" else "REJECTED"
    return Outcome(
        outgoing=event,
        http_status=http_status,
        status=status,
        ingest_id=answer.get("ingestId"),
        code=answer.get("code"),
        detail=answer.get("detail"),
    )
