"""What every QuarantineStore promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ports.examples import AWKWARD_TEXTS, NOW, SECOND, THREADS, at_once, quarantine_record

if TYPE_CHECKING:
    from handlers.ports import QuarantineStore
    from handlers.values import QuarantineRecord


class QuarantineStoreContract:
    @pytest.fixture
    def quarantine(self) -> QuarantineStore:
        raise NotImplementedError

    @pytest.mark.parametrize(
        "record",
        [
            quarantine_record(released_at=NOW + SECOND, attempts=9),
            quarantine_record(topic=None, occurred_at=None, mapping_version=None, violations=()),
        ],
        ids=["filled", "empty"],
    )
    def test_gives_back_every_field(self, quarantine: QuarantineStore, record: QuarantineRecord) -> None:
        assert quarantine.put_if_absent(record)
        assert quarantine.get(record.vendor_id, record.item_id) == record

    @pytest.mark.parametrize("text", [*AWKWARD_TEXTS, "~" * 256])
    def test_keeps_any_text(self, quarantine: QuarantineStore, text: str) -> None:
        record = quarantine_record(item_id=f"C#{text}#digest", external_event_id=text, topic=text)
        quarantine.put_if_absent(record)
        assert quarantine.get("acme", record.item_id) == record
        assert quarantine.get("acme", f"{record.item_id} ") is None
        assert quarantine.get("zeta", record.item_id) is None

    def test_a_second_record_of_the_same_item_changes_nothing(self, quarantine: QuarantineStore) -> None:
        first = quarantine_record()
        assert quarantine.put_if_absent(first)
        assert not quarantine.put_if_absent(first)
        assert not quarantine.put_if_absent(quarantine_record(fingerprint="other", attempts=2))
        assert quarantine.get(first.vendor_id, first.item_id) == first

    def test_of_many_puts_of_one_item_one_wins(self, quarantine: QuarantineStore) -> None:
        won = at_once(lambda number: quarantine.put_if_absent(quarantine_record(fingerprint=str(number))))
        assert won.count(True) == 1
        winner = quarantine_record(fingerprint=str(won.index(True)))
        assert quarantine.get(winner.vendor_id, winner.item_id) == winner

    @pytest.fixture
    def records(self, quarantine: QuarantineStore) -> dict[str, QuarantineRecord]:
        """Records of three vendors by their path; every item ``a`` is released."""
        paths = [("acme", "b"), ("acme", "a"), ("acme-2", "c"), ("acme", "C#x"), ("ключ", "a"), ("acme-2", "a")]
        records = {
            f"{vendor_id}/{item_id}": quarantine_record(
                vendor_id=vendor_id, item_id=item_id, released_at=NOW if item_id == "a" else None
            )
            for vendor_id, item_id in paths
        }
        for record in records.values():
            quarantine.put_if_absent(record)
        return records

    @pytest.mark.parametrize("include_released", [True, False])
    @pytest.mark.parametrize("vendor_id", [None, "acme", "acme-2", "ключ", "nobody"])
    @pytest.mark.parametrize("limit", [1, 2, 10])
    def test_lists_by_vendor_and_item_in_the_order_of_their_path(
        self,
        quarantine: QuarantineStore,
        records: dict[str, QuarantineRecord],
        vendor_id: str | None,
        include_released: bool,
        limit: int,
    ) -> None:
        found: list[QuarantineRecord] = []
        after = None
        while page := quarantine.records(
            vendor_id=vendor_id, include_released=include_released, after=after, limit=limit
        ):
            assert len(page) <= limit
            found += page
            after = f"{page[-1].vendor_id}/{page[-1].item_id}"
        assert found == [
            records[path]
            for path in sorted(records)
            if vendor_id in {None, records[path].vendor_id} and (include_released or records[path].released_at is None)
        ]

    def test_many_threads_put_different_items(self, quarantine: QuarantineStore) -> None:
        assert all(at_once(lambda number: quarantine.put_if_absent(quarantine_record(number))))
        listed = quarantine.records(vendor_id="acme", include_released=False, after=None, limit=100)
        assert list(listed) == [quarantine_record(number) for number in range(THREADS)]
