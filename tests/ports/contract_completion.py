"""What every IngestIndex promises of the transaction that ends an event's way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handlers.values import CompletionResult, Lane, Status
from tests.ports.contract_ingest_index import ALL_LANES, LATER, NEXT, IngestIndexFixtures
from tests.ports.examples import (
    NOW,
    SECOND,
    at_once,
    completion,
    failure,
    filled_ingest_record,
    ingest_record,
    long_object_version,
    outbox_record,
    quarantine_record,
)

if TYPE_CHECKING:
    from handlers.ports import IngestIndex, Outbox, QuarantineStore


class CompletionContract(IngestIndexFixtures):
    @pytest.fixture
    def outbox(self) -> Outbox:
        """The outbox that ``index`` writes into."""
        raise NotImplementedError

    def test_normalized_writes_state_and_outbox_and_removes_the_marker(
        self, index: IngestIndex, outbox: Outbox, quarantine: QuarantineStore
    ) -> None:
        record = self.given(index, filled_ingest_record())
        done = completion(record)
        assert index.complete(done) is CompletionResult.COMPLETED
        assert self.now(index, record) == replace(
            record,
            status=Status.NORMALIZED,
            dispatch_at=None,
            parked=False,
            revision=8,
            schema_version="1.0",
            mapping_version="sha256:abc",
            normalized=done.normalized,
        )
        assert list(index.due(NEXT, 10, lanes=ALL_LANES)) == []
        assert sorted(outbox.pending(LATER, 10), key=lambda entry: entry.event_id) == list(done.outbox)
        assert list(quarantine.records(vendor_id=None, include_released=True, after=None, limit=10)) == []

    def test_no_canonical_events_are_a_result_too(self, index: IngestIndex, outbox: Outbox) -> None:
        record = self.given(index, ingest_record())
        assert index.complete(completion(record, normalized=(), outbox=())) is CompletionResult.COMPLETED
        assert self.now(index, record).normalized == ()
        assert list(outbox.pending(LATER, 10)) == []

    def test_a_thousand_canonical_events_complete_at_once(self, index: IngestIndex, outbox: Outbox) -> None:
        record = self.given(index, ingest_record())
        done = completion(
            record,
            normalized=tuple(map(long_object_version, range(1_000))),
            outbox=tuple(
                outbox_record(
                    event_id=f"{record.ingest_id}-{number}" if number else record.ingest_id,
                    detail_type="FulfilmentOrderStatusChanged",
                    normalized=long_object_version(number),
                )
                for number in range(1_000)
            ),
        )
        assert index.complete(done) is CompletionResult.COMPLETED
        assert self.now(index, record).normalized == done.normalized
        by_index = sorted(outbox.pending(LATER, 2_000), key=lambda entry: (len(entry.event_id), entry.event_id))
        assert by_index == list(done.outbox)
        outbox.delete(done.outbox)
        assert list(outbox.pending(LATER, 10)) == []

    def test_failed_writes_state_and_quarantine_and_outbox(
        self, index: IngestIndex, outbox: Outbox, quarantine: QuarantineStore
    ) -> None:
        record = self.given(index, ingest_record())
        failed = failure(record, quarantine_record())
        assert index.complete(failed) is CompletionResult.COMPLETED
        assert self.now(index, record) == replace(
            record, status=Status.FAILED_NORMALIZE, dispatch_at=None, mapping_version="sha256:abc"
        )
        assert quarantine.get("acme", record.ingest_id) == quarantine_record()
        assert list(outbox.pending(LATER, 10)) == list(failed.outbox)

    def test_normalized_closes_the_open_quarantine_record(
        self, index: IngestIndex, quarantine: QuarantineStore
    ) -> None:
        record = self.given(index, ingest_record())
        quarantine.put_if_absent(quarantine_record())
        quarantine.put_if_absent(quarantine_record(item_id="C#event-1#digest"))
        quarantine.put_if_absent(quarantine_record(2))
        index.complete(completion(record, completed_at=LATER))
        assert quarantine.get("acme", record.ingest_id) == quarantine_record(released_at=LATER)
        # A conflict is another delivery of the same event: the event's success does not settle it.
        assert self.released_at(quarantine, "C#event-1#digest") is None
        assert self.released_at(quarantine, quarantine_record(2).item_id) is None

    def test_normalized_keeps_the_time_of_an_earlier_release(
        self, index: IngestIndex, quarantine: QuarantineStore
    ) -> None:
        record = self.given(index, ingest_record())
        quarantine.put_if_absent(quarantine_record(released_at=NOW))
        index.complete(completion(record, completed_at=LATER))
        assert self.released_at(quarantine, record.ingest_id) == NOW

    def test_failing_again_replaces_the_quarantine_record_and_counts(
        self, index: IngestIndex, quarantine: QuarantineStore
    ) -> None:
        record = self.given_failed(index)
        for attempts in (2, 3):
            index.reopen(record, lane=Lane.LIVE, at=LATER, dispatch_at=NEXT)
            record = self.now(index, record)
            again = quarantine_record(fingerprint=f"try {attempts}", violations=(), quarantined_at=NEXT)
            assert index.complete(failure(record, again)) is CompletionResult.COMPLETED
            assert quarantine.get("acme", record.ingest_id) == replace(again, attempts=attempts)
            record = self.now(index, record)

    def test_a_repeated_completion_writes_nothing(self, index: IngestIndex, outbox: Outbox) -> None:
        record = self.given(index, ingest_record())
        done = completion(record)
        index.complete(done)
        outbox.delete(done.outbox)
        assert index.complete(done) is CompletionResult.ALREADY_COMPLETED
        assert index.complete(replace(done, revision=9)) is CompletionResult.ALREADY_COMPLETED
        assert self.now(index, record).revision == done.revision
        assert list(outbox.pending(LATER, 10)) == []

    def test_a_late_failure_does_not_undo_a_success(
        self, index: IngestIndex, outbox: Outbox, quarantine: QuarantineStore
    ) -> None:
        record = self.given_normalized(index)
        before = list(outbox.pending(LATER, 10))
        assert index.complete(failure(record, quarantine_record())) is CompletionResult.ALREADY_COMPLETED
        assert self.now(index, record) == record
        assert quarantine.get("acme", record.ingest_id) is None
        assert list(outbox.pending(LATER, 10)) == before

    def test_an_earlier_generation_comes_too_late(self, index: IngestIndex, outbox: Outbox) -> None:
        failed = self.given_failed(index)
        before = list(outbox.pending(LATER, 10))
        reopened = index.reopen(failed, lane=Lane.LIVE, at=LATER, dispatch_at=NEXT)
        assert index.complete(completion(failed)) is CompletionResult.ALREADY_COMPLETED
        assert self.now(index, failed) == reopened
        assert list(outbox.pending(LATER, 10)) == before
        assert index.complete(completion(reopened)) is CompletionResult.COMPLETED

    def test_a_generation_that_is_not_there_yet_writes_nothing(self, index: IngestIndex) -> None:
        record = self.given(index, ingest_record())
        assert index.complete(completion(record, generation=1)) is CompletionResult.ALREADY_COMPLETED
        assert self.now(index, record) == record

    def test_the_row_of_another_ingest_id_is_taken(
        self, index: IngestIndex, outbox: Outbox, quarantine: QuarantineStore
    ) -> None:
        record = self.given(index, ingest_record())
        other = replace(record, ingest_id=ingest_record(2).ingest_id)
        assert index.complete(completion(other)) is CompletionResult.KEY_TAKEN
        assert index.complete(failure(other, quarantine_record(2))) is CompletionResult.KEY_TAKEN
        assert self.now(index, record) == record
        assert list(outbox.pending(LATER, 10)) == []
        assert quarantine.get("acme", other.ingest_id) is None

    def test_an_event_without_a_row_is_unknown(
        self, index: IngestIndex, outbox: Outbox, quarantine: QuarantineStore
    ) -> None:
        record = ingest_record()
        assert index.complete(completion(record)) is CompletionResult.UNKNOWN_EVENT
        assert index.complete(failure(record, quarantine_record())) is CompletionResult.UNKNOWN_EVENT
        assert index.read([record.key], consistent=True) == {}
        assert list(outbox.pending(LATER, 10)) == []
        assert quarantine.get("acme", record.ingest_id) is None

    def test_a_parked_event_that_is_delivered_after_all_completes(self, index: IngestIndex) -> None:
        parked = self.given_parked(index)
        assert index.complete(completion(parked)) is CompletionResult.COMPLETED
        assert self.now(index, parked).parked is False

    def test_of_many_workers_one_completes_and_the_outbox_holds_it_once(
        self, index: IngestIndex, outbox: Outbox
    ) -> None:
        record = self.given(index, ingest_record())
        results = at_once(
            lambda number: index.complete(
                completion(
                    record,
                    revision=number + 1,
                    outbox=(outbox_record(number, created_at=NOW + number * SECOND, revision=number + 1),),
                )
            )
        )
        assert results.count(CompletionResult.COMPLETED) == 1
        assert results.count(CompletionResult.ALREADY_COMPLETED) == len(results) - 1
        won = results.index(CompletionResult.COMPLETED)
        assert self.now(index, record).revision == won + 1
        assert [entry.revision for entry in outbox.pending(LATER, 100)] == [won + 1]

    def test_many_events_complete_at_once(
        self, index: IngestIndex, outbox: Outbox, quarantine: QuarantineStore
    ) -> None:
        records = [ingest_record(number) for number in range(32)]
        index.accept(records)

        def complete(number: int) -> CompletionResult:
            record = records[number]
            if number % 2:
                return index.complete(failure(record, quarantine_record(number)))
            return index.complete(completion(record))

        assert set(at_once(complete)) == {CompletionResult.COMPLETED}
        found = index.read([record.key for record in records], consistent=True)
        assert [found[record.key].status for record in records] == [Status.NORMALIZED, Status.FAILED_NORMALIZE] * 16
        assert len(outbox.pending(LATER, 100)) == 16 * 2 + 16
        assert len(quarantine.records(vendor_id="acme", include_released=False, after=None, limit=100)) == 16
