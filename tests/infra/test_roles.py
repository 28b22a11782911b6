"""What each role may do, read from the policies of real plans; handlers/aws must not need more."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.plans import Plan, as_list, resources, role_statements, statements
from tests.infra.terraform import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

# Making plans, and starting the provider, takes its time where much else runs.
pytestmark = pytest.mark.timeout(900)

type Plans = dict[tuple[str, str], Plan]

RAW, NORMALIZED = f"dvss-raw-dev-{ACCOUNT}/raw/*", f"dvss-normalized-dev-{ACCOUNT}/normalized/*"
INDEX, QUARANTINE, OUTBOX = "table/dvss-ingest-records-dev", "table/dvss-quarantine-dev", "table/dvss-outbox-dev"
MAPPINGS, BUS = "table/dvss-vendor-mappings-dev", "event-bus/dvss-dev"
LANE_QUEUES = {"dvss-live-dev", "dvss-replay-dev"}

GRANTED: dict[str, dict[str, set[str]]] = {
    "ingest": {
        "s3:PutObject": {RAW},
        "dynamodb:BatchGetItem": {INDEX},
        "dynamodb:GetItem": {INDEX, QUARANTINE, MAPPINGS},
        "dynamodb:PutItem": {INDEX, QUARANTINE},
        "events:PutEvents": {BUS},
        "ssm:GetParameter": {"parameter/dvss/dev/vendors/*"},
    },
    "normalize": {
        "sqs:DeleteMessage": LANE_QUEUES,
        "sqs:GetQueueAttributes": LANE_QUEUES,
        "sqs:ReceiveMessage": LANE_QUEUES,
        "s3:GetObject": {RAW},
        "s3:ListBucket": {RAW.removesuffix("/raw/*")},
        "s3:GetObjectVersion": {NORMALIZED},
        "s3:PutObject": {NORMALIZED},
        "dynamodb:DeleteItem": {OUTBOX},
        "dynamodb:GetItem": {INDEX, QUARANTINE},
        "dynamodb:PutItem": {QUARANTINE, OUTBOX},
        "dynamodb:UpdateItem": {INDEX, QUARANTINE, OUTBOX},
        "events:PutEvents": {BUS},
        "ssm:GetParameter": {"parameter/dvss/dev/token-key"},
    },
    "replay": {
        "dynamodb:BatchGetItem": {INDEX},
        "dynamodb:GetItem": {INDEX},
        "dynamodb:Query": {f"{INDEX}/index/byIngestId"},
        "dynamodb:UpdateItem": {INDEX, QUARANTINE},
        "events:PutEvents": {BUS},
    },
    "steward": {
        "cloudwatch:GetMetricData": {"*"},
        "dynamodb:BatchGetItem": {INDEX},
        "dynamodb:DeleteItem": {OUTBOX},
        "dynamodb:GetItem": {INDEX, QUARANTINE},
        "dynamodb:Query": {f"{INDEX}/index/byDispatch", f"{INDEX}/index/byIngestId", OUTBOX, QUARANTINE},
        "dynamodb:UpdateItem": {INDEX, OUTBOX},
        "events:PutEvents": {BUS},
        "s3:GetObjectVersion": {NORMALIZED},
        "s3:GetObject": {RAW},
        "s3:ListBucket": {NORMALIZED.removesuffix("/normalized/*"), RAW.removesuffix("/raw/*")},
        "sqs:SendMessage": {"dvss-undelivered-dev"},
    },
}
SENDS: dict[str, list[dict[str, list[str]]]] = {
    "ingest": [
        {"events:source": ["dvss.ingest"], "events:detail-type": ["ingest.accepted"]},
        {"events:source": ["dvss.normalize"], "events:detail-type": ["normalize.failed"]},
    ],
    "normalize": [{"events:source": ["dvss.normalize"]}],
    "replay": [{"events:source": ["dvss.ingest"]}],
    "steward": [{"events:source": ["dvss.ingest", "dvss.normalize"]}],
}
"""As whom each may send events; ingest, which faces the world, no canonical ones."""
KNOW_NO_RESOURCE = {"cloudwatch:GetMetricData", "xray:PutTelemetryRecords", "xray:PutTraceSegments"}
INTERFACES = {
    "ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses",
}  # fmt: skip


POLICIES = {
    "aws_iam_role_policy", "aws_s3_bucket_policy", "aws_sns_topic_policy", "aws_sqs_queue_policy", "aws_vpc_endpoint",
}  # fmt: skip
"""Types of resources with a policy in `policy`."""


def granted(policy: Iterable[dict[str, Any]]) -> dict[str, set[str]]:
    """The resources of each allowed action, as the last part of their ARNs."""
    found: dict[str, set[str]] = {}
    for one in policy:
        if one["Effect"] == "Allow":
            for action in one["Action"]:
                found.setdefault(action, set()).update(name.split(":", 5)[-1] for name in one["Resource"])
    return found


def of_role(plan: Plan, function: str, stage: str = "dev") -> list[dict[str, Any]]:
    return role_statements(plan)[f"dvss-{function}-{stage}"]


@pytest.mark.parametrize("function", GRANTED)
def test_a_function_may_do_what_it_does_and_no_more(planned: Plans, function: str) -> None:
    log = {f"log-group:/aws/lambda/dvss-{function}-dev:*"}
    platform = {
        "logs:CreateLogStream": log,
        "logs:PutLogEvents": log,
        "xray:PutTelemetryRecords": {"*"},
        "xray:PutTraceSegments": {"*"},
    }
    assert granted(of_role(planned["03-application", "dev"], function)) == GRANTED[function] | platform


@pytest.mark.parametrize("function", SENDS)
def test_a_function_sends_what_is_its_own_to_send_alone(planned: Plans, function: str) -> None:
    policy = of_role(planned["03-application", "dev"], function)
    sending = [one["Condition"] for one in policy if "events:PutEvents" in one["Action"]]
    assert {operator for condition in sending for operator in condition} == {"StringEquals"}
    allowed = [condition["StringEquals"] for condition in sending]
    assert [{key: sorted(as_list(values)) for key, values in one.items()} for one in allowed] == SENDS[function]


@pytest.mark.parametrize("function", GRANTED)
def test_in_a_vpc_lambda_alone_manages_its_interfaces(planned: Plans, function: str) -> None:
    policy = of_role(planned["03-application", "prod"], function, "prod")
    more = {action for action, at in granted(policy).items() if action not in GRANTED[function] and at == {"*"}}
    assert more - KNOW_NO_RESOURCE == INTERFACES
    (denied,) = (one for one in policy if one["Effect"] == "Deny")
    assert set(denied["Action"]) == INTERFACES
    here = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:dvss-{function}-prod"
    assert denied["Condition"] == {"ArnEquals": {"lambda:SourceFunctionArn": here}}


def all_allowed(planned: Plans) -> list[dict[str, Any]]:
    return [
        one
        for plan in planned.values()
        for kind in POLICIES
        for values in resources(plan, kind).values()
        if values.get("policy")
        for one in statements(values["policy"])
        if one["Effect"] == "Allow"
    ]


def test_no_policy_allows_actions_by_a_wildcard(planned: Plans) -> None:
    found = all_allowed(planned)
    assert len(found) > 50
    assert [one for one in found for action in one["Action"] if "*" in action] == []
    assert [one for one in found if "NotAction" in one or "NotResource" in one] == []


def test_every_resource_is_named_but_where_an_action_knows_none(planned: Plans) -> None:
    everywhere = {
        action
        for plan in planned.values()
        for policy in role_statements(plan).values()
        for action, at in granted(policy).items()
        if "*" in at
    }
    assert everywhere == KNOW_NO_RESOURCE | INTERFACES


def test_roles_are_taken_by_their_service_alone(planned: Plans) -> None:
    trusted = {
        role["name"]: statements(role["assume_role_policy"])[0]["Principal"]
        for plan in planned.values()
        for role in resources(plan, "aws_iam_role").values()
    }
    services = {
        "gateway-logs": "apigateway.amazonaws.com",
        **dict.fromkeys(GRANTED, "lambda.amazonaws.com"),
    }
    expected = {f"dvss-{name}-{stage}": service for name, service in services.items() for stage in ("dev", "prod")}
    expected["dvss-flow-log-prod"] = "vpc-flow-logs.amazonaws.com"
    assert trusted == {name: {"Service": service} for name, service in expected.items()}


def parliament(tools: Path, policies: list[Any]) -> list[list[str]]:
    """What parliament, which knows IAM's actions, resources and conditions, finds in each policy."""
    program = (
        "import json, sys; from parliament import analyze_policy_string as read;"
        "print(json.dumps([[f'{one.issue}: {one.detail}' for one in read(json.dumps(policy)).findings]"
        " for policy in json.load(sys.stdin)]))"
    )
    policies = [{"Version": "2012-10-17", "Statement": statement} for statement in policies]
    said = subprocess.run(
        [tools / "python", "-W", "ignore", "-c", program],
        input=json.dumps(policies),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    found: list[list[str]] = json.loads(said)
    return found


def test_who_knows_iam_finds_nothing_wrong_with_the_roles(planned: Plans, tools: Path) -> None:
    no_action = {"Effect": "Allow", "Action": "dynamodb:TransactWriteItems", "Resource": "*"}
    # What Lambda needs in a VPC has a test of its own: interfaces by a wildcard, and a condition newer than parliament.
    policies = [
        [one for one in policy if not INTERFACES & set(one["Action"])]
        for plan in planned.values()
        for policy in role_statements(plan).values()
    ]
    assert len(policies) == len(GRANTED) * 2 + 1
    *found, of_no_action = parliament(tools, [*policies, [no_action]])
    assert of_no_action
    assert [one for one in found if one] == []
