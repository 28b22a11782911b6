"""An environment on AWS as the Terraform components make it, on moto in this process."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.loaders import Loader, create_loader
from moto.core.botocore_stubber import BotocoreStubber

import generated
from dvss.aws.outputs import Outputs
from handlers.aws.clients import Clients
from tests.ports.aws import moto_as_needed
from tests.ports.aws_tables import TABLES, create_tables, table_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    import pytest
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    type Fault = Callable[[AWSPreparedRequest, Any], AWSResponse]

REGION = "eu-central-1"
ENVIRONMENT = "test"
PREFIX = f"/dvss/{ENVIRONMENT}"
VARIABLES = json.loads(Path(generated.__file__).with_name("vendors.auto.tfvars.json").read_bytes())


class Crash(BaseException):
    """The process ends here: nothing that it would still do happens."""


@dataclass
class Calls:
    """The calls to AWS that were made, and where the process ends among them."""

    made: list[str] = field(default_factory=list)
    """``<service>.<operation>`` of each."""
    requests: list[AWSPreparedRequest] = field(default_factory=list)
    """What was sent, in the same order."""
    left: int | None = None
    """How many calls still come through; None for all. The one after is lost, and every later one."""
    is_answer_lost: bool = False
    """Whether the one that is lost had its effect."""
    faults: dict[str, Fault] = field(default_factory=dict)
    """What answers an operation in the place of AWS."""

    def crash_after(self, count: int, *, is_answer_lost: bool) -> None:
        self.left, self.is_answer_lost = count, is_answer_lost

    def heal(self) -> None:
        self.left = None
        self.forget()

    def forget(self) -> None:
        self.made.clear()
        self.requests.clear()


@dataclass(frozen=True, slots=True)
class Environment:
    """The outputs of the components, the file that has them, and the calls that were made."""

    outputs: Outputs
    path: Path
    calls: Calls

    clients: Clients
    """As the functions have them."""

    _boto3: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        if service not in self._boto3:
            self._boto3[service] = boto3.client(service, region_name=REGION)
        return self._boto3[service]

    def gateway_keys(self, plan_id: str | None = None) -> dict[str, str]:
        """Name and value of each key that the gateway has (in a usage plan)."""
        gateway = self.client("apigateway")
        keys = {one["id"]: one for one in gateway.get_api_keys(includeValues=True)["items"]}
        if plan_id is not None:
            keys = {one["id"]: keys[one["id"]] for one in gateway.get_usage_plan_keys(usagePlanId=plan_id)["items"]}
        return {one["name"]: one["value"] for one in keys.values()}

    def items(self, first: str) -> list[dict[str, Any]]:
        """The items of VendorMappings whose hash key starts so."""
        found = self.client("dynamodb").scan(TableName=self.outputs.vendor_mappings_table)["Items"]
        return [item for item in found if item["vendorId"]["S"].startswith(first)]

    def with_outputs(self, path: Path, **changes: Any) -> Path:
        """A file with some outputs changed; None leaves one out."""
        document = json.loads(self.path.read_bytes()) | changes
        path.write_text(json.dumps({name: value for name, value in document.items() if value is not None}))
        return path


@contextmanager
def deployed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Environment]:
    """The environment right after Terraform applied: nothing is published, no credential exists."""
    calls = Calls()
    with moto_as_needed(monkeypatch):
        _watch(calls, monkeypatch)
        outputs = _made()
        path = folder / f"outputs.{ENVIRONMENT}.json"
        path.write_text(json.dumps(outputs))
        calls.forget()
        session = botocore.session.Session()
        session.set_config_variable("region", REGION)
        yield Environment(Outputs.read(path), path, calls, Clients(session))


def _watch(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    """Note each call, and let them through one by one: moto's stores are not made for several threads."""
    one_by_one = threading.RLock()
    answer = BotocoreStubber.__call__

    def watched(self: BotocoreStubber, event_name: str, request: Any, **rest: Any) -> Any:
        with one_by_one:
            operation = event_name.removeprefix("before-send.")
            calls.made.append(operation)
            calls.requests.append(request)
            if operation in calls.faults:
                return calls.faults[operation](request, None)
            if calls.left is None:
                return answer(self, event_name, request, **rest)
            calls.left -= 1
            if calls.left >= 0:
                return answer(self, event_name, request, **rest)
            if calls.left == -1 and calls.is_answer_lost:
                answer(self, event_name, request, **rest)
            raise Crash

    monkeypatch.setattr(BotocoreStubber, "__call__", watched)
    # Each session would read the descriptions of the services anew.
    monkeypatch.setattr("botocore.session.create_loader", _loader)


@cache
def _loader(search_path: str | None = None) -> Loader:
    return create_loader(search_path)


def _made() -> dict[str, Any]:
    account = boto3.client("sts", region_name=REGION).get_caller_identity()["Account"]
    buckets = {f"{name}_bucket": f"dvss-{name}-{ENVIRONMENT}-{account}" for name in ("raw", "normalized", "inbox")}
    tables = {f"{name.replace('-', '_')}_table": table_name(name, ENVIRONMENT) for name in TABLES}
    _make_stores(buckets.values())
    _make_parameters()
    return {
        "environment": ENVIRONMENT,
        "region": REGION,
        "api_url": f"https://api.example/{ENVIRONMENT}",
        "stage": ENVIRONMENT,
        "usage_plan_ids": _make_usage_plans(),
        "event_bus": f"dvss-{ENVIRONMENT}",
        **_make_lanes(),
        "parameter_prefix": PREFIX,
        **buckets,
        **tables,
    }


def _make_stores(buckets: Iterable[str]) -> None:
    s3 = boto3.client("s3", region_name=REGION)
    for bucket in buckets:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    create_tables(boto3.client("dynamodb", region_name=REGION), ENVIRONMENT)


def _make_parameters() -> None:
    ssm = boto3.client("ssm", region_name=REGION)
    names = [vendor["secrets_parameter"] for vendor in VARIABLES["vendors"].values() if vendor["secrets_parameter"]]
    for name in names:
        ssm.put_parameter(Name=f"{PREFIX}/{name}", Value='{"active":[]}', Type="SecureString")
    ssm.put_parameter(Name=f"{PREFIX}/token-key", Value="unset", Type="SecureString")


def _make_usage_plans() -> dict[str, str]:
    gateway = boto3.client("apigateway", region_name=REGION)
    return {
        name: gateway.create_usage_plan(name=f"dvss-{name}-{ENVIRONMENT}")["id"] for name in VARIABLES["usage_plans"]
    }


def _make_lanes() -> dict[str, str]:
    events = boto3.client("events", region_name=REGION)
    sqs = boto3.client("sqs", region_name=REGION)
    bus = f"dvss-{ENVIRONMENT}"
    events.create_event_bus(Name=bus)
    urls = {}
    for lane in ("live", "replay"):
        name = f"dvss-{lane}-{ENVIRONMENT}"
        url = urls[f"{lane}_queue_url"] = sqs.create_queue(QueueName=name)["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = {"source": ["dvss.ingest"], "detail-type": ["ingest.accepted"], "detail": {"lane": [lane]}}
        events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps(pattern))
        events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    return urls
