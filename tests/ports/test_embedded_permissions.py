"""What holds secrets is its owner's alone, or nothing starts."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from dvss.embedded.backend import DATABASE_NAME, EmbeddedBackend
from handlers.values import ConfigurationError
from tests.ports.examples import ManualClock

if TYPE_CHECKING:
    from pathlib import Path


def test_all_that_is_made_is_its_owner_s_alone(backend: EmbeddedBackend, root: Path) -> None:
    backend.credentials.secrets.add("square")
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (root, *root.rglob("*"))}
    assert {f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm", DATABASE_NAME, "token.key"} <= modes.keys()
    assert {name: mode for name, mode in modes.items() if mode & 0o077} == {}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
@pytest.mark.parametrize("name", [DATABASE_NAME, f"{DATABASE_NAME}-wal", f"{DATABASE_NAME}-shm"])
def test_secrets_that_others_may_read_are_not_used(backend: EmbeddedBackend, root: Path, name: str, mode: int) -> None:
    path = root / name
    path.chmod(mode)
    with pytest.raises(ConfigurationError, match=rf"\(mode {mode:o}\)\. Take it back with chmod 600 {path}\."):
        EmbeddedBackend.open(root, ManualClock())
    path.chmod(0o600)
    EmbeddedBackend.open(root, ManualClock()).close()


@pytest.mark.parametrize(("mode", "is_open"), [(0o770, True), (0o707, True), (0o755, False), (0o700, False)])
def test_a_folder_that_others_may_write_into_is_not_used(tmp_path: Path, mode: int, is_open: bool) -> None:
    root = tmp_path / "data"
    root.mkdir()
    root.chmod(mode)
    if is_open:
        with pytest.raises(ConfigurationError, match=rf"Others may write into {root} \(mode {mode:o}\)\. .* chmod 700"):
            EmbeddedBackend.open(root, ManualClock())
        root.chmod(0o700)
    EmbeddedBackend.open(root, ManualClock()).close()
