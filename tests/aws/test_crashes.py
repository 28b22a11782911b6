"""Every request to AWS fails or is the last thing the process does; what was acknowledged must survive."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from tests.aws.world import CloudWorld
from tests.handlers.test_crashes import SimulatedCrash, Vendor, events, violations
from tests.ports.aws import moto_as_needed
from tests.ports.aws_faults import answered, json_error, lost_answer, lost_request

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from tests.ports.aws_faults import Fault, Send


def crash_before(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """The process ends before the request leaves."""
    raise SimulatedCrash


def crash_after(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """The process ends before the answer comes."""
    send()
    raise SimulatedCrash


FAULTS: dict[str, list[Fault]] = {
    "crash before": [crash_before],
    "crash after": [crash_after],
    "lost answer": [lost_answer],
    "lost answers": [lost_answer] * 3,
    "no answer": [lost_request] * 3,
    "500": [answered(500)] * 3,
    "refused": [json_error("AccessDeniedException")],
}
IS_SOAK = bool(os.environ.get("DVSS_SOAK"))


def run(world: CloudWorld, vendor: Vendor, at: int, faults: list[Fault]) -> int:
    """The vendor's events through a system whose ``at``-th request meets with faults; how many requests there were."""
    wire = world.cloud.wire
    wire.reset()
    wire.fail_at(at, *faults)
    try:
        vendor.send(world)
        world.drain()
        vendor.send(world)
    except SimulatedCrash:
        wire.forget_faults()
        world.restart()
    requests = len(wire.sent)
    wire.forget_faults()
    vendor.send(world)
    world.settle()
    return requests


def at_every_request(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    check: Callable[[CloudWorld, Vendor, int, str], None],
    last: int | None = None,
) -> int:
    """Run with a fault at each request in turn; of the kinds of faults each has its turn, in a soak all of them."""
    names = list(FAULTS)
    at, total = 1, 1
    while at <= (last or total):
        for name in names if IS_SOAK else [names[at % len(names)]]:
            with moto_as_needed(monkeypatch):
                world = CloudWorld(folder)
                vendor = Vendor(events())
                requests = run(world, vendor, at, FAULTS[name])
                # A run that crashes is shorter.
                total = max(total, requests)
                check(world, vendor, at, name)
        at += 1
    return total


def test_a_fault_at_any_request_loses_and_doubles_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(world: CloudWorld, vendor: Vendor, at: int, name: str) -> None:
        assert list(violations(world, vendor)) == [], f"{name} at request {at}"

    assert at_every_request(tmp_path, monkeypatch, check) > 30


def test_without_a_sweeper_a_lost_message_is_never_repaired(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.handlers.world.sweep", lambda _: None)
    found: set[str] = set()

    def collect(world: CloudWorld, vendor: Vendor, *_: object) -> None:
        found.update(violations(world, vendor))

    monkeypatch.setattr("tests.aws.test_crashes.FAULTS", {"crash before": [crash_before]})
    at_every_request(tmp_path, monkeypatch, collect, last=6)
    assert any("still pending" in one for one in found)
