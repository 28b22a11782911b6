"""The tools that look at our sources, in an environment of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tools() -> Path:
    """The folder of their programs. Several workers may ask for it at once: the lock lets one fill it."""
    subprocess.run(["flock", ROOT / "scripts" / "tools.sh", ROOT / "scripts" / "tools.sh", "security"], check=True)
    return ROOT / ".tools" / "security" / "bin"
