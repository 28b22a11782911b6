"""What one event costs: the requests to AWS on its way, counted on the wire."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handlers.core.sweeping import sweep
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from tests.aws.world import CloudWorld

PUT_EVENTS = "eventbridge.PutEvents"


def known(world: CloudWorld) -> None:
    """The API key's minute has begun."""
    world.status_of("none")
    world.cloud.wire.reset()


def test_an_accepted_event_is_three_reads_and_writes_and_a_message(world: CloudWorld) -> None:
    known(world)
    assert world.post(envelope()).status == 202
    assert [operation for operation, _ in world.cloud.wire.sent] == [
        "dynamodb.GetItem",
        "s3.PutObject",
        "dynamodb.PutItem",
        PUT_EVENTS,
    ]


def test_the_first_event_with_a_key_reads_the_key_too(world: CloudWorld) -> None:
    world.post(envelope())
    assert world.cloud.wire.counted() == {
        "dynamodb.GetItem": 2,
        "s3.PutObject": 1,
        "dynamodb.PutItem": 1,
        PUT_EVENTS: 1,
    }


def test_a_duplicate_is_one_read(world: CloudWorld) -> None:
    world.post(envelope())
    known(world)
    assert world.post(envelope()).status == 200
    assert world.cloud.wire.counted() == {"dynamodb.GetItem": 1}


def test_a_known_conflict_is_two_reads(world: CloudWorld) -> None:
    world.post(envelope())
    world.post(envelope(payload={"qty": 99}))
    known(world)
    assert world.post(envelope(payload={"qty": 99})).status == 409
    assert world.cloud.wire.counted() == {"dynamodb.GetItem": 2}


def test_a_webhook_s_secret_is_read_once_a_minute(world: CloudWorld) -> None:
    for _ in range(3):
        world.post_square(b"{}")
    assert world.cloud.wire.counted()["ssm.GetParameter"] == 1


def test_a_batch_shares_its_raw_object_and_reads_by_the_hundred(world: CloudWorld) -> None:
    known(world)
    assert world.post_batch(*(envelope(str(number)) for number in range(25))).status == 200
    assert world.cloud.wire.counted() == {
        "dynamodb.BatchGetItem": 1,
        "s3.PutObject": 1,
        "dynamodb.PutItem": 25,
        PUT_EVENTS: 3,
    }


def test_normalizing_is_two_reads_an_object_each_way_a_transaction_a_message_and_a_delete(world: CloudWorld) -> None:
    world.post(envelope())
    world.cloud.wire.reset()
    assert world.drain() == []
    assert [operation for operation, _ in world.cloud.wire.sent] == [
        "dynamodb.GetItem",  # the row
        "s3.GetObject",
        "s3.PutObject",
        "dynamodb.GetItem",  # an open quarantine record
        "dynamodb.TransactWriteItems",
        PUT_EVENTS,
        "dynamodb.DeleteItem",
    ]


def test_a_sweep_that_finds_nothing_asks_each_part_of_the_index_once(world: CloudWorld) -> None:
    sweep(world.app)
    assert world.cloud.wire.counted() == {"cloudwatch.GetMetricData": 2, "dynamodb.Query": 3 * 16 + 8}
