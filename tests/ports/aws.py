"""A small AWS of moto's: everything that the adapters need, and the adapters on it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import botocore.session
from moto import mock_aws
from moto.cloudwatch.models import cloudwatch_backends

from generated.runtime.json_forms import dump
from handlers.aws.backoff import Backoff
from handlers.aws.clients import Clients
from handlers.aws.credentials import AwsCredentials, api_key_item
from handlers.aws.event_bus import EventBridgeBus
from handlers.aws.event_queries import DynamoEventQueries
from handlers.aws.ingest_index import DynamoIngestIndex
from handlers.aws.lanes import SqsLanes
from handlers.aws.mapping_catalogue import DynamoMappingCatalogue
from handlers.aws.normalized_store import S3NormalizedStore
from handlers.aws.outbox import DynamoOutbox
from handlers.aws.quarantine_store import DynamoQuarantineStore
from handlers.aws.raw_store import S3RawStore
from handlers.values import BusMessage, Lane
from tests.ports.aws_faults import Wire
from tests.ports.aws_tables import create_tables, table_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    import pytest
    from botocore.session import Session
    from types_boto3_sqs import SQSClient

    from handlers.ports import Clock
    from handlers.values import Principal

ENVIRONMENT = "test"
ACCOUNT = "123456789012"
REGION: Literal["eu-west-1"] = "eu-west-1"
BUS = f"dvss-{ENVIRONMENT}"
RAW_BUCKET = "raw"
NORMALIZED_BUCKET = f"dvss-normalized-{ENVIRONMENT}-{ACCOUNT}"
PARAMETER_PREFIX = f"/dvss/{ENVIRONMENT}"
CANONICAL_QUEUE = "canonical"
FAILURE_QUEUE = "failures"
VENDORS = ("acme", "acme-2", "zeta", "ключ", "vendorA", "square")
PATTERNS: dict[str, dict[str, Any]] = {
    **{
        f"dvss-{lane}-{ENVIRONMENT}": {
            "source": ["dvss.ingest"],
            "detail-type": ["ingest.accepted"],
            "detail": {"lane": [lane]},
        }
        for lane in Lane
    },
    CANONICAL_QUEUE: {"source": ["dvss.normalize"], "detail-type": [{"anything-but": ["normalize.failed"]}]},
    FAILURE_QUEUE: {"source": ["dvss.normalize"], "detail-type": ["normalize.failed"]},
}
"""What each queue takes from the bus."""


class _ExactJson:
    """moto's bus reads each detail and writes it again; with this for its ``json`` the numbers stay what they are."""

    def loads(self, text: str) -> Any:
        return json.loads(text, parse_float=Decimal)

    def dumps(self, value: Any) -> str:
        return dump(_without_floats(value)).decode()


def _without_floats(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_floats(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_without_floats(one) for one in value]
    return Decimal(str(value)) if isinstance(value, float) else value


@cache
def _session(whose: str) -> tuple[Session, Wire]:
    """One session for the system of all tests, and one for what the tests do themselves.

    What they read of the services' descriptions they read once.
    """
    del whose
    session = botocore.session.Session()
    session.set_credentials("testing", "testing")
    session.set_config_variable("region", REGION)
    wire = Wire()
    wire.attach(session)
    return session, wire


@dataclass
class Cloud:
    """One deployment, empty at first."""

    clock: Clock
    slept: list[float] = field(default_factory=list)
    """What was waited between the calls that the adapters repeat."""

    def __post_init__(self) -> None:
        self.session, self.wire = _session("the system's")
        self.connect()
        self._create()
        self.wire.reset()

    def connect(self) -> None:
        """The clients and adapters of a new process."""
        self.clients = Clients(self.session, Backoff(random=lambda: 0.5, sleep=self.slept.append))
        tables = {name: table_name(name, ENVIRONMENT) for name in ("quarantine", "outbox")}
        records = table_name("ingest-records", ENVIRONMENT)
        mappings = table_name("vendor-mappings", ENVIRONMENT)
        self.raw = S3RawStore(self.clients, RAW_BUCKET)
        self.normalized = S3NormalizedStore(self.clients, NORMALIZED_BUCKET)
        self.index = DynamoIngestIndex(self.clients, ingest_records=records, **tables)
        self.queries = DynamoEventQueries(self.clients, records, lambda: VENDORS)
        self.quarantine = DynamoQuarantineStore(self.clients, tables["quarantine"], lambda: VENDORS)
        self.outbox = DynamoOutbox(self.clients, tables["outbox"])
        self.bus = EventBridgeBus(self.clients, BUS, NORMALIZED_BUCKET)
        self.lanes = SqsLanes(self.clients, {lane: queue_of(lane) for lane in (Lane.LIVE, Lane.REPLAY)}, self.clock)
        self.credentials = AwsCredentials(
            self.clients, vendor_mappings=mappings, parameter_prefix=PARAMETER_PREFIX, clock=self.clock
        )
        self.mappings = DynamoMappingCatalogue(self.clients, mappings)

    def _create(self) -> None:
        create_tables(self.clients.dynamodb, ENVIRONMENT)
        for bucket in (RAW_BUCKET, NORMALIZED_BUCKET):
            self.clients.s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
            self.clients.s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
        sqs: Any = _session("the test's")[0].create_client("sqs")
        self.sqs: SQSClient = sqs
        self.clients.events.create_event_bus(Name=BUS)
        for name, pattern in PATTERNS.items():
            self.sqs.create_queue(QueueName=name)
            self.clients.events.put_rule(Name=name, EventBusName=BUS, EventPattern=json.dumps(pattern))
            target: Any = {"Id": "queue", "Arn": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"}
            self.clients.events.put_targets(Rule=name, EventBusName=BUS, Targets=[target])

    def taken(self, queue: str) -> list[dict[str, Any]]:
        """Take everything out of a queue: the SQS messages."""
        url = self.sqs.get_queue_url(QueueName=queue)["QueueUrl"]
        found: list[dict[str, Any]] = []
        while messages := self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            for message in messages:
                self.sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                found.append(dict(message))
        return found

    def arrived(self, queue: str, lane: Lane | None = None) -> list[BusMessage]:
        """Take what the bus has put into a queue."""
        events = [json.loads(message["Body"], parse_float=Decimal) for message in self.taken(queue)]
        return [BusMessage(one["resources"][0], one["detail-type"], dump(one["detail"]), lane) for one in events]

    def put_api_key(self, key_sha256: str, principal: Principal, ends_at: datetime | None = None) -> None:
        item = api_key_item(key_sha256, principal, ends_at)
        self.clients.dynamodb.put_item(TableName=table_name("vendor-mappings", ENVIRONMENT), Item=item)

    def put_secrets(self, vendor_id: str, secrets: Sequence[tuple[str, datetime | None]]) -> None:
        """The vendor's webhook secrets with their ends, newest first."""
        active = [
            {"kid": f"k{number}", "secret": secret, "notAfter": None if ends_at is None else ends_at.isoformat()}
            for number, (secret, ends_at) in enumerate(secrets)
        ]
        self.put_parameter(f"vendors/{vendor_id}/secrets", json.dumps({"active": active}))

    def put_parameter(self, name: str, value: str) -> None:
        self.clients.ssm.put_parameter(
            Name=f"{PARAMETER_PREFIX}/{name}", Value=value, Type="SecureString", Overwrite=True
        )

    def put_age(self, lane: Lane, age: timedelta) -> None:
        """What SQS tells CloudWatch each minute, in the place of what it told before."""
        cloudwatch_backends[ACCOUNT][REGION].metric_data.clear()
        dimensions: list[Any] = [{"Name": "QueueName", "Value": queue_of(lane)}]
        metric: Any = {
            "MetricName": "ApproximateAgeOfOldestMessage",
            "Dimensions": dimensions,
            "Timestamp": self.clock.now(),
            "Value": age / timedelta(seconds=1),
        }
        self.clients.cloudwatch.put_metric_data(Namespace="AWS/SQS", MetricData=[metric])


def queue_of(lane: Lane) -> str:
    return f"dvss-{lane}-{ENVIRONMENT}"


@contextmanager
def moto_as_needed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """moto, empty, with what it lacks; and no retry waits."""
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0)
    monkeypatch.setattr("moto.events.models.json", _ExactJson())
    # Our rules transform nothing; moto would take the event apart and put it together as text.
    monkeypatch.setattr("moto.events.models.EventTemplateParser.parse", lambda event, **_: dict(event))
    with mock_aws():
        yield
