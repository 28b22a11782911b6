"""What every IngestIndex promises, but for the terminal transaction."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handlers.values import IdempotencyKey, IngestRecord, Lane, Status
from tests.ports.examples import (
    AWKWARD_TEXTS,
    MICROSECOND,
    NOW,
    SECOND,
    THREADS,
    at_once,
    completion,
    failure,
    filled_ingest_record,
    ingest_record,
    quarantine_record,
)

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.ports import IngestIndex, QuarantineStore
    from handlers.values import QuarantineRecord

LATER = NOW + 3600 * SECOND
NEXT = NOW + 7200 * SECOND
ALL_LANES = tuple(Lane)


class IngestIndexFixtures:
    @pytest.fixture
    def index(self) -> IngestIndex:
        raise NotImplementedError

    @pytest.fixture
    def quarantine(self) -> QuarantineStore:
        """The store whose records ``index`` writes in its transactions."""
        raise NotImplementedError

    def now(self, index: IngestIndex, record: IngestRecord) -> IngestRecord:
        return index.read([record.key], consistent=True)[record.key]

    def released_at(self, quarantine: QuarantineStore, item_id: str) -> datetime | None:
        record = quarantine.get("acme", item_id)
        assert record is not None
        return record.released_at

    def given(self, index: IngestIndex, record: IngestRecord) -> IngestRecord:
        assert list(index.accept([record])) == [None]
        return record

    def given_failed(self, index: IngestIndex) -> IngestRecord:
        record = self.given(index, ingest_record())
        index.complete(failure(record, quarantine_record()))
        return self.now(index, record)

    def given_normalized(self, index: IngestIndex) -> IngestRecord:
        record = self.given(index, ingest_record())
        index.complete(completion(record))
        return self.now(index, record)

    def given_parked(self, index: IngestIndex) -> IngestRecord:
        record = self.given(index, ingest_record())
        assert index.claim(record, next_at=None)
        return self.now(index, record)


class AcceptContract(IngestIndexFixtures):
    @pytest.mark.parametrize("record", [ingest_record(), filled_ingest_record()], ids=["fresh", "filled"])
    def test_gives_back_every_field(self, index: IngestIndex, record: IngestRecord) -> None:
        self.given(index, record)
        assert index.read([record.key], consistent=True) == {record.key: record}

    @pytest.mark.parametrize("text", AWKWARD_TEXTS)
    def test_keys_differ_by_every_character(self, index: IngestIndex, text: str) -> None:
        record = ingest_record(key=IdempotencyKey("acme", text))
        self.given(index, record)
        for other in (text + " ", text + "x", "acme" + text):
            assert index.read([IdempotencyKey("acme", other)], consistent=True) == {}
        assert index.read([IdempotencyKey("acme", text), IdempotencyKey("zeta", text)], consistent=True) == {
            record.key: record
        }

    def test_reads_what_exists_of_many_keys(self, index: IngestIndex) -> None:
        records = [ingest_record(number) for number in range(100)]
        index.accept(records[::2])
        found = index.read([record.key for record in records], consistent=True)
        assert found == {record.key: record for record in records[::2]}
        assert index.read([], consistent=True) == {}

    @pytest.mark.parametrize("consistent", [True, False])
    def test_reads_more_keys_than_a_store_takes_at_once(self, index: IngestIndex, consistent: bool) -> None:
        records = [ingest_record(number) for number in range(230)]
        assert list(index.accept(records)) == [None] * 230
        keys = [record.key for record in reversed(records)]
        found = index.read([*keys, IdempotencyKey("zeta", "none"), *keys[:5]], consistent=consistent)
        assert list(found.items()) == [(record.key, record) for record in reversed(records)]

    def test_an_id_may_have_256_printable_characters(self, index: IngestIndex) -> None:
        printable = "".join(map(chr, range(ord("!"), ord("~") + 1)))
        record = self.given(index, ingest_record(key=IdempotencyKey("acme", (printable * 3)[:256])))
        assert index.read([record.key], consistent=True) == {record.key: record}
        assert list(index.due(LATER, 10, lanes=ALL_LANES)) == [record]

    def test_an_inconsistent_read_invents_nothing(self, index: IngestIndex) -> None:
        record = self.given(index, ingest_record())
        missing = ingest_record(2)
        found = index.read([record.key, missing.key], consistent=False)
        assert found in ({}, {record.key: record})

    def test_a_taken_key_is_answered_with_the_record_in_the_way(self, index: IngestIndex) -> None:
        first = self.given(index, ingest_record())
        second = replace(ingest_record(2), key=first.key)
        assert list(index.accept([second])) == [first]
        assert self.now(index, first) == first

    def test_a_repeated_write_finds_itself_in_the_way(self, index: IngestIndex) -> None:
        record = self.given(index, ingest_record())
        assert list(index.accept([record])) == [record]

    def test_a_refused_record_does_not_stop_the_next(self, index: IngestIndex) -> None:
        taken = self.given(index, ingest_record(2))
        records = [ingest_record(1), replace(ingest_record(9), key=taken.key), ingest_record(3)]
        assert list(index.accept(records)) == [None, taken, None]
        found = index.read([record.key for record in records], consistent=True)
        assert list(found.values()) == [records[0], taken, records[2]]

    def test_of_many_accepts_of_one_key_one_wins_and_all_name_it(self, index: IngestIndex) -> None:
        records = [replace(ingest_record(number), key=IdempotencyKey("acme", "one")) for number in range(THREADS)]
        in_the_way = [answer for (answer,) in at_once(lambda number: index.accept([records[number]]))]
        assert in_the_way.count(None) == 1
        winner = records[in_the_way.index(None)]
        assert {answer for answer in in_the_way if answer} == {winner}
        assert self.now(index, winner) == winner

    def test_overlapping_batches_give_each_key_one_winner(self, index: IngestIndex) -> None:
        keys = [IdempotencyKey("acme", f"shared-{number}") for number in range(20)]

        def batch(number: int) -> list[IngestRecord]:
            order = keys if number % 2 else keys[::-1]
            return [replace(ingest_record(number * 100 + place), key=key) for place, key in enumerate(order)]

        batches = [batch(number) for number in range(THREADS)]
        answers = at_once(lambda number: index.accept(batches[number]))
        written = [
            record
            for records, in_the_way in zip(batches, answers, strict=True)
            for record, other in zip(records, in_the_way, strict=True)
            if other is None
        ]
        assert sorted(record.key for record in written) == sorted(keys)
        assert index.read(keys, consistent=True) == {record.key: record for record in written}


class MarkerContract(IngestIndexFixtures):
    def test_due_is_what_is_marked_before_the_time_and_not_parked(self, index: IngestIndex) -> None:
        early = self.given(index, ingest_record(1, dispatch_at=NOW))
        self.given(index, ingest_record(2, dispatch_at=NOW + MICROSECOND))
        self.given(index, ingest_record(3, dispatch_at=NOW, parked=True))
        self.given(index, ingest_record(4, dispatch_at=None))
        assert list(index.due(NOW, 10, lanes=ALL_LANES)) == []
        assert list(index.due(NOW + MICROSECOND, 10, lanes=ALL_LANES)) == [early]

    def test_due_is_ordered_and_limited_and_goes_on_after_a_record(self, index: IngestIndex) -> None:
        records = [
            ingest_record(number, lane=lane, dispatch_at=NOW + place * SECOND)
            for number, (place, lane) in enumerate(
                [(3, Lane.LIVE), (1, Lane.WORKFLOW), (2, Lane.LIVE), (2, Lane.REPLAY), (0, Lane.LIVE), (2, Lane.LIVE)]
            )
        ]
        index.accept(records)
        ordered = sorted(records, key=lambda record: (record.dispatch_at, record.ingest_id))
        assert list(index.due(LATER, 10, lanes=ALL_LANES)) == ordered
        assert list(index.due(LATER, 4, lanes=ALL_LANES)) == ordered[:4]
        for place, record in enumerate(ordered):
            assert list(index.due(LATER, 2, lanes=ALL_LANES, after=record)) == ordered[place + 1 : place + 3]

    def test_due_looks_into_the_named_lanes_only(self, index: IngestIndex) -> None:
        live, replay, workflow = (
            self.given(index, ingest_record(number, lane=lane)) for number, lane in enumerate(Lane)
        )
        assert list(index.due(LATER, 10, lanes=[Lane.REPLAY])) == [replay]
        assert list(index.due(LATER, 10, lanes={Lane.WORKFLOW, Lane.LIVE})) == [live, workflow]
        assert list(index.due(LATER, 10, lanes=[])) == []

    def test_a_claim_moves_the_marker_and_counts(self, index: IngestIndex) -> None:
        record = self.given(index, ingest_record())
        assert index.claim(record, next_at=NEXT)
        claimed = replace(record, dispatch_at=NEXT, attempts=1)
        assert self.now(index, record) == claimed
        assert index.claim(claimed, next_at=NEXT + SECOND)
        assert self.now(index, record) == replace(record, dispatch_at=NEXT + SECOND, attempts=2)

    def test_a_claim_without_a_next_time_parks_the_marker(self, index: IngestIndex) -> None:
        record = self.given_parked(index)
        assert record == ingest_record(parked=True, attempts=1)
        assert list(index.due(LATER, 10, lanes=ALL_LANES)) == []
        assert not index.claim(record, next_at=NEXT)

    def test_of_many_sweepers_one_claims(self, index: IngestIndex) -> None:
        record = self.given(index, ingest_record())
        # The same time as before must not let a second one through.
        assert at_once(lambda _: index.claim(record, next_at=record.dispatch_at)).count(True) == 1
        assert self.now(index, record).attempts == 1

    def test_a_marker_that_changed_cannot_be_claimed(self, index: IngestIndex) -> None:
        record = self.given(index, ingest_record())
        index.claim(record, next_at=NEXT)
        assert not index.claim(record, next_at=NEXT + SECOND)
        assert self.now(index, record).dispatch_at == NEXT

    def test_a_marker_that_is_gone_cannot_be_claimed(self, index: IngestIndex) -> None:
        record = self.given(index, ingest_record())
        index.complete(completion(record))
        assert not index.claim(record, next_at=NEXT)
        assert not index.claim(self.now(index, record), next_at=NEXT)
        assert not index.claim(self.now(index, record), next_at=None)
        assert not index.claim(ingest_record(2), next_at=NEXT)
        assert self.now(index, record).dispatch_at is None

    def test_the_marker_of_a_later_generation_cannot_be_claimed(self, index: IngestIndex) -> None:
        record = self.given(index, ingest_record())
        index.complete(completion(record))
        reopened = index.reopen(self.now(index, record), lane=record.lane, at=LATER, dispatch_at=NOW + 120 * SECOND)
        assert not index.claim(record, next_at=NEXT)
        assert self.now(index, record) == reopened


class ReopenContract(IngestIndexFixtures):
    def test_a_failed_event_is_received_again_and_its_quarantine_record_released(
        self, index: IngestIndex, quarantine: QuarantineStore
    ) -> None:
        failed = self.given_failed(index)
        reopened = index.reopen(failed, lane=Lane.REPLAY, at=LATER, dispatch_at=NEXT)
        assert reopened == replace(
            failed, status=Status.RECEIVED, lane=Lane.REPLAY, dispatch_at=NEXT, generation=1, attempts=0
        )
        assert self.now(index, failed) == reopened
        assert self.released_at(quarantine, failed.ingest_id) == LATER

    def test_a_normalized_event_keeps_its_status_and_its_versions(
        self, index: IngestIndex, quarantine: QuarantineStore
    ) -> None:
        normalized = self.given_normalized(index)
        quarantine.put_if_absent(quarantine_record())
        reopened = index.reopen(normalized, lane=Lane.REPLAY, at=LATER, dispatch_at=NEXT)
        assert reopened == replace(normalized, lane=Lane.REPLAY, dispatch_at=NEXT, generation=1)
        assert reopened.status is Status.NORMALIZED
        assert self.released_at(quarantine, normalized.ingest_id) is None

    def test_a_parked_event_is_sent_again(self, index: IngestIndex) -> None:
        parked = self.given_parked(index)
        reopened = index.reopen(parked, lane=Lane.LIVE, at=LATER, dispatch_at=NEXT)
        assert reopened == replace(parked, dispatch_at=NEXT, generation=1, attempts=0, parked=False)
        assert list(index.due(NEXT + SECOND, 10, lanes=ALL_LANES)) == [reopened]

    def test_the_row_s_status_decides_and_not_the_seen_one(
        self, index: IngestIndex, quarantine: QuarantineStore
    ) -> None:
        received = self.given(index, ingest_record())
        index.complete(failure(received, quarantine_record()))
        reopened = index.reopen(received, lane=Lane.LIVE, at=LATER, dispatch_at=NEXT)
        assert reopened == replace(self.now(index, received), status=Status.RECEIVED, generation=1, dispatch_at=NEXT)
        assert self.released_at(quarantine, received.ingest_id) == LATER

    def test_a_pending_event_is_left_alone(self, index: IngestIndex) -> None:
        record = self.given(index, ingest_record())
        assert index.reopen(record, lane=Lane.REPLAY, at=LATER, dispatch_at=NEXT) is None
        assert self.now(index, record) == record

    def test_another_generation_or_ingest_id_is_left_alone(
        self, index: IngestIndex, quarantine: QuarantineStore
    ) -> None:
        failed = self.given_failed(index)
        for seen in (
            replace(failed, generation=1),
            replace(failed, ingest_id=ingest_record(2).ingest_id),
            ingest_record(3, dispatch_at=None),
        ):
            assert index.reopen(seen, lane=Lane.REPLAY, at=LATER, dispatch_at=NEXT) is None
        assert self.now(index, failed) == failed
        assert self.released_at(quarantine, failed.ingest_id) is None

    def test_a_release_keeps_the_time_of_the_one_before(self, index: IngestIndex, quarantine: QuarantineStore) -> None:
        failed = self.given_failed(index)
        index.reopen(failed, lane=Lane.LIVE, at=LATER, dispatch_at=NEXT)
        index.claim(self.now(index, failed), next_at=None)
        index.reopen(self.now(index, failed), lane=Lane.LIVE, at=LATER + SECOND, dispatch_at=NEXT)
        assert self.released_at(quarantine, failed.ingest_id) == LATER

    def test_of_many_operators_one_reopens(self, index: IngestIndex) -> None:
        failed = self.given_failed(index)
        reopened = at_once(lambda _: index.reopen(failed, lane=Lane.LIVE, at=LATER, dispatch_at=NEXT))
        assert len([record for record in reopened if record is not None]) == 1
        assert self.now(index, failed).generation == 1


class SupersedeContract(IngestIndexFixtures):
    CONFLICT = "C#event-1#digest"

    def correction(self, seen: IngestRecord) -> IngestRecord:
        return replace(
            filled_ingest_record(7),
            key=seen.key,
            parked=False,
            dispatch_at=NEXT,
            status=Status.RECEIVED,
            generation=seen.generation + 1,
        )

    @pytest.fixture
    def conflict(self, quarantine: QuarantineStore) -> QuarantineRecord:
        record = quarantine_record(7, item_id=self.CONFLICT)
        quarantine.put_if_absent(record)
        return record

    def test_the_row_becomes_the_correction_and_the_conflict_is_released(
        self, index: IngestIndex, quarantine: QuarantineStore, conflict: QuarantineRecord
    ) -> None:
        seen = self.given_normalized(index)
        correction = self.correction(seen)
        assert index.supersede(seen, correction, self.CONFLICT, LATER)
        assert self.now(index, seen) == correction
        assert quarantine.get("acme", self.CONFLICT) == replace(conflict, released_at=LATER)
        assert list(index.due(NEXT + SECOND, 10, lanes=ALL_LANES)) == [correction]

    def test_the_open_record_of_the_old_delivery_is_released_with_it(
        self, index: IngestIndex, quarantine: QuarantineStore, conflict: QuarantineRecord
    ) -> None:
        seen = self.given_failed(index)
        assert index.supersede(seen, self.correction(seen), self.CONFLICT, LATER)
        assert self.released_at(quarantine, seen.ingest_id) == LATER

    def test_a_pending_event_can_be_superseded_and_its_completion_comes_too_late(
        self, index: IngestIndex, conflict: QuarantineRecord
    ) -> None:
        seen = self.given(index, ingest_record())
        assert index.supersede(seen, self.correction(seen), self.CONFLICT, LATER)
        index.complete(completion(seen))
        assert self.now(index, seen) == self.correction(seen)

    def test_another_generation_or_ingest_id_is_left_alone(
        self, index: IngestIndex, quarantine: QuarantineStore, conflict: QuarantineRecord
    ) -> None:
        seen = self.given_failed(index)
        for stale in (replace(seen, generation=1), replace(seen, ingest_id=ingest_record(2).ingest_id)):
            assert not index.supersede(stale, self.correction(seen), self.CONFLICT, LATER)
        assert self.now(index, seen) == seen
        assert self.released_at(quarantine, self.CONFLICT) is None
        assert self.released_at(quarantine, seen.ingest_id) is None

    def test_an_unknown_event_cannot_be_superseded(
        self, index: IngestIndex, quarantine: QuarantineStore, conflict: QuarantineRecord
    ) -> None:
        seen = ingest_record()
        assert not index.supersede(seen, self.correction(seen), self.CONFLICT, LATER)
        assert index.read([seen.key], consistent=True) == {}
        assert self.released_at(quarantine, self.CONFLICT) is None

    def test_of_many_corrections_one_wins(self, index: IngestIndex, conflict: QuarantineRecord) -> None:
        seen = self.given_normalized(index)
        corrections = [
            replace(self.correction(seen), ingest_id=ingest_record(100 + number).ingest_id) for number in range(THREADS)
        ]
        won = at_once(lambda number: index.supersede(seen, corrections[number], self.CONFLICT, LATER))
        assert won.count(True) == 1
        assert self.now(index, seen) == corrections[won.index(True)]
