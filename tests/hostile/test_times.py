"""A sender's time is kept as it is where it is one, and refused where it is none; ours is always our clock's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.handlers.world import World, envelope

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.close()


@pytest.mark.parametrize(
    "occurred_at", ["2026-02-01T14:00:00Z", "9999-12-31T23:59:59Z", "2021-02-01T12:00:00Z", "2016-12-31T23:59:60Z"]
)
def test_a_time_far_from_ours_is_kept_as_it_is_and_ours_is_our_own(world: World, occurred_at: str) -> None:
    assert world.post(envelope(occurredAt=occurred_at)).status == 202
    world.drain()
    (event,) = world.feed()
    assert (event["occurredAt"], event["receivedAt"]) == (occurred_at, "2026-02-01T12:00:00.000Z")


@pytest.mark.parametrize(
    "occurred_at",
    ["2026-02-01T12:00:00", "2026-02-01", "2026-02-30T12:00:00Z", "2026-02-01T24:00:00Z", "2026-06-15T12:00:60Z", ""],
)
def test_what_is_no_time_is_refused(world: World, occurred_at: str) -> None:
    answer = world.post(envelope(occurredAt=occurred_at))
    assert (answer.status, answer.body["code"], answer.body["pointer"]) == (422, "ENVELOPE_INVALID", "/occurredAt")
    assert world.traces() == (0, 0, 0)
