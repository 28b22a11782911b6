"""A request that is sent again after its effect, and writers that meet: each effect happens once and is known."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handlers.values import (
    ClaimCheck,
    CompletionResult,
    Lane,
    ObjectExistsError,
    RawEntry,
    Status,
    TransientError,
)
from tests.ports.aws_faults import (
    cancelled,
    json_error,
    lost_answer,
    lost_request,
    server_error,
    still_under_way,
    transaction_conflict,
    unprocessed,
    upload_conflict,
    xml_error,
)
from tests.ports.examples import (
    NOW,
    SECOND,
    completion,
    failure,
    ingest_record,
    quarantine_record,
    raw_metadata,
    sha256,
)

if TYPE_CHECKING:
    from handlers.values import IngestRecord
    from tests.ports.aws import Cloud
    from tests.ports.aws_faults import Fault

KEY = "raw/acme/1.json"
LATER = NOW + 3600 * SECOND
ATTEMPTS = 5


def put(cloud: Cloud, body: bytes = b"{}") -> None:
    cloud.raw.put_once(KEY, body, raw_metadata())


class TestRawObject:
    @pytest.mark.parametrize("faults", [[lost_answer], [lost_answer, lost_request], [server_error, lost_answer]])
    def test_what_is_in_the_way_of_a_repeated_put_is_our_own(self, cloud: Cloud, faults: list[Fault]) -> None:
        cloud.wire.fail("s3.PutObject", *faults)
        put(cloud)
        assert cloud.raw.get(ClaimCheck("raw", KEY, sha256(b"{}"))) == b"{}"
        assert len(cloud.clients.s3.list_object_versions(Bucket="raw")["Versions"]) == 1

    def test_what_is_in_the_way_of_a_first_put_is_another_s(self, cloud: Cloud) -> None:
        put(cloud, b"first")
        with pytest.raises(ObjectExistsError):
            put(cloud)
        assert cloud.wire.counted()["s3.PutObject"] == 2

    def test_a_conflict_of_uploads_is_tried_again(self, cloud: Cloud) -> None:
        cloud.wire.fail("s3.PutObject", upload_conflict, upload_conflict)
        put(cloud)
        assert list(cloud.raw.entries("")) == [RawEntry(KEY, 2)]
        assert cloud.slept == [0.025, 0.05]

    def test_after_a_conflict_a_taken_key_is_still_another_s(self, cloud: Cloud) -> None:
        put(cloud, b"first")
        cloud.wire.fail("s3.PutObject", upload_conflict)
        with pytest.raises(ObjectExistsError):
            put(cloud)

    def test_after_a_lost_answer_and_a_conflict_a_taken_key_is_our_own(self, cloud: Cloud) -> None:
        cloud.wire.fail("s3.PutObject", lost_answer, upload_conflict)
        put(cloud)

    def test_conflicts_without_end_are_a_failure(self, cloud: Cloud) -> None:
        cloud.wire.fail("s3.PutObject", *[upload_conflict] * ATTEMPTS)
        with pytest.raises(TransientError, match="ConditionalRequestConflict"):
            put(cloud)
        assert cloud.wire.counted() == {"s3.PutObject": ATTEMPTS}

    def test_a_digest_that_does_not_hold_stores_nothing(self, cloud: Cloud) -> None:
        cloud.wire.fail("s3.PutObject", xml_error("BadDigest", 400))
        with pytest.raises(TransientError, match="BadDigest"):
            put(cloud)
        assert list(cloud.raw.entries("")) == []


class TestRow:
    def test_a_repeated_write_is_answered_with_our_own_row(self, cloud: Cloud) -> None:
        record = ingest_record()
        cloud.wire.fail("dynamodb.PutItem", lost_answer)
        assert list(cloud.index.accept([record])) == [record]

    def test_a_write_that_meets_a_transaction_is_tried_again(self, cloud: Cloud) -> None:
        cloud.wire.fail("dynamodb.PutItem", transaction_conflict, transaction_conflict)
        assert list(cloud.index.accept([ingest_record()])) == [None]
        assert cloud.slept == [0.025, 0.05]

    def test_a_refusal_without_the_row_is_a_failure(self, cloud: Cloud) -> None:
        cloud.wire.fail("dynamodb.PutItem", json_error("ConditionalCheckFailedException"))
        with pytest.raises(TransientError, match="gone"):
            cloud.index.accept([ingest_record()])

    def test_a_claim_whose_answer_was_lost_is_ours(self, cloud: Cloud) -> None:
        record = ingest_record()
        cloud.index.accept([record])
        for seen, next_at in ((record, LATER), (replace(record, dispatch_at=LATER, attempts=1), None)):
            cloud.wire.fail("dynamodb.UpdateItem", lost_answer)
            assert cloud.index.claim(seen, next_at=next_at)
        assert now(cloud, record) == replace(record, dispatch_at=LATER, attempts=2, parked=True)

    def test_a_repeated_claim_of_another_s_marker_is_refused(self, cloud: Cloud) -> None:
        record = ingest_record()
        cloud.index.accept([record])
        cloud.index.claim(record, next_at=LATER)
        cloud.wire.fail("dynamodb.UpdateItem", lost_request)
        assert not cloud.index.claim(record, next_at=LATER + SECOND)

    def test_keys_that_were_left_out_are_asked_for_again(self, cloud: Cloud) -> None:
        records = [ingest_record(number) for number in range(4)]
        cloud.index.accept(records)
        cloud.wire.reset()
        cloud.wire.fail("dynamodb.BatchGetItem", unprocessed, unprocessed, unprocessed)
        found = cloud.index.read([record.key for record in records], consistent=True)
        assert list(found.values()) == records
        assert cloud.wire.counted() == {"dynamodb.BatchGetItem": 4}
        assert cloud.slept == [0.025, 0.05, 0.1]

    def test_keys_that_are_always_left_out_are_a_failure(self, cloud: Cloud) -> None:
        keys = [ingest_record(number).key for number in range(20)]
        cloud.wire.fail("dynamodb.BatchGetItem", *[unprocessed] * ATTEMPTS)
        with pytest.raises(TransientError, match="15 keys"):
            cloud.index.read(keys, consistent=True)

    def test_a_quarantine_record_whose_answer_was_lost_is_ours(self, cloud: Cloud) -> None:
        cloud.wire.fail("dynamodb.PutItem", lost_answer, None, lost_request)
        assert cloud.quarantine.put_if_absent(quarantine_record())
        assert not cloud.quarantine.put_if_absent(quarantine_record(fingerprint="other"))


def now(cloud: Cloud, record: IngestRecord) -> IngestRecord:
    return cloud.index.read([record.key], consistent=True)[record.key]


class TestTransaction:
    @pytest.fixture
    def record(self, cloud: Cloud) -> IngestRecord:
        record = ingest_record()
        cloud.index.accept([record])
        cloud.wire.reset()
        return record

    def test_a_completion_whose_answer_was_lost_is_complete(self, cloud: Cloud, record: IngestRecord) -> None:
        cloud.wire.fail("dynamodb.TransactWriteItems", lost_answer)
        done = completion(record)
        assert cloud.index.complete(done) is CompletionResult.COMPLETED
        assert sorted(one.event_id for one in cloud.outbox.pending(LATER, 9)) == [one.event_id for one in done.outbox]

    def test_a_failure_whose_answer_was_lost_is_complete_and_counted_once(
        self, cloud: Cloud, record: IngestRecord
    ) -> None:
        cloud.wire.fail("dynamodb.TransactWriteItems", lost_answer)
        assert cloud.index.complete(failure(record, quarantine_record())) is CompletionResult.COMPLETED
        assert cloud.quarantine.get("acme", record.ingest_id) == quarantine_record()

    def test_a_repeated_completion_that_another_was_faster_than_is_no_completion(
        self, cloud: Cloud, record: IngestRecord
    ) -> None:
        cloud.index.complete(completion(record))
        cloud.wire.fail("dynamodb.TransactWriteItems", lost_request)
        other = completion(record, normalized=completion(record).normalized[:1])
        assert cloud.index.complete(other) is CompletionResult.ALREADY_COMPLETED

    @pytest.mark.parametrize("reason", ["TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"])
    def test_a_transaction_that_meets_another_is_tried_again(
        self, cloud: Cloud, record: IngestRecord, reason: str
    ) -> None:
        cloud.wire.fail("dynamodb.TransactWriteItems", cancelled("None", reason), cancelled(reason, "None"))
        assert cloud.index.complete(completion(record)) is CompletionResult.COMPLETED
        assert cloud.slept == [0.025, 0.05]

    def test_transactions_that_meet_without_end_are_a_failure(self, cloud: Cloud, record: IngestRecord) -> None:
        cloud.wire.fail("dynamodb.TransactWriteItems", *[cancelled("TransactionConflict", "None")] * ATTEMPTS)
        with pytest.raises(TransientError, match="TransactWriteItems"):
            cloud.index.complete(completion(record))
        assert cloud.wire.counted()["dynamodb.TransactWriteItems"] == ATTEMPTS
        assert now(cloud, record) == record

    def test_a_transaction_that_is_still_under_way_is_ours(self, cloud: Cloud, record: IngestRecord) -> None:
        cloud.wire.fail("dynamodb.TransactWriteItems", still_under_way)
        assert cloud.index.complete(completion(record)) is CompletionResult.COMPLETED

    @pytest.mark.parametrize("reason", ["ValidationError", "ItemCollectionSizeLimitExceeded", "AccessDenied"])
    def test_any_other_cancellation_is_a_failure(self, cloud: Cloud, record: IngestRecord, reason: str) -> None:
        cloud.wire.fail("dynamodb.TransactWriteItems", cancelled("None", reason))
        with pytest.raises(TransientError):
            cloud.index.complete(completion(record))
        assert cloud.wire.counted()["dynamodb.TransactWriteItems"] == 1

    def test_a_quarantine_record_released_meanwhile_does_not_stop_a_completion(
        self, cloud: Cloud, record: IngestRecord
    ) -> None:
        cloud.quarantine.put_if_absent(quarantine_record())
        cloud.wire.fail("dynamodb.TransactWriteItems", cancelled("None", "ConditionalCheckFailed", "None"))
        assert cloud.index.complete(completion(record)) is CompletionResult.COMPLETED

    def test_a_quarantine_record_that_changes_without_end_is_a_failure(
        self, cloud: Cloud, record: IngestRecord
    ) -> None:
        cloud.quarantine.put_if_absent(quarantine_record())
        cloud.wire.fail("dynamodb.TransactWriteItems", *[cancelled("None", "ConditionalCheckFailed", "None")] * 3)
        with pytest.raises(TransientError, match="quarantine record"):
            cloud.index.complete(completion(record))

    def test_a_reopening_whose_answer_was_lost_is_ours(self, cloud: Cloud, record: IngestRecord) -> None:
        cloud.index.complete(failure(record, quarantine_record()))
        failed = now(cloud, record)
        cloud.wire.fail("dynamodb.TransactWriteItems", lost_answer)
        opened = cloud.index.reopen(failed, lane=Lane.REPLAY, at=LATER, dispatch_at=LATER)
        assert opened == now(cloud, record)
        assert (now(cloud, record).status, now(cloud, record).generation) == (Status.RECEIVED, 1)

    def test_a_row_that_changes_while_it_is_reopened_is_looked_at_again(
        self, cloud: Cloud, record: IngestRecord
    ) -> None:
        cloud.index.complete(completion(record))
        done = now(cloud, record)
        row_changed = cancelled("ConditionalCheckFailed")
        cloud.wire.fail("dynamodb.TransactWriteItems", row_changed)
        assert cloud.index.reopen(done, lane=Lane.REPLAY, at=LATER, dispatch_at=LATER) == now(cloud, record)
        cloud.index.complete(completion(now(cloud, record)))
        cloud.wire.fail("dynamodb.TransactWriteItems", *[row_changed] * 3)
        with pytest.raises(TransientError, match="changed 3 times"):
            cloud.index.reopen(now(cloud, record), lane=Lane.REPLAY, at=LATER, dispatch_at=LATER)

    def test_a_correction_whose_answer_was_lost_is_ours(self, cloud: Cloud, record: IngestRecord) -> None:
        conflict = quarantine_record(7, item_id="C#event-1#digest")
        cloud.quarantine.put_if_absent(conflict)
        correction = ingest_record(7, key=record.key, generation=1)
        # The record of the old delivery is not there, so the transaction is sent once more without it.
        cloud.wire.fail("dynamodb.TransactWriteItems", None, lost_answer)
        assert cloud.index.supersede(record, correction, conflict.item_id, LATER)
        assert now(cloud, record) == correction
        assert cloud.quarantine.get("acme", conflict.item_id) == replace(conflict, released_at=LATER)


class TestOutbox:
    def test_a_delete_whose_answer_was_lost_is_no_error(self, cloud: Cloud) -> None:
        record = ingest_record()
        cloud.index.accept([record])
        done = completion(record)
        cloud.index.complete(done)
        cloud.wire.fail("dynamodb.DeleteItem", lost_answer)
        cloud.outbox.delete(done.outbox)
        assert cloud.wire.counted()["dynamodb.UpdateItem"] == 0
        assert list(cloud.outbox.pending(LATER, 9)) == []

    def test_a_part_whose_answer_was_lost_is_gone(self, cloud: Cloud) -> None:
        record = ingest_record()
        cloud.index.accept([record])
        done = completion(record)
        cloud.index.complete(done)
        cloud.wire.fail("dynamodb.UpdateItem", lost_answer)
        cloud.outbox.delete(done.outbox[:1])
        assert list(cloud.outbox.pending(LATER, 9)) == list(done.outbox[1:])
        cloud.outbox.delete(done.outbox[1:])
        assert list(cloud.outbox.pending(LATER, 9)) == []


def test_a_transaction_names_itself_to_dynamodb(cloud: Cloud) -> None:
    """What moto ignores: by the same token DynamoDB knows the second sending of a transaction."""
    cloud.index.accept([ingest_record()])
    cloud.wire.reset()
    cloud.wire.fail("dynamodb.TransactWriteItems", lost_request)
    cloud.index.complete(completion(ingest_record()))
    first, again = cloud.wire.bodies("dynamodb.TransactWriteItems")
    assert first["ClientRequestToken"] == again["ClientRequestToken"]
