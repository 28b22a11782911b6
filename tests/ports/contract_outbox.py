"""What every Outbox promises. Records get into it by terminal transactions alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.ports.examples import MICROSECOND, NOW, SECOND, at_once, completion, ingest_record, outbox_record

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handlers.ports import IngestIndex, Outbox
    from handlers.values import OutboxRecord

LATER = NOW + 3600 * SECOND


class OutboxContract:
    @pytest.fixture
    def outbox(self) -> Outbox:
        raise NotImplementedError

    @pytest.fixture
    def index(self) -> IngestIndex:
        """The index whose terminal transactions write into ``outbox``."""
        raise NotImplementedError

    def given(self, index: IngestIndex, records: Iterable[OutboxRecord]) -> None:
        event = ingest_record()
        index.accept([event])
        index.complete(completion(event, outbox=tuple(records)))

    def test_gives_back_every_field(self, index: IngestIndex, outbox: Outbox) -> None:
        records = [
            outbox_record(1, created_at=NOW),
            outbox_record(
                2,
                created_at=NOW + MICROSECOND,
                revision=12,
                vendor_id="ключ",
                normalized=None,
                detail='{"name":"Zoë 🗝️"}',
            ),
        ]
        self.given(index, records)
        assert outbox.pending(LATER, 10) == records

    def test_is_empty_at_first(self, outbox: Outbox) -> None:
        assert list(outbox.pending(LATER, 10)) == []

    def test_pending_is_what_was_created_before_oldest_first(self, index: IngestIndex, outbox: Outbox) -> None:
        records = [outbox_record(number, created_at=NOW + number * MICROSECOND) for number in (5, 3, 9, 1, 7)]
        self.given(index, records)
        oldest_first = sorted(records, key=lambda record: record.created_at)
        assert outbox.pending(NOW + 7 * MICROSECOND, 10) == oldest_first[:3]
        assert outbox.pending(NOW + 8 * MICROSECOND, 10) == oldest_first[:4]
        assert outbox.pending(LATER, 2) == oldest_first[:2]

    def test_delete_removes_these_and_no_others(self, index: IngestIndex, outbox: Outbox) -> None:
        records = [
            outbox_record(1, created_at=NOW),
            outbox_record(1, created_at=NOW + MICROSECOND, revision=2),
            outbox_record(2, created_at=NOW + 2 * MICROSECOND),
        ]
        self.given(index, records)
        outbox.delete([records[0], records[2]])
        assert outbox.pending(LATER, 10) == [records[1]]

    def test_what_one_completion_wrote_is_published_in_parts(self, index: IngestIndex, outbox: Outbox) -> None:
        event = ingest_record()
        records = [outbox_record(event_id=f"{event.ingest_id}-{number}") for number in range(1, 401)]
        self.given(index, records)
        # Nor in the order in which they were written.
        outbox.delete(records[::3])
        left = [record for place, record in enumerate(records) if place % 3]
        found: list[OutboxRecord] = []
        while page := outbox.pending(LATER, 70):
            assert len(page) <= 70
            found += page
            outbox.delete(page)
            outbox.delete(page)
        assert sorted(found, key=lambda record: int(record.event_id.partition("-")[2])) == left

    def test_deleting_what_is_gone_is_no_error(self, index: IngestIndex, outbox: Outbox) -> None:
        record = outbox_record()
        outbox.delete([record])
        self.given(index, [record])
        outbox.delete([])
        outbox.delete([record, record])
        outbox.delete([record])
        assert list(outbox.pending(LATER, 10)) == []

    def test_many_publishers_delete_at_once(self, index: IngestIndex, outbox: Outbox) -> None:
        records = [outbox_record(number) for number in range(40)]
        self.given(index, records)
        at_once(lambda number: outbox.delete(records[number : number + 8]))
        assert list(outbox.pending(LATER, 100)) == records[39:]
