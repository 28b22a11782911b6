"""Random histories with faults in them: whatever happens, an acknowledged event becomes one canonical event."""

from __future__ import annotations

import os
import tempfile
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from handlers import normalize
from handlers.core.digests import payload_digest, rule_of
from handlers.core.sweeping import sweep
from handlers.values import Status, TransientError
from tests.handlers.test_crashes import ERRORS, PORTS, Faults, SimulatedCrash
from tests.handlers.world import World, envelope

names = st.sampled_from("abc")
quantities = st.sampled_from([1, 2])
faults = st.none() | st.builds(
    lambda at, error, after_effect: Faults(at, ERRORS[error], after_effect=after_effect),
    st.integers(1, 8),
    st.sampled_from(sorted(ERRORS)),
    st.booleans(),
)


class StaleIndex:
    """An index whose inconsistent reads miss everything, as they may."""

    def __init__(self, index: Any) -> None:
        self._index = index

    def read(self, keys: Any, *, consistent: bool) -> Any:
        return self._index.read(keys, consistent=True) if consistent else {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._index, name)


class Histories(RuleBasedStateMachine):
    """Vendors that send and send again, queues that deliver twice, processes that end anywhere."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.world = World(Path(self.folder.name))
        self.queue: list[dict[str, Any]] = []
        self.acknowledged: dict[str, set[tuple[str, int]]] = defaultdict(set)
        self.refused: set[tuple[str, int]] = set()

    def _under(self, fault: Faults | None, action: Any, *, is_stale: bool = False) -> Any:
        """The action's result; None where the process ended in it, or said that it failed."""
        healthy = self.world.app
        if is_stale:
            stale: Any = StaleIndex(healthy.index)
            self.world.app = replace(healthy, index=stale)
        if fault:
            ports = {name: fault.wrap(getattr(self.world.app, name)) for name in PORTS}
            self.world.app = replace(healthy, **ports)
        try:
            result = action()
        except SimulatedCrash:
            self.queue.clear()
            self.world.restart()
            return None
        except TransientError:
            result = None
        self.world.app = healthy
        return result

    def _note(self, name: str, qty: int, status: str, ingest_id: str) -> None:
        if status == "CONFLICT":
            self.refused.add((name, qty))
        else:
            self.acknowledged[name].add((ingest_id, qty))

    @rule(name=names, qty=quantities, fault=faults, is_stale=st.booleans())
    def send(self, name: str, qty: int, fault: Faults | None, is_stale: bool) -> None:
        document = envelope(name, payload={"qty": qty})
        answer = self._under(fault, lambda: self.world.post(document), is_stale=is_stale)
        if answer is not None and answer.status != 503:
            assert answer.status in {200, 202, 409}
            outcome = "CONFLICT" if answer.status == 409 else answer.body["status"]
            self._note(name, qty, outcome, answer.body["ingestId"])

    @rule(items=st.lists(st.tuples(names, quantities), min_size=1, max_size=4), fault=faults, is_stale=st.booleans())
    def send_batch(self, items: list[tuple[str, int]], fault: Faults | None, is_stale: bool) -> None:
        documents = [envelope(name, payload={"qty": qty}) for name, qty in items]
        answer = self._under(fault, lambda: self.world.post_batch(*documents), is_stale=is_stale)
        if answer is not None and answer.status != 503:
            for (name, qty), result in zip(items, answer.body["results"], strict=True):
                self._note(name, qty, result["status"], result["ingestId"])

    @rule(times=st.integers(1, 2), fault=faults)
    def deliver(self, times: int, fault: Faults | None) -> None:
        self.queue += self.world.messages()
        records = self.queue * times
        answer = self._under(fault, lambda: normalize.answer({"Records": records}, self.world.app))
        if answer is not None and not answer["batchItemFailures"]:
            self.queue.clear()

    @rule(minutes=st.sampled_from([0, 1, 3, 500]), fault=faults)
    def sweep(self, minutes: int, fault: Faults | None) -> None:
        self.world.clock.advance(minutes=minutes)
        self._under(fault, lambda: sweep(self.world.app))

    @rule()
    def lose_the_queue(self) -> None:
        self.world.messages()
        self.queue.clear()

    @rule()
    def restart(self) -> None:
        self.world.restart()
        self.queue.clear()
        sweep(self.world.app, everything=True)

    def teardown(self) -> None:
        try:
            self.world.settle()
            self._check()
        finally:
            self.world.close()
            self.folder.cleanup()

    def _check(self) -> None:
        told = [(event["eventId"], event["data"]["quantityOnHand"]) for event in self.world.feed()]
        assert len(told) == len(set(told))
        for name, answers in self.acknowledged.items():
            record = self.world.record(name)
            (answered,) = answers
            assert (record.status, record.dispatch_at) == (Status.NORMALIZED, None)
            assert answered[0] == record.ingest_id
            assert told.count(answered) == 1
        for name, qty in self.refused:
            first = {acknowledged for _, acknowledged in self.acknowledged[name]}
            assert qty not in first
            digest = payload_digest(rule_of(()), "inventory_update", "2026-01-30T20:15:12Z", _payload(qty))
            kept = self.world.app.quarantine.get("vendorA", f"C#{name}#{digest}")
            assert kept is not None
            assert f'"qty": {qty}' in self.world.app.raw.get(kept.raw).decode()
        assert self.world.left_in_outbox() == 0


def _payload(qty: int) -> dict[str, Any]:
    payload: dict[str, Any] = envelope(payload={"qty": qty})["payload"]
    return payload


IS_SOAK = bool(os.environ.get("DVSS_SOAK"))
Histories.TestCase.settings = settings(
    max_examples=2_000 if IS_SOAK else 25,
    stateful_step_count=60 if IS_SOAK else 25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestHistories = Histories.TestCase
