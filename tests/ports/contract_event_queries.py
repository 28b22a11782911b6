"""What every EventQueries promises, given that nothing was written in the last moment."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations
from typing import TYPE_CHECKING

import pytest

from handlers.values import IdempotencyKey
from tests.ports.examples import MICROSECOND, NOW, filled_ingest_record, ingest_record, ulid_time

if TYPE_CHECKING:
    from handlers.ports import EventQueries, IngestIndex
    from handlers.values import IngestRecord


class EventQueriesContract:
    @pytest.fixture
    def index(self) -> IngestIndex:
        """The index that ``queries`` looks at."""
        raise NotImplementedError

    @pytest.fixture
    def queries(self) -> EventQueries:
        raise NotImplementedError

    def test_finds_by_the_current_ingest_id(self, index: IngestIndex, queries: EventQueries) -> None:
        record = filled_ingest_record(1)
        index.accept([record, ingest_record(2)])
        assert queries.find(record.ingest_id) == record
        assert queries.find(ingest_record(3).ingest_id) is None
        correction = replace(ingest_record(4), key=record.key, generation=record.generation + 1)
        index.supersede(record, correction, "C#none", NOW)
        assert queries.find(record.ingest_id) is None
        assert queries.find(correction.ingest_id) == correction

    @pytest.fixture
    def records(self, index: IngestIndex) -> list[IngestRecord]:
        """Thirty records of two vendors, a microsecond apart, accepted in no order."""
        records = [
            ingest_record(
                number,
                key=IdempotencyKey("acme" if number % 3 else "ключ", f"event-{number}"),
                received_at=NOW + number * MICROSECOND,
            )
            for number in range(30)
        ]
        index.accept(records[::-2])
        index.accept(records[::2])
        return records

    @pytest.mark.parametrize("vendor_id", [None, "acme", "ключ", "nobody"])
    @pytest.mark.parametrize(("first", "last"), [(None, None), (5, None), (None, 20), (5, 20), (20, 5)])
    def test_lists_by_vendor_and_time_in_the_order_of_the_ids(
        self,
        queries: EventQueries,
        records: list[IngestRecord],
        vendor_id: str | None,
        first: int | None,
        last: int | None,
    ) -> None:
        found = queries.events(
            vendor_id=vendor_id,
            received_from=None if first is None else records[first].received_at,
            received_before=None if last is None else records[last].received_at,
            after=None,
            limit=100,
        )
        assert list(found) == [
            record for record in records[first or 0 : last] if vendor_id in {None, record.key.vendor_id}
        ]

    def test_a_time_is_exact_to_the_microsecond(self, index: IngestIndex, queries: EventQueries) -> None:
        times = [NOW + step * MICROSECOND for step in (-86_400_000_000, -1_000, -118, -117, 0, 882, 883, 1_000, 10**12)]
        records = [
            ingest_record(number, ingest_id=f"{ulid_time(at)}{number:016d}", received_at=at)
            for number, at in enumerate(times)
        ]
        index.accept(records)
        for first, last in combinations(range(len(times)), 2):
            for after in (None, records[first].ingest_id):
                found = queries.events(
                    vendor_id="acme", received_from=times[first], received_before=times[last], after=after, limit=100
                )
                assert list(found) == records[first + bool(after) : last]

    @pytest.mark.parametrize("vendor_id", [None, "acme"])
    def test_pages_follow_each_other_without_gap_or_repeat(
        self, queries: EventQueries, records: list[IngestRecord], vendor_id: str | None
    ) -> None:
        expected = [record for record in records[2:] if vendor_id in {None, record.key.vendor_id}]
        found: list[IngestRecord] = []
        after = None
        while page := queries.events(
            vendor_id=vendor_id, received_from=records[2].received_at, received_before=None, after=after, limit=7
        ):
            assert len(page) <= 7
            found += page
            after = page[-1].ingest_id
        assert found == expected
