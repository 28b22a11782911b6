"""Whatever goes wrong on the way to AWS is a TransientError, and nothing else."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from handlers.values import ClaimCheck, Lane, RawMissingError, TransientError
from tests.ports.aws_faults import json_error, lost_request, server_error, slow_down, truncated, xml_error
from tests.ports.examples import (
    NOW,
    SECOND,
    canonical_message,
    completion,
    failure,
    ingest_record,
    outbox_record,
    quarantine_record,
    raw_metadata,
    sha256,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.ports.aws import Cloud
    from tests.ports.aws_faults import Fault

KEY = ClaimCheck("raw", "raw/acme/1.json", sha256(b"{}"))
LATER = NOW + 3600 * SECOND

CALLS: list[tuple[str, str, Callable[[Cloud], object]]] = [
    ("put_once", "s3.PutObject", lambda cloud: cloud.raw.put_once(KEY.key, b"{}", raw_metadata())),
    ("get", "s3.GetObject", lambda cloud: cloud.raw.get(KEY)),
    ("metadata", "s3.HeadObject", lambda cloud: cloud.raw.metadata(KEY)),
    ("entries", "s3.ListObjectsV2", lambda cloud: list(cloud.raw.entries(""))),
    ("normalized put", "s3.PutObject", lambda cloud: cloud.normalized.put("key", b"{}")),
    ("normalized get", "s3.GetObject", lambda cloud: cloud.normalized.get("key", "version")),
    ("read one", "dynamodb.GetItem", lambda cloud: cloud.index.read([ingest_record().key], consistent=True)),
    (
        "read many",
        "dynamodb.BatchGetItem",
        lambda cloud: cloud.index.read([ingest_record(n).key for n in (1, 2)], consistent=False),
    ),
    ("accept", "dynamodb.PutItem", lambda cloud: cloud.index.accept([ingest_record()])),
    (
        "complete",
        "dynamodb.TransactWriteItems",
        lambda cloud: cloud.index.complete(failure(ingest_record(), quarantine_record())),
    ),
    ("complete after", "dynamodb.GetItem", lambda cloud: cloud.index.complete(completion(ingest_record()))),
    (
        "reopen",
        "dynamodb.GetItem",
        lambda cloud: cloud.index.reopen(ingest_record(), lane=Lane.LIVE, at=NOW, dispatch_at=NOW),
    ),
    (
        "supersede",
        "dynamodb.TransactWriteItems",
        lambda cloud: cloud.index.supersede(ingest_record(), ingest_record(2), "C#1", NOW),
    ),
    ("due", "dynamodb.Query", lambda cloud: cloud.index.due(LATER, 10, lanes=list(Lane))),
    ("claim", "dynamodb.UpdateItem", lambda cloud: cloud.index.claim(ingest_record(), next_at=LATER)),
    ("find", "dynamodb.Query", lambda cloud: cloud.queries.find(ingest_record().ingest_id)),
    (
        "events",
        "dynamodb.Query",
        lambda cloud: cloud.queries.events(
            vendor_id=None, received_from=None, received_before=None, after=None, limit=1
        ),
    ),
    ("put_if_absent", "dynamodb.PutItem", lambda cloud: cloud.quarantine.put_if_absent(quarantine_record())),
    ("quarantine get", "dynamodb.GetItem", lambda cloud: cloud.quarantine.get("acme", "1")),
    (
        "records",
        "dynamodb.Query",
        lambda cloud: cloud.quarantine.records(vendor_id=None, include_released=True, after=None, limit=1),
    ),
    ("pending", "dynamodb.Query", lambda cloud: cloud.outbox.pending(LATER, 1)),
    ("delete", "dynamodb.DeleteItem", lambda cloud: cloud.outbox.delete([outbox_record()])),
    ("publish", "eventbridge.PutEvents", lambda cloud: cloud.bus.publish([canonical_message()])),
    ("age", "cloudwatch.GetMetricData", lambda cloud: cloud.lanes.oldest_message_age(Lane.LIVE)),
    ("principal", "dynamodb.GetItem", lambda cloud: cloud.credentials.principal("0" * 64, NOW)),
    ("webhook_secrets", "ssm.GetParameter", lambda cloud: cloud.credentials.webhook_secrets("acme", NOW)),
    ("mappings publish", "dynamodb.UpdateItem", lambda cloud: cloud.mappings.publish([])),
    ("deployed", "dynamodb.GetItem", lambda cloud: cloud.mappings.deployed()),
    ("published", "dynamodb.GetItem", lambda cloud: cloud.mappings.published()),
]
ATTEMPTS = 3
of_calls = pytest.mark.parametrize(("operation", "call"), [one[1:] for one in CALLS], ids=[one[0] for one in CALLS])


def refusal(operation: str, json_code: str, of_s3: Fault) -> Fault:
    return of_s3 if operation.startswith("s3.") else json_error(json_code)


@pytest.mark.parametrize("fault", [lost_request, server_error, "ThrottlingException"])
@of_calls
def test_what_botocore_gives_up_is_transient(
    cloud: Cloud, operation: str, call: Callable[[Cloud], object], fault: Fault | str
) -> None:
    failing = refusal(operation, fault, slow_down) if isinstance(fault, str) else fault
    cloud.wire.fail(operation, *[failing] * ATTEMPTS)
    with pytest.raises(TransientError) as caught:
        call(cloud)
    assert isinstance(caught.value.__cause__, (ClientError, BotoCoreError))
    assert cloud.wire.counted()[operation] == ATTEMPTS


@pytest.mark.parametrize(("code", "status"), [("AccessDeniedException", 403), ("ValidationException", 400)])
@of_calls
def test_what_is_refused_is_transient(
    cloud: Cloud, operation: str, call: Callable[[Cloud], object], code: str, status: int
) -> None:
    cloud.wire.fail(operation, refusal(operation, code, xml_error("AccessDenied", status)))
    with pytest.raises(TransientError) as caught:
        call(cloud)
    assert isinstance(caught.value.__cause__, ClientError)
    assert cloud.wire.counted()[operation] == 1


@pytest.mark.parametrize("fault", [lost_request, server_error])
@of_calls
def test_what_ends_in_time_is_nobody_s_matter(
    cloud: Cloud, operation: str, call: Callable[[Cloud], object], fault: Fault
) -> None:
    cloud.wire.fail(operation, *[fault] * (ATTEMPTS - 1))
    # Some ask for what is not there; a TransientError goes through.
    with suppress(RawMissingError, KeyError):
        call(cloud)
    assert cloud.wire.counted()[operation] >= ATTEMPTS


def test_a_row_of_a_batch_that_fails_leaves_the_others_what_they_are(cloud: Cloud) -> None:
    records = [ingest_record(number) for number in range(40)]
    cloud.wire.fail("dynamodb.PutItem", *[json_error("AccessDeniedException")])
    with pytest.raises(TransientError):
        cloud.index.accept(records)
    written = cloud.index.read([record.key for record in records], consistent=True)
    again = cloud.index.accept(records)
    assert [other for other in again if other] == [record for record in records if record.key in written]
    assert len(cloud.index.read([record.key for record in records], consistent=True)) == len(records)


def test_an_answer_that_ends_too_early_is_transient(cloud: Cloud) -> None:
    cloud.raw.put_once(KEY.key, b"{}", raw_metadata())
    version = cloud.normalized.put("key", b"{}")
    cloud.wire.fail("s3.GetObject", truncated, truncated)
    with pytest.raises(TransientError):
        cloud.raw.get(KEY)
    with pytest.raises(TransientError):
        cloud.normalized.get("key", version)


def test_a_conflict_that_does_not_end_is_transient(cloud: Cloud) -> None:
    conflict = json_error("TransactionConflictException")
    cloud.wire.fail("dynamodb.PutItem", *[conflict] * 9)
    with pytest.raises(TransientError, match="TransactionConflict"):
        cloud.index.accept([ingest_record()])
    assert cloud.wire.counted() == {"dynamodb.PutItem": 5}
    assert cloud.slept == [0.025, 0.05, 0.1, 0.2]
