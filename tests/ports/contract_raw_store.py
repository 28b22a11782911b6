"""What every RawStore promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.values import ClaimCheck, ObjectExistsError, RawEntry, RawMissingError
from tests.ports.examples import AWKWARD_TEXTS, THREADS, at_once, raw_metadata, sha256

if TYPE_CHECKING:
    from handlers.ports import RawStore

KEY = "raw/acme/2026/01/30/01KG8R0000000000000000000A.json"


def whole(raw: RawStore, key: str = KEY, body: bytes = b"") -> ClaimCheck:
    return ClaimCheck(raw.bucket, key, sha256(body))


def part(raw: RawStore, offset: int, length: int) -> ClaimCheck:
    return ClaimCheck(raw.bucket, KEY, sha256(b""), offset, length)


class RawStoreContract:
    @pytest.fixture
    def raw(self) -> RawStore:
        raise NotImplementedError

    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", b"\n", b"\n\n{}\n", bytes(range(256)), b'{"key":"k","length":3}\nabc\n', b"x" * 1_100_000],
        ids=["empty", "small", "newline", "newlines", "every byte", "like a record", "large"],
    )
    def test_gives_back_exactly_the_bytes(self, raw: RawStore, body: bytes) -> None:
        raw.put_once(KEY, body, raw_metadata())
        assert raw.get(whole(raw, body=body)) == body

    def test_takes_a_batch_without_metadata(self, raw: RawStore) -> None:
        raw.put_once(KEY, b"manifest\nitem\n", None)
        assert raw.get(whole(raw)) == b"manifest\nitem\n"

    @pytest.mark.parametrize("text", AWKWARD_TEXTS)
    def test_takes_any_text_in_the_metadata(self, raw: RawStore, text: str) -> None:
        raw.put_once(KEY, b"{}", raw_metadata(external_event_id=text, headers={"x-name": text}))
        assert raw.get(whole(raw)) == b"{}"

    @pytest.mark.parametrize("second", [b"first", b"second"])
    def test_a_taken_key_is_refused_and_keeps_what_it_had(self, raw: RawStore, second: bytes) -> None:
        raw.put_once(KEY, b"first", raw_metadata())
        with pytest.raises(ObjectExistsError):
            raw.put_once(KEY, second, raw_metadata())
        assert raw.get(whole(raw)) == b"first"
        assert list(raw.entries(KEY)) == [RawEntry(KEY, len(b"first"))]

    def test_of_many_puts_of_one_key_one_wins(self, raw: RawStore) -> None:
        def put(number: int) -> bool:
            try:
                raw.put_once(KEY, b"by %d" % number, raw_metadata())
            except ObjectExistsError:
                return False
            return True

        won = at_once(put)
        assert won.count(True) == 1
        assert raw.get(whole(raw)) == b"by %d" % won.index(True)

    def test_many_threads_put_and_get_their_own(self, raw: RawStore) -> None:
        def put_and_get(number: int) -> bytes:
            key = f"{KEY}-{number}"
            raw.put_once(key, b"body of %d" % number, raw_metadata())
            return raw.get(whole(raw, key))

        assert at_once(put_and_get) == [b"body of %d" % number for number in range(THREADS)]

    def test_an_unknown_key_is_missing(self, raw: RawStore) -> None:
        raw.put_once(KEY, b"{}", raw_metadata())
        with pytest.raises(RawMissingError):
            raw.get(whole(raw, f"{KEY}x"))

    @pytest.mark.parametrize(("offset", "length"), [(0, 14), (0, 3), (9, 4), (13, 1), (4, 0)])
    def test_cuts_an_item_out_of_a_batch(self, raw: RawStore, offset: int, length: int) -> None:
        body = b"manifest\nitem\n"
        raw.put_once(KEY, body, None)
        assert raw.get(part(raw, offset, length)) == body[offset : offset + length]

    @pytest.mark.parametrize(("offset", "length"), [(0, 15), (9, 6), (14, 1), (15, 1), (1_000, 1), (-1, 1), (3, -1)])
    def test_a_slice_outside_of_the_object_is_missing(self, raw: RawStore, offset: int, length: int) -> None:
        raw.put_once(KEY, b"manifest\nitem\n", None)
        # A neighbour's bytes must not be given in its place.
        raw.put_once(f"{KEY}2", b"x" * 2_000, None)
        with pytest.raises(RawMissingError):
            raw.get(part(raw, offset, length))

    @pytest.mark.parametrize("text", [*AWKWARD_TEXTS, "é" * 10_000])
    def test_gives_back_the_metadata(self, raw: RawStore, text: str) -> None:
        metadata = raw_metadata(external_event_id=text, topic=text, headers={"x-name": text, "x-empty": ""})
        raw.put_once(f"{KEY}0", b"\n", raw_metadata())
        raw.put_once(KEY, b"{}", metadata)
        assert raw.metadata(whole(raw)) == metadata
        assert raw.metadata(whole(raw, f"{KEY}0")) == raw_metadata()

    @pytest.mark.parametrize("length", [0, 500, 1_000, 1_500, 2_000, 8_000])
    def test_metadata_of_any_length_are_no_part_of_the_body(self, raw: RawStore, length: int) -> None:
        metadata = raw_metadata(headers={"x-name": "~" * length})
        for key, body in ((KEY, b'{"a":1}'), (f"{KEY}0", b"")):
            raw.put_once(key, body, metadata)
            assert raw.get(whole(raw, key, body)) == body
            assert raw.metadata(whole(raw, key, body)) == metadata
        assert raw.get(part(raw, 1, 6)) == b'"a":1}'
        for offset, past_the_end in ((1, 7), (7, 1), (8, 1), (8, 0)):
            with pytest.raises(RawMissingError):
                raw.get(part(raw, offset, past_the_end))
        with pytest.raises(ObjectExistsError):
            raw.put_once(KEY, b"", raw_metadata())

    def test_an_object_that_events_share_has_no_metadata(self, raw: RawStore) -> None:
        raw.put_once(KEY, b"manifest\nitem\n", None)
        assert raw.metadata(part(raw, 9, 4)) is None

    def test_the_metadata_of_an_unknown_key_is_missing(self, raw: RawStore) -> None:
        raw.put_once(KEY, b"{}", raw_metadata())
        for claim_check in (whole(raw, f"{KEY}x"), ClaimCheck("another", KEY, sha256(b"{}"))):
            with pytest.raises(RawMissingError):
                raw.metadata(claim_check)

    def test_lists_by_prefix_in_the_order_of_the_keys(self, raw: RawStore) -> None:
        sizes = {
            f"raw/{vendor}/2026/01/{day:02d}/{name}": day
            for vendor in ("acme", "acme2", "ärger", "zeta")
            for day in (2, 30, 1)
            for name in ("b", "a", "Z", "ключ")
        }
        for key, size in sizes.items():
            raw.put_once(key, b"x" * size, None)

        def listed(prefix: str) -> list[RawEntry]:
            return [RawEntry(key, sizes[key]) for key in sorted(sizes) if key.startswith(prefix)]

        for prefix in ("", "raw/", "raw/acme", "raw/acme/", "raw/acme/2026/01/30/", "raw/ärger/", "raw/zeta/2026/01/0"):
            assert list(raw.entries(prefix)) == listed(prefix)
        assert len(listed("raw/acme/2026/01/30/")) == 4
        behind = "raw/acme/2026/01/30/a"
        rest = [entry for entry in listed("raw/acme/") if entry.key > behind]
        assert list(raw.entries("raw/acme/", behind)) == rest != listed("raw/acme/")
        assert list(raw.entries("raw/zeta/", behind)) == listed("raw/zeta/")
        assert list(raw.entries("raw/acme/", "raw/acme0")) == []

    def test_lists_nothing_where_there_is_nothing(self, raw: RawStore) -> None:
        assert list(raw.entries("")) == []
        raw.put_once(KEY, b"{}", raw_metadata())
        assert list(raw.entries("raw/zeta/")) == []
