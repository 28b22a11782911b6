"""What a vendor is told when AWS fails on the way of its event, and what is left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.handlers.world import envelope
from tests.ports.aws_faults import (
    answered,
    json_error,
    lost_answer,
    lost_request,
    refused_entries,
    slow_down,
    throttled,
    transaction_conflict,
    upload_conflict,
    xml_error,
)

if TYPE_CHECKING:
    from tests.aws.world import CloudWorld
    from tests.ports.aws_faults import Fault

MORE_THAN_ANY_RETRIES = 20
PUT_OBJECT, PUT_ITEM, PUT_EVENTS = "s3.PutObject", "dynamodb.PutItem", "eventbridge.PutEvents"


class Failing(NamedTuple):
    operation: str
    faults: list[Fault]


PASSING = {
    "S3 does not answer and has stored nothing": Failing(PUT_OBJECT, [lost_request]),
    "S3 does not answer and has stored the object": Failing(PUT_OBJECT, [lost_answer]),
    "two uploads at once": Failing(PUT_OBJECT, [upload_conflict]),
    "the row's write is not answered and has happened": Failing(PUT_ITEM, [lost_answer]),
    "the row's write is not answered and has not happened": Failing(PUT_ITEM, [lost_request]),
    "the row's write meets a transaction": Failing(PUT_ITEM, [transaction_conflict]),
    "the message is not answered and has left": Failing(PUT_EVENTS, [lost_answer]),
    "the message is refused in an answer of 200": Failing(PUT_EVENTS, [refused_entries([0])] * MORE_THAN_ANY_RETRIES),
    "the bus is down": Failing(PUT_EVENTS, [answered(500)] * MORE_THAN_ANY_RETRIES),
}

FAILING = {
    "S3 is overloaded": Failing(PUT_OBJECT, [slow_down] * MORE_THAN_ANY_RETRIES),
    "S3 never answers": Failing(PUT_OBJECT, [lost_request] * MORE_THAN_ANY_RETRIES),
    "the bytes do not have their digest": Failing(PUT_OBJECT, [xml_error("BadDigest", 400)] * MORE_THAN_ANY_RETRIES),
    "the clock is not that of S3": Failing(
        PUT_OBJECT, [xml_error("RequestTimeTooSkewed", 403)] * MORE_THAN_ANY_RETRIES
    ),
    "uploads meet without end": Failing(PUT_OBJECT, [upload_conflict] * MORE_THAN_ANY_RETRIES),
    "DynamoDB throttles without end": Failing(PUT_ITEM, [throttled] * MORE_THAN_ANY_RETRIES),
    "the row's write meets transactions without end": Failing(PUT_ITEM, [transaction_conflict] * MORE_THAN_ANY_RETRIES),
    "the row may not be written": Failing(PUT_ITEM, [json_error("AccessDeniedException")] * MORE_THAN_ANY_RETRIES),
}


@pytest.mark.parametrize("failing", PASSING.values(), ids=PASSING)
def test_a_failure_that_passes_is_none_for_the_vendor(world: CloudWorld, failing: Failing) -> None:
    world.cloud.wire.fail(failing.operation, *failing.faults)
    answer = world.post(envelope())
    world.cloud.wire.forget_faults()
    assert (answer.status, answer.body["status"]) == (202, "ACCEPTED")
    assert world.traces() == (1, 1, 0)
    world.settle()
    assert [event["ingestId"] for event in world.feed()] == [answer.body["ingestId"]]


@pytest.mark.parametrize("failing", FAILING.values(), ids=FAILING)
def test_a_failure_that_stays_is_answered_503_and_the_vendor_s_retry_is_accepted(
    world: CloudWorld, failing: Failing
) -> None:
    world.cloud.wire.fail(failing.operation, *failing.faults)
    answer = world.post(envelope())
    world.cloud.wire.forget_faults()
    assert (answer.status, answer.body["code"]) == (503, "UNAVAILABLE")
    assert int(answer.headers["retry-after"]) > 0
    objects, rows, _ = world.traces()
    # The object that the row was to name is an orphan now.
    assert (objects, rows) == (failing.operation == PUT_ITEM, 0)
    assert world.post(envelope()).status == 202
    world.settle()
    assert len(world.feed()) == 1
