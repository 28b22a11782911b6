"""A full disk, a failing write or sync, in SQLite's files too: 503, nothing acknowledged, well again by itself."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.dvss.wire import request
from tests.kill.harness import envelope
from tests.power.disk_states import LOSSES
from tests.power.recording import Calls

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence

    from tests.dvss.wire import Answer
    from tests.power.runs import Ground, Started

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the recorder of system calls knows Linux")

SOAK = bool(os.environ.get("DVSS_SOAK"))
ROUNDS = 10 if SOAK else 1
EVENTS = 16
# What normalize gave up on during the trouble is sent again by the sweeper, which is the longest way.
PATIENCE_SECONDS = 200.0

EVERY_ACCEPT_FAILS = [
    (Calls.WRITES, errno.ENOSPC, ".seg"),
    (Calls.WRITES, errno.ENOSPC, "-wal"),
    (Calls.WRITES, errno.ENOSPC, ""),
    (Calls.WRITES, errno.EIO, "-wal"),
    (Calls.SYNCS, errno.EIO, ".seg"),
    (Calls.SYNCS, errno.EIO, "-wal"),
    (Calls.SYNCS | Calls.CREATES, errno.EIO, ""),
]
# It is written when the log is copied into it: what was acknowledged is in the log, and stays there.
NO_ACCEPT_FAILS = [(Calls.WRITES, errno.ENOSPC, "dvss.sqlite"), (Calls.SYNCS, errno.EIO, "dvss.sqlite")]


class Vendor:
    """Sends each event once, many at a time, and keeps what it was told."""

    def __init__(self, ground: Ground, server: Started) -> None:
        self._run = ground.run
        self._run.key = server.vendor_key
        self._server = server
        self._sent = 0

    def send(self, names: Sequence[str]) -> list[Answer]:
        with ThreadPoolExecutor(8) as threads:
            answers = list(threads.map(self._post, names))
        for name, answer in zip(names, answers, strict=True):
            if answer.status in {200, 202}:
                known = self._run.acknowledged.setdefault(name, answer.document["ingestId"])
                assert known == answer.document["ingestId"]
            else:
                assert answer.status == 503
                assert answer.code == "UNAVAILABLE"
                assert int(answer.headers["retry-after"]) >= 1
        return answers

    def _post(self, name: str) -> Answer:
        headers = {"x-api-key": self._run.key, "content-type": "application/json"}
        return request(self._server.url, "POST", "/v1/events", headers, json.dumps(envelope(name)).encode())

    def new_names(self, count: int) -> list[str]:
        self._sent += count
        return [f"trouble-{number:06}" for number in range(self._sent - count, self._sent)]

    def wait_until_all_are_done(self) -> None:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        for name in self._run.acknowledged:
            while self._status(name) == "RECEIVED":
                assert time.monotonic() < give_up_at, f"{name} is never normalized"
                time.sleep(0.02)

    def _status(self, name: str) -> str:
        answer = request(self._server.url, "GET", f"/v1/events/{name}", {"x-api-key": self._run.key})
        assert answer.status == 200
        return str(answer.document["status"])


def test_a_disk_in_trouble_is_answered_503_and_is_well_again_without_a_hand(ground: Ground, rng: random.Random) -> None:
    troubles = EVERY_ACCEPT_FAILS * ROUNDS
    rng.shuffle(troubles)
    with ground.server() as server:
        vendor = Vendor(ground, server)
        ready = {"x-api-key": server.operator_key}
        vendor.send(vendor.new_names(EVENTS))
        for calls, error, suffix in troubles:
            trouble = f"{calls!r} {errno.errorcode[error]} {suffix}"
            names = vendor.new_names(EVENTS)
            # What eight threads send takes two commits at the least.
            ground.recording.fail(calls, error, suffix=suffix, after=rng.randrange(2))
            told = {answer.status for answer in vendor.send(names)}
            assert 503 in told, trouble
            assert {answer.status for answer in vendor.send(names[-4:])} <= {200, 503}, trouble
            assert request(server.url, "GET", "/v1/ready", ready).status == (200 if suffix == ".seg" else 503), trouble
            ground.recording.heal()
            assert request(server.url, "GET", "/v1/ready", ready).status == 200, trouble
            assert {answer.status for answer in vendor.send(names)} <= {200, 202}, trouble
        vendor.wait_until_all_are_done()
    losses = list(LOSSES) * (ROUNDS + 1)
    found = ground.violations(losses)
    assert not found, "\n".join(found)


@pytest.mark.parametrize(("calls", "error", "suffix"), NO_ACCEPT_FAILS)
def test_the_database_file_may_fail_for_as_long_as_its_log_takes_writes(
    calls: Calls, error: int, suffix: str, ground: Ground
) -> None:
    with ground.server() as server:
        vendor = Vendor(ground, server)
        ground.recording.fail(calls, error, suffix=suffix)
        while not ground.recording.failures:
            assert {answer.status for answer in vendor.send(vendor.new_names(EVENTS))} == {202}
        assert {answer.status for answer in vendor.send(vendor.new_names(EVENTS))} == {202}
        ground.recording.heal()
        vendor.send(vendor.new_names(EVENTS))
        vendor.wait_until_all_are_done()
    found = ground.violations(LOSSES)
    assert not found, "\n".join(found)
