"""What others write between two requests, and indexes that are behind."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handlers.values import CompletionResult, Lane, Status
from tests.ports.aws_faults import Lagging, meanwhile
from tests.ports.examples import NOW, SECOND, completion, failure, ingest_record, quarantine_record

if TYPE_CHECKING:
    from handlers.values import IngestRecord
    from tests.ports.aws import Cloud

LATER = NOW + 3600 * SECOND
TRANSACT = "dynamodb.TransactWriteItems"


@pytest.fixture
def record(cloud: Cloud) -> IngestRecord:
    record = ingest_record()
    cloud.index.accept([record])
    return record


def now(cloud: Cloud, record: IngestRecord) -> IngestRecord:
    return cloud.index.read([record.key], consistent=True)[record.key]


def test_a_marker_that_moved_is_not_due_although_the_index_shows_it(cloud: Cloud, record: IngestRecord) -> None:
    other = ingest_record(2, dispatch_at=record.dispatch_at + SECOND if record.dispatch_at else None)
    cloud.index.accept([other])
    cloud.wire.fail_always("dynamodb.Query", Lagging())
    due = [record, other]
    assert list(cloud.index.due(LATER, 1, lanes=[Lane.LIVE])) == due[:1]
    cloud.index.claim(record, next_at=LATER - SECOND)
    assert list(cloud.index.due(LATER, 1, lanes=[Lane.LIVE])) == [other]


def test_a_marker_that_is_gone_or_parked_is_not_due_although_the_index_shows_it(
    cloud: Cloud, record: IngestRecord
) -> None:
    parked = ingest_record(2)
    cloud.index.accept([parked])
    cloud.wire.fail_always("dynamodb.Query", Lagging())
    assert list(cloud.index.due(LATER, 9, lanes=list(Lane))) == [record, parked]
    cloud.index.complete(completion(record))
    cloud.index.claim(parked, next_at=None)
    assert list(cloud.index.due(LATER, 9, lanes=list(Lane))) == []


def test_a_marker_in_another_lane_is_not_due_in_the_one_that_the_index_shows(cloud: Cloud) -> None:
    parked = ingest_record(dispatch_at=LATER)
    cloud.index.accept([parked])
    cloud.wire.fail_always("dynamodb.Query", Lagging())
    assert list(cloud.index.due(LATER + SECOND, 9, lanes=[Lane.LIVE])) == [parked]
    cloud.index.claim(parked, next_at=None)
    cloud.index.reopen(now(cloud, parked), lane=Lane.REPLAY, at=NOW, dispatch_at=LATER)
    assert list(cloud.index.due(LATER + SECOND, 9, lanes=[Lane.LIVE])) == []


def test_a_corrected_event_is_not_found_by_the_id_that_the_index_shows(cloud: Cloud, record: IngestRecord) -> None:
    cloud.wire.fail_always("dynamodb.Query", Lagging())

    def listed() -> list[IngestRecord]:
        found = cloud.queries.events(vendor_id="acme", received_from=None, received_before=None, after=None, limit=9)
        return list(found)

    assert (cloud.queries.find(record.ingest_id), listed()) == (record, [record])
    cloud.index.supersede(record, ingest_record(7, key=record.key, generation=1), "C#none", NOW)
    assert (cloud.queries.find(record.ingest_id), listed()) == (None, [])


def test_a_parked_event_that_ends_while_it_is_reopened_is_reopened_as_it_ended(
    cloud: Cloud, record: IngestRecord
) -> None:
    cloud.index.claim(record, next_at=None)
    seen = now(cloud, record)
    cloud.wire.fail(TRANSACT, meanwhile(lambda: cloud.index.complete(completion(record))))
    opened = cloud.index.reopen(seen, lane=Lane.REPLAY, at=LATER, dispatch_at=LATER)
    assert opened == now(cloud, record)
    assert opened is not None
    assert (opened.status, opened.revision, opened.generation) == (Status.NORMALIZED, 1, 1)


def test_a_parked_event_that_fails_while_it_is_reopened_is_released(cloud: Cloud, record: IngestRecord) -> None:
    cloud.index.claim(record, next_at=None)
    seen = now(cloud, record)
    cloud.wire.fail(TRANSACT, meanwhile(lambda: cloud.index.complete(failure(record, quarantine_record()))))
    opened = cloud.index.reopen(seen, lane=Lane.REPLAY, at=LATER, dispatch_at=LATER)
    assert opened == now(cloud, record)
    assert now(cloud, record).status is Status.RECEIVED
    assert cloud.quarantine.get("acme", record.ingest_id) == quarantine_record(released_at=LATER)


def test_a_quarantine_record_that_is_released_while_the_event_ends_keeps_its_time(
    cloud: Cloud, record: IngestRecord
) -> None:
    cloud.quarantine.put_if_absent(quarantine_record())
    # A correction of another event of the same quarantine record stands for whoever may release it.
    other = ingest_record(2)
    cloud.index.accept([other])
    correction = ingest_record(3, key=other.key, generation=1)
    cloud.wire.fail(
        TRANSACT, meanwhile(lambda: cloud.index.supersede(other, correction, record.ingest_id, NOW + SECOND))
    )
    assert cloud.index.complete(completion(record, completed_at=LATER)) is CompletionResult.COMPLETED
    assert cloud.quarantine.get("acme", record.ingest_id) == quarantine_record(released_at=NOW + SECOND)


def test_an_outbox_item_that_another_emptied_meanwhile_is_gone(cloud: Cloud, record: IngestRecord) -> None:
    done = completion(record)
    cloud.index.complete(done)
    first, second = done.outbox
    cloud.wire.fail("dynamodb.UpdateItem", meanwhile(lambda: cloud.outbox.delete([second])))
    cloud.outbox.delete([first])
    assert list(cloud.outbox.pending(LATER, 9)) == []
    cloud.outbox.delete([first, replace(second, revision=9)])
    items = cloud.clients.dynamodb.scan(TableName="dvss-outbox-test")["Items"]
    assert items == []


def test_tables_are_listed_consistently_and_indexes_as_they_can_be(cloud: Cloud) -> None:
    cloud.outbox.pending(LATER, 1)
    cloud.quarantine.records(vendor_id="acme", include_released=True, after=None, limit=1)
    cloud.index.due(LATER, 1, lanes=[Lane.LIVE])
    asked = {
        (one["TableName"], one.get("IndexName"), one.get("ConsistentRead"))
        for one in cloud.wire.bodies("dynamodb.Query")
    }
    assert asked == {
        ("dvss-outbox-test", None, True),
        ("dvss-quarantine-test", None, True),
        ("dvss-ingest-records-test", "byDispatch", None),
    }
