"""Random histories: vendors that send and send again, queues that deliver twice, processes that end anywhere."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

from generated.registry import REGISTRY
from handlers import normalize
from handlers.core.quarantine import release, release_correction
from handlers.core.replaying import replay
from tests.faults.broken_designs import Design
from tests.faults.checker import findings, remember_raw
from tests.faults.kinds import FaultMap, Kind
from tests.faults.systems import embedded, on_aws
from tests.faults.vendors import BAD, counts, inventory
from tests.handlers.deployments import inventory_by, stock
from tests.ports.aws import moto_as_needed

if TYPE_CHECKING:
    from collections.abc import Callable

    from handlers.values import QuarantineRecord
    from tests.faults.systems import System
    from tests.faults.vendors import Sent

names = st.sampled_from("abc")
events = st.builds(inventory, names, st.sampled_from([1, 2, BAD]))
webhooks = st.builds(counts, names, st.sampled_from(["one", "two"]))
faults = st.builds(FaultMap, st.dictionaries(st.integers(1, 12), st.sampled_from(Kind), max_size=2))
OTHER = inventory_by(lambda payload, _: [stock(payload, sku="NEW")])
MAX_RECEIVES = 5
"""After these a queue moves a message to its dead letters."""


@dataclass(slots=True, eq=False)
class Message:
    """One message of a queue: it stays until it is done, and comes back until then."""

    body: str
    receives: int = 0


class Histories(RuleBasedStateMachine):
    """One deployment. What is wrong is found when it has settled in the end."""

    steps: ClassVar[int] = 0
    """Executed by all machines of the class."""
    design: ClassVar[type[Design]] = Design

    def __init__(self) -> None:
        super().__init__()
        self.undo = ExitStack()
        self.system = self.opened(Path(self.undo.enter_context(tempfile.TemporaryDirectory())))
        self.queue: list[Message] = []
        self.dead: list[Message] = []

    def opened(self, folder: Path) -> System:
        raise NotImplementedError

    def _under(self, faults: FaultMap, action: Callable[[], Any]) -> Any:
        type(self).steps += 1
        return self.system.under(faults, action)

    @rule(event=events | webhooks, faults=faults)
    def send(self, event: Sent, faults: FaultMap) -> None:
        self._under(faults, lambda: self.system.vendors.send(self.system.world, event))

    @rule(batch=st.lists(events, min_size=1, max_size=4), faults=faults)
    def send_batch(self, batch: list[Sent], faults: FaultMap) -> None:
        self._under(faults, lambda: self.system.vendors.send_batch(self.system.world, batch))

    @rule(times=st.integers(1, 3), faults=faults)
    def deliver(self, times: int, faults: FaultMap) -> None:
        world = self.system.world
        self.queue += [Message(record["body"]) for record in world.messages()]
        records = [{"messageId": str(place), "body": one.body} for place, one in enumerate(self.queue)]
        answer = self._under(faults, lambda: normalize.answer({"Records": records * times}, world.app))
        failed = {str(place) for place in range(len(self.queue))}
        if answer is not None:
            failed = {one["itemIdentifier"] for one in answer["batchItemFailures"]}
        self.queue = [one for place, one in enumerate(self.queue) if str(place) in failed]
        for message in self.queue:
            message.receives += 1
        self.dead += [one for one in self.queue if one.receives >= MAX_RECEIVES]
        self.queue = [one for one in self.queue if one.receives < MAX_RECEIVES]

    @rule()
    def redrive(self) -> None:
        self._under(FaultMap(), lambda: None)
        self.queue += [Message(one.body) for one in self.dead]
        self.dead.clear()

    @rule()
    def lose_the_queue(self) -> None:
        self._under(FaultMap(), self.system.world.messages)
        self.queue.clear()

    @rule(minutes=st.sampled_from([0, 1, 3, 500]), faults=faults)
    def sweep(self, minutes: int, faults: FaultMap) -> None:
        self.system.world.clock.advance(minutes=minutes)
        self._under(faults, self.system.sweep)

    @rule(registry=st.sampled_from([REGISTRY, OTHER]))
    def deploy(self, registry: Any) -> None:
        self._under(FaultMap(), lambda: None)
        self.system.deploy(registry)

    @rule(faults=faults)
    def replay(self, faults: FaultMap) -> None:
        def replay_all() -> None:
            for record in self.system.rows().values():
                self.system.vendors.reworks[record.key] += 1
                replay(self.system.world.app, record)

        self._under(faults, replay_all)

    @rule(faults=faults)
    def release(self, faults: FaultMap) -> None:
        for record in self._kept():
            if record.item_id == record.ingest_id:
                self.system.vendors.reworks[self._sent(record).key] += 1
                self._under(faults, partial(self._release, record))

    @rule(faults=faults)
    def correct(self, faults: FaultMap) -> None:
        for record in self._kept():
            if record.item_id == record.ingest_id:
                continue
            sent = self._sent(record)
            before = self.system.rows()[sent.key]
            self.system.vendors.reworks[sent.key] += 1
            self._under(faults, partial(self._correct, record))
            after = self.system.rows()[sent.key]
            if after.ingest_id != before.ingest_id:
                assert after.payload_digest == sent.digest
                self.system.vendors.corrected(sent)

    @rule()
    def restart(self) -> None:
        self._under(FaultMap(), lambda: None)
        self.system.restart()

    def _release(self, record: QuarantineRecord) -> None:
        # The application as it is when this is called.
        release(self.system.world.app, record)

    def _correct(self, record: QuarantineRecord) -> None:
        release_correction(self.system.world.app, record)

    def _kept(self) -> list[QuarantineRecord]:
        quarantine = self.system.world.app.quarantine
        return list(quarantine.records(vendor_id=None, include_released=False, after=None, limit=100))

    def _sent(self, record: QuarantineRecord) -> Sent:
        (found,) = (
            sent
            for (key, digest), sent in self.system.vendors.sent.items()
            if (key.vendor_id, key.external_event_id) == (record.vendor_id, record.external_event_id)
            and digest == record.payload_digest
        )
        return found

    def teardown(self) -> None:
        with self.undo:
            remember_raw(self.system)
            self.system.settle()
            found = findings(self.system)
            assert found == [], found


class EmbeddedHistories(Histories):
    def opened(self, folder: Path) -> System:
        system = embedded(folder / "data", self.design())
        self.undo.callback(system.world.close)
        return system


class CloudHistories(Histories):
    def opened(self, folder: Path) -> System:
        self.undo.enter_context(moto_as_needed(self.undo.enter_context(pytest.MonkeyPatch.context())))
        return on_aws(folder, self.design())
