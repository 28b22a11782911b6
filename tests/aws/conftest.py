from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.aws.world import CloudWorld
from tests.ports.aws import moto_as_needed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWorld]:
    with moto_as_needed(monkeypatch):
        yield CloudWorld(tmp_path)
