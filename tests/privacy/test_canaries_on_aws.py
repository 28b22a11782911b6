"""The same on AWS: what a function writes to stdout, what lies in tables and beside objects, what AWS's errors say."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from generated.registry import REGISTRY
from handlers.aws.clients import translated
from handlers.aws.telemetry import EmfMetrics, configure_logging
from handlers.series import Series
from handlers.values import TransientError
from tests.aws.world import CloudWorld
from tests.ports.aws import FAILURE_QUEUE, RAW_BUCKET, VENDORS, moto_as_needed
from tests.privacy.canaries import CANARY, Kind, shows
from tests.privacy.pipeline import NotedBus, Outlets, run_through, samples

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CloudWorld]:
    root, ours = logging.getLogger(), logging.getLogger("dvss")
    handlers, levels = root.handlers[:], (root.level, ours.level)
    with moto_as_needed(monkeypatch):
        yield CloudWorld(tmp_path)
    root.handlers[:] = handlers
    root.setLevel(levels[0])
    ours.setLevel(levels[1])


def test_no_canary_leaves_the_system(world: CloudWorld, capsys: pytest.CaptureFixture[str]) -> None:
    some = {one.vendor_id: one for one in samples() if one.vendor_id in VENDORS}
    assert some
    outlets = Outlets()
    configure_logging(service="dvss-test", level="DEBUG")
    logging.getLogger().setLevel(logging.DEBUG)
    metrics = EmfMetrics(Series(REGISTRY.vendor_ids()), world.clock)
    world.put_in(bus=NotedBus(world.app.bus, outlets), metrics=metrics)

    told = run_through(world, outlets, list(some.values()), [Kind.VALID, Kind.WRONG_TYPE])

    metrics.flush()
    outlets.add("stdout", capsys.readouterr().out)
    _look_into(world, outlets)
    assert outlets.leaks() == []
    assert outlets.betrayed() == []
    assert {where.partition(" ")[0] for where, _ in outlets.texts} == {
        *("answer", "bus", "index", "metadata", "quarantine", "queue", "stdout", "table"),
    } - {"metrics"}
    stdout = next(text for where, text in outlets.texts if where == "stdout")
    assert "dvss.normalize.failed" in stdout
    assert "event quarantined" in stdout
    assert {vendor_id for vendor_id, _ in told} == some.keys()


def _look_into(world: CloudWorld, outlets: Outlets) -> None:
    cloud = world.cloud
    for table in cloud.clients.dynamodb.list_tables()["TableNames"]:
        for page in cloud.clients.dynamodb.get_paginator("scan").paginate(TableName=table):
            for item in page["Items"]:
                outlets.add(f"table {table}", item)
    is_there = False
    for entry in world.app.raw.entries("raw/"):
        stored = cloud.clients.s3.get_object(Bucket=RAW_BUCKET, Key=entry.key)
        outlets.add("metadata", f"{entry.key} {stored['Metadata']}")
        is_there = is_there or shows(stored["Body"].read().decode())
    assert is_there
    for message in cloud.taken(FAILURE_QUEUE):
        outlets.add("queue", message)


ERRORS: list[Exception] = [
    ParamValidationError(report=f"Invalid type for parameter Item.note, value: {CANARY}"),
    ClientError(
        {
            "Error": {
                "Code": "ValidationException",
                "Message": f"1 validation error detected: Value '[detail={CANARY}]' at 'entries' failed",
            }
        },
        "PutEvents",
    ),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_an_error_of_aws_quotes_no_parameter(error: Exception) -> None:
    with pytest.raises(TransientError) as raised, translated():
        raise error
    assert not shows(str(raised.value))


def test_an_error_of_aws_says_what_was_refused_and_why() -> None:
    refused: Any = {"Error": {"Code": "AccessDeniedException", "Message": "User: x is not authorized"}}
    said = "PutItem was refused: AccessDeniedException: User: x is not authorized"
    with pytest.raises(TransientError, match=said), translated():
        raise ClientError(refused, "PutItem")
