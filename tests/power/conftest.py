from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from tests.power.recording import compiled
from tests.power.runs import Ground

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def recorder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("recorder"))


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    print("seed", request.node.name)
    return random.Random(request.node.name)


@pytest.fixture
def ground(recorder: Path, tmp_path: Path, rng: random.Random) -> Iterator[Ground]:
    ground = Ground(recorder, tmp_path, rng)
    yield ground
    ground.close()
