"""What concurrent clients of one server are told can have come from a system that accepts an event once."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import pytest

from dvss.bootstrap import opened_existing
from handlers.values import IdempotencyKey, ReasonCode
from tests.dvss.program import until_quiet
from tests.faults.history import History, contradictions
from tests.handlers.world import World, envelope
from tests.histories.clients import Client, Credentials
from tests.kill.harness import Launched
from tests.kill.launcher import FORGETFUL, WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

SOAK = bool(os.environ.get("DVSS_SOAK"))
HISTORIES = 10 if SOAK else 1
CLIENTS = 16
REQUESTS_OF_A_CLIENT = 60 if SOAK else 20
CALLS_BEFORE_THE_KILL = 12


@pytest.fixture
def credentials(tmp_path: Path) -> Credentials:
    return Credentials.made_in(tmp_path / "data")


class Servers:
    """Servers on one folder, one after the other."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder / "data"
        self._log = folder / "serve.log"
        self.running = self._start()

    def _start(self, how: str = WHOLE) -> Launched:
        return Launched(self.data_dir, self._log, how)

    def restart(self, how: str = WHOLE) -> None:
        self.running.close()
        self.running = self._start(how)


@pytest.fixture
def servers(tmp_path: Path, credentials: Credentials) -> Iterator[Servers]:
    servers = Servers(tmp_path)
    yield servers
    servers.running.close()


def all_at_once(actions: Sequence[Callable[[], None]]) -> None:
    """Let each run in a thread of its own, none before all are there."""
    together = threading.Barrier(len(actions))
    failures: list[BaseException] = []

    def run(action: Callable[[], None]) -> None:
        together.wait()
        try:
            action()
        except BaseException as error:  # noqa: BLE001 - raised again in the test's thread
            failures.append(error)

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for failure in failures:
        raise failure


def check_against_what_is_kept(data_dir: Path, history: History) -> None:
    """Each answer names what the index holds, and there is one canonical event for each event."""
    until_quiet(data_dir)
    told: dict[IdempotencyKey, set[str | None]] = {}
    for operation in history.operations():
        if operation.ingest_id is not None:
            vendor_id, name = operation.key.split()
            told.setdefault(IdempotencyKey(vendor_id, name), set()).add(operation.ingest_id)
    with opened_existing(data_dir) as deployment:
        kept = deployment.application.index.read(list(told), consistent=True)
        assert {key: {record.ingest_id} for key, record in kept.items()} == told
        published = Counter(entry.message_id for entry in deployment.backend.feed.after(0, 10_000))
    assert set(published.values()) == {1}
    assert sum(published.values()) == sum(len(record.normalized) for record in kept.values())


def test_forty_identical_deliveries_at_once_are_one_event(servers: Servers, credentials: Credentials) -> None:
    history = History()
    clients = [Client(servers.running.url, credentials, history) for _ in range(40)]
    all_at_once([partial(client.post, "same", 1) for client in clients])
    assert Counter(status for client in clients for status in client.statuses) == {202: 1, 200: 39}
    assert len({operation.ingest_id for operation in history.operations()}) == 1
    assert list(contradictions(history.operations())) == []
    check_against_what_is_kept(servers.data_dir, history)


def test_of_two_payloads_at_once_one_is_taken_and_the_other_is_kept_as_a_conflict(
    servers: Servers, credentials: Credentials
) -> None:
    history = History()
    clients = [Client(servers.running.url, credentials, history) for _ in range(40)]
    all_at_once([partial(client.post, "two", number % 2) for number, client in enumerate(clients)])
    assert Counter(status for client in clients for status in client.statuses) == {202: 1, 200: 19, 409: 20}
    assert list(contradictions(history.operations())) == []
    check_against_what_is_kept(servers.data_dir, history)
    with opened_existing(servers.data_dir) as deployment:
        kept = deployment.application.quarantine.records(
            vendor_id="vendorA", include_released=True, after=None, limit=100
        )
    assert [record.reason for record in kept] == [ReasonCode.EVENT_ID_REUSE_DIFFERENT_PAYLOAD]


@pytest.mark.parametrize("with_kill", [False, True], ids=["undisturbed", "with-a-kill"])
@pytest.mark.parametrize("seed", range(HISTORIES))
def test_clients_that_send_the_same_few_events_are_told_one_story(
    seed: int, with_kill: bool, servers: Servers, credentials: Credentials
) -> None:
    print("seed", seed)
    history = History()

    def send(number: int) -> None:
        rng = random.Random(f"{seed} {number}")
        client = Client(servers.running.url, credentials, history)
        for _ in range(REQUESTS_OF_A_CLIENT):
            client.post_anything(rng)

    clients = [partial(send, number) for number in range(CLIENTS)]
    if with_kill:
        points = ("before index.accept", "after index.accept", "after raw.put_once", "before bus.publish:accepted")
        servers.running.arm(points[seed % len(points)], CALLS_BEFORE_THE_KILL)
        all_at_once(clients)
        assert servers.running.ended()
        servers.restart()
    all_at_once(clients)
    operations = history.operations()
    assert list(contradictions(operations)) == []
    assert any(operation.verdict is None for operation in operations) is with_kill
    assert {operation.verdict for operation in operations} >= {"ACCEPTED", "DUPLICATE", "CONFLICT"}
    check_against_what_is_kept(servers.data_dir, history)


def test_a_server_that_forgets_what_it_accepted_is_contradicted(servers: Servers, credentials: Credentials) -> None:
    servers.restart(FORGETFUL)
    history = History()
    client = Client(servers.running.url, credentials, history)
    client.post("event-0", 1)
    client.post("event-0", 1)
    client.post("event-0", 2)
    found = list(contradictions(history.operations()))
    assert found[:3] == [
        "vendorA event-0: ACCEPTED 3 times",
        f"vendorA event-0: answers name 3 ingest ids: {sorted(str(one.ingest_id) for one in history.operations())}",
        "vendorA event-0: 2 payloads were taken for one",
    ]


def test_a_vendor_that_sends_again_on_the_next_day_gets_the_first_answer(tmp_path: Path) -> None:
    world = World(tmp_path)
    first = world.post(envelope())
    for days in (1, 40):
        world.clock.advance(days=days)
        again = world.post(envelope())
        assert (first.status, again.status) == (202, 200)
        assert again.body["ingestId"] == first.body["ingestId"]
    assert len(world.raw_keys()) == 1
    world.close()
