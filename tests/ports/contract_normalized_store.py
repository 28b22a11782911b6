"""What every NormalizedStore promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ports.examples import at_once

if TYPE_CHECKING:
    from handlers.ports import NormalizedStore

KEY = "normalized/InventoryUpdated/2026/01/30/01KG8R0000000000000000000A.json"


class NormalizedStoreContract:
    @pytest.fixture
    def normalized(self) -> NormalizedStore:
        raise NotImplementedError

    @pytest.mark.parametrize("body", [b"", b"{}", bytes(range(256)), b"x" * 1_100_000], ids=len)
    def test_gives_back_exactly_the_bytes(self, normalized: NormalizedStore, body: bytes) -> None:
        assert normalized.get(KEY, normalized.put(KEY, body)) == body

    def test_an_older_version_stays_readable(self, normalized: NormalizedStore) -> None:
        first = normalized.put(KEY, b"first")
        second = normalized.put(KEY, b"second")
        assert first != second
        assert normalized.get(KEY, first) == b"first"
        assert normalized.get(KEY, second) == b"second"

    def test_every_one_of_many_versions_written_at_once_is_readable(self, normalized: NormalizedStore) -> None:
        versions = at_once(lambda number: normalized.put(KEY, b"body %d" % number))
        assert len(set(versions)) == len(versions)
        for number, version in enumerate(versions):
            assert normalized.get(KEY, version) == b"body %d" % number

    def test_keys_hold_any_text(self, normalized: NormalizedStore) -> None:
        key = "normalized/Ünïcødé/ключ 🗝️.json"
        assert normalized.get(key, normalized.put(key, b"{}")) == b"{}"

    def test_an_unknown_key_or_version_is_a_key_error(self, normalized: NormalizedStore) -> None:
        version = normalized.put(KEY, b"{}")
        other_version = normalized.put(f"{KEY}2", b"{}")
        for key, asked in ((f"{KEY}3", version), (KEY, other_version), (KEY, f"{version}1"), (KEY, "none")):
            with pytest.raises(KeyError):
                normalized.get(key, asked)
