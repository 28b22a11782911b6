from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from tests.handlers.world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "data")
    yield made
    made.close()


@pytest.fixture
def restored_logging() -> Iterator[None]:
    """Where a test configures logging as a function does: the process's own handlers and levels come back."""
    root, ours = logging.getLogger(), logging.getLogger("dvss")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    yield
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])
