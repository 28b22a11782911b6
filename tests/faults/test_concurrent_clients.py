"""Clients that really send at once: what they were told must be what one register per event id could have told."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.faults.checker import findings
from tests.faults.clients import at_once, converse
from tests.faults.enumeration import IS_SOAK
from tests.faults.history import ACCEPTED, CONFLICT, DUPLICATE
from tests.faults.kinds import FaultMap, Kind
from tests.faults.systems import embedded, on_aws
from tests.faults.vendors import inventory
from tests.ports.aws import moto_as_needed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.systems import System

CLIENTS = 8
WITHOUT_CRASHES = [Kind.LOST_REQUEST, Kind.LOST_ANSWER, Kind.UNANSWERED, Kind.THROTTLED, Kind.STALE]


@pytest.fixture(params=["embedded", "on AWS"])
def system(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[System]:
    if request.param == "embedded":
        made = embedded(tmp_path / "data")
        yield made
        made.world.close()
    else:
        with moto_as_needed(monkeypatch):
            yield on_aws(tmp_path)


def test_forty_identical_deliveries_at_once_are_one_accepted_and_thirty_nine_duplicates(system: System) -> None:
    event = inventory("a", 1)
    at_once([lambda: system.vendors.send(system.world, event)] * 40)
    told = Counter(one.verdict for one in system.vendors.history.operations())
    assert told == {ACCEPTED: 1, DUPLICATE: 39}
    system.settle()
    assert findings(system) == []


def test_of_two_payloads_at_once_one_is_the_event_and_the_other_is_kept(system: System) -> None:
    events = [inventory("a", 1), inventory("a", 2)]
    at_once([lambda event=event: system.vendors.send(system.world, event) for event in events * 5])  # type: ignore[misc] # bound at once
    told = Counter(one.verdict for one in system.vendors.history.operations())
    assert told == {ACCEPTED: 1, DUPLICATE: 4, CONFLICT: 5}
    system.settle()
    assert findings(system) == []


def test_no_client_is_told_what_another_s_answer_contradicts(system: System) -> None:
    random = Random(11)
    rounds = 20 if IS_SOAK else 2
    for number in range(rounds):
        faults = FaultMap({random.randint(1, 80): random.choice(WITHOUT_CRASHES) for _ in range(4)})
        converse(system, CLIENTS, [f"{number}-{name}" for name in range(3)], faults)
    system.settle()
    assert len(system.vendors.history.operations()) >= rounds * 3 * 2 * CLIENTS
    assert findings(system) == []
