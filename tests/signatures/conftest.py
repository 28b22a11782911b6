from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from generated.registry import REGISTRY
from tests.aws.world import CloudWorld
from tests.handlers.world import World
from tests.ports.aws import moto_as_needed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def embedded(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def cloud_world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWorld]:
    monkeypatch.setattr("tests.ports.aws.VENDORS", REGISTRY.vendor_ids())
    with moto_as_needed(monkeypatch):
        yield CloudWorld(tmp_path)


@pytest.fixture(params=["embedded", "cloud_world"])
def world(request: pytest.FixtureRequest) -> World:
    """The same deployment on one machine and on AWS."""
    made: World = request.getfixturevalue(request.param)
    return made
