from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.aws.world import CloudWorld
from tests.handlers.world import World
from tests.ports.aws import moto_as_needed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["embedded", "aws"])
def world(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """Each test in both worlds."""
    if request.param == "embedded":
        made = World(tmp_path / "data")
        yield made
        made.close()
    else:
        with moto_as_needed(monkeypatch):
            yield CloudWorld(tmp_path)
