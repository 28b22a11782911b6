"""The key of the tokens: made once, the same for ever, nobody else's to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from dvss.embedded.backend import EmbeddedBackend
from dvss.embedded.disk import Disk
from dvss.embedded.token_key import token_key
from handlers.values import ConfigurationError
from tests.ports.examples import ManualClock, at_once

if TYPE_CHECKING:
    from pathlib import Path


def opened_key(root: Path) -> bytes:
    backend = EmbeddedBackend.open(root, ManualClock())
    backend.close()
    return backend.token_key


def test_a_data_folder_gets_a_key_and_keeps_it(tmp_path: Path) -> None:
    first = opened_key(tmp_path / "one")
    assert len(first) == 32
    assert opened_key(tmp_path / "one") == first
    assert opened_key(tmp_path / "two") != first
    path = tmp_path / "one" / "token.key"
    assert (path.read_bytes(), path.stat().st_mode & 0o777) == (first, 0o600)


def test_of_many_that_make_it_at_once_one_wins(tmp_path: Path) -> None:
    path = tmp_path / "token.key"
    assert len(set(at_once(lambda _: token_key(path, Disk())))) == 1
    assert [left.name for left in tmp_path.iterdir()] == ["token.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    opened_key(tmp_path)
    (tmp_path / "token.key").chmod(mode)
    with pytest.raises(ConfigurationError, match=rf"Others may read the token key in .* \(mode {mode:o}\)"):
        opened_key(tmp_path)


@pytest.mark.parametrize("content", [b"", b"k" * 31, b"k" * 33])
def test_a_key_of_another_length_is_none(tmp_path: Path, content: bytes) -> None:
    opened_key(tmp_path)
    (tmp_path / "token.key").write_bytes(content)
    with pytest.raises(ConfigurationError, match="holds no token key of 32 bytes"):
        opened_key(tmp_path)


def test_a_link_to_a_key_is_refused(tmp_path: Path) -> None:
    opened_key(tmp_path / "one")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "token.key").symlink_to(tmp_path / "one" / "token.key")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        opened_key(tmp_path / "two")


class FullDisk(Disk):
    """Takes the name of a file, and nothing in it."""

    def append(self, descriptor: int, buffers: object) -> None:
        raise OSError(28, "No space left on device")


def test_a_key_that_could_not_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No space left"):
        token_key(tmp_path / "token.key", FullDisk())
    assert list(tmp_path.iterdir()) == []
