from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dvss.embedded.backend import EmbeddedBackend
from tests.ports.aws import Cloud, moto_as_needed
from tests.ports.examples import ManualClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def backend(root: Path, clock: ManualClock) -> Iterator[EmbeddedBackend]:
    opened = EmbeddedBackend.open(root, clock)
    yield opened
    opened.close()


@pytest.fixture
def cloud(clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cloud]:
    with moto_as_needed(monkeypatch):
        yield Cloud(clock)
