"""What is decided of a request before it costs anything: whose it is, as far as is known, and whether it must wait.

A vendor that floods is refused on the event loop, before its body is read and without a thread; and no sender holds
more than a share of the threads, so that nobody waits behind another's queue.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from secrets import SystemRandom
from typing import TYPE_CHECKING

from handlers.core.credentials import principal_of
from handlers.core.problems import RequestRefusedError
from handlers.ingest import throttle
from handlers.values import TransientError
from handlers.wire import problem_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from handlers.application import Application

log = logging.getLogger("dvss.server")

REQUEST_THREADS = 64
# More of them take no more in over time, as they only leave more to be normalized; four make good use of a shared sync.
THREADS_OF_ONE_SENDER = 4
# Beyond it a request would wait longer than its sender does: better to say so at once.
MOST_REQUESTS_IN_FLIGHT = 1_000
MOST_OF_ONE_SENDER = 500
MOST_KEYS_KNOWN = 10_000
# A vendor that must wait a second may as well hear so at its end: what it asks meanwhile over that connection, and what
# it takes from the others, is then bounded by how many connections it has.
HOLD_SECONDS = 1.0
MOST_HELD_OF_ONE_SENDER = 100
REPORT_SECONDS = 1.0
_random = SystemRandom()
NOBODY = ""
"""The sender of what no known key came with."""
OPERATORS = "/operators"
"""The sender of what is asked on operators' routes: it waits behind no vendor."""
WEBHOOKS = "/v1/webhooks/"


class RequestThreads:
    """The threads that requests run on, shared out among senders, with a bound on how many requests wait for one."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(REQUEST_THREADS, thread_name_prefix="request")
        self._in_flight: Counter[str] = Counter()
        self._shares: dict[str, asyncio.Semaphore] = {}
        self._turns: dict[str, asyncio.Semaphore] = {}

    async def run[R](self, sender: str, function: Callable[[], R], *, in_turn: bool = False) -> R | None:
        """The function's result; None where too many requests wait already.

        Those that run ``in_turn`` share one of the sender's threads.
        """
        if self._in_flight[sender] >= MOST_OF_ONE_SENDER or self._in_flight.total() >= MOST_REQUESTS_IN_FLIGHT:
            return None
        self._in_flight[sender] += 1
        share = self._shares.setdefault(sender, asyncio.Semaphore(THREADS_OF_ONE_SENDER))
        try:
            async with share, self._turns.setdefault(sender, asyncio.Semaphore(1)) if in_turn else nullcontext():
                return await asyncio.get_running_loop().run_in_executor(self._threads, function)
        finally:
            self._in_flight[sender] -= 1
            if not self._in_flight[sender]:
                del self._in_flight[sender], self._shares[sender]
                self._turns.pop(sender, None)

    def close(self) -> None:
        self._threads.shutdown(wait=True)


class Admission:
    """Knows which vendor a key stands for once it has come in, and refuses vendors whose tokens are used up.

    What is known here lets nobody in: a key that was revoked is refused by the entry point, and forgotten.
    """

    def __init__(self, app: Application) -> None:
        self._app = app
        self._vendors: dict[bytes, str] = {}
        self._refused: Counter[str] = Counter()
        self._held: Counter[str] = Counter()

    def sender(self, headers: Iterable[tuple[bytes, bytes]], path: str) -> str:
        """The vendor of the request's key, or ``/v1/webhooks/`` and the vendor that its path names.

        ``NOBODY`` for a key that has not come in yet, for none, and where there is no such vendor.
        """
        if path.startswith(WEBHOOKS):
            vendor_id = path.removeprefix(WEBHOOKS).partition("/")[0]
            return NOBODY if self._app.registry.vendor(vendor_id) is None else WEBHOOKS + vendor_id
        return next((self._vendors.get(value, NOBODY) for name, value in headers if name == b"x-api-key"), NOBODY)

    def refusal(self, vendor_id: str, request_id: str) -> dict[str, Any] | None:
        """The proxy answer to a request of a vendor that must wait; None where one of its tokens was taken."""
        profile = self._app.registry.vendor(vendor_id)
        if profile is None:
            return None
        try:
            throttle(self._app, profile)
        except RequestRefusedError as refused:
            if not self._refused[vendor_id]:
                asyncio.get_running_loop().call_later(REPORT_SECONDS, self._report, vendor_id)
            self._refused[vendor_id] += 1
            return problem_answer(refused, request_id)
        return None

    async def hold(self, vendor_id: str) -> bool:
        """Let a refused vendor wait for its answer. False, and at once, where it keeps too many connections waiting."""
        if self._held[vendor_id] >= MOST_HELD_OF_ONE_SENDER:
            return False
        self._held[vendor_id] += 1
        try:
            # Those who are let go together would come back together.
            await asyncio.sleep(HOLD_SECONDS * _random.uniform(0.5, 1.5))
        finally:
            self._held[vendor_id] -= 1
        return True

    def is_flooding(self, sender: str) -> bool:
        """Whether the sender asks on while it was told to wait."""
        return self._held[sender] > 0

    def learn(self, headers: Mapping[str, Sequence[str]]) -> None:
        """Remember whose the key is, if it is anybody's."""
        key = headers.get("x-api-key", [""])[0]
        if key.encode("latin-1") in self._vendors:
            return
        try:
            principal = principal_of(self._app, key)
        except (RequestRefusedError, TransientError):
            return
        if len(self._vendors) >= MOST_KEYS_KNOWN:
            self._vendors.clear()
        self._vendors[key.encode("latin-1")] = principal.vendor_id or NOBODY

    def forget(self, headers: Mapping[str, Sequence[str]]) -> None:
        """No longer take the key for anybody's."""
        self._vendors.pop(headers.get("x-api-key", [""])[0].encode("latin-1"), None)

    def _report(self, vendor_id: str) -> None:
        # One line for each refusal would let a flood write the log.
        extra = {"vendorId": vendor_id, "code": "THROTTLED", "count": self._refused.pop(vendor_id)}
        log.info("requests over the vendor's rate were refused", extra=extra)
