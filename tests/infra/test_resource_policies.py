"""Who reaches buckets, queues and functions, read from the policies of real plans."""

from __future__ import annotations

from typing import Any

import pytest

from tests.infra.plans import BUCKETS, LANES, Plan, as_list, resources, statements
from tests.infra.terraform import ACCOUNT, REGION

# Making plans, and starting the provider, takes its time where much else runs.
pytestmark = pytest.mark.timeout(900)

type Plans = dict[tuple[str, str], Plan]


@pytest.mark.parametrize("bucket", BUCKETS)
def test_no_bucket_is_reached_without_tls(planned: Plans, bucket: str) -> None:
    policy = bucket_policy(planned, bucket)
    for sid, condition in {
        "DenyPlainHttp": {"Bool": {"aws:SecureTransport": "false"}},
        "DenyOldTls": {"NumericLessThan": {"s3:TlsVersion": "1.2"}},
    }.items():
        (found,) = (one for one in policy if one["Sid"] == sid)
        assert (found["Effect"], found["Principal"], found["Action"]) == ("Deny", "*", ["s3:*"])
        assert found["Condition"] == condition
        name = f"arn:aws:s3:::dvss-{bucket}-dev-{ACCOUNT}"
        assert set(found["Resource"]) == {name, f"{name}/*"}


def bucket_policy(planned: Plans, bucket: str) -> list[dict[str, Any]]:
    found = resources(planned["02-stateful-resources", "dev"], "aws_s3_bucket_policy")
    return statements(found[f"module.{bucket}.aws_s3_bucket_policy.this"]["policy"])


def test_raw_objects_are_written_once_and_stay(planned: Plans) -> None:
    raw = {one["Sid"]: one for one in bucket_policy(planned, "raw")}
    assert raw["DenyOverwrites"]["Action"] == ["s3:PutObject"]
    assert raw["DenyOverwrites"]["Condition"] == {
        "Null": {"s3:if-none-match": "true"},
        "Bool": {"s3:ObjectCreationOperation": "true"},
    }
    assert set(raw["DenyDeletion"]["Action"]) == {
        "s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutObjectRetention",
    }  # fmt: skip
    for sid in ("DenyOverwrites", "DenyDeletion"):
        assert (raw[sid]["Effect"], raw[sid]["Principal"]) == ("Deny", "*")
        assert raw[sid]["Resource"] == [f"arn:aws:s3:::dvss-raw-dev-{ACCOUNT}/*"]


def test_queues_take_messages_of_their_rules_alone(planned: Plans) -> None:
    plan = planned["03-application", "dev"]
    found = {
        address.split(".", 1)[1]: statements(values["policy"])
        for address, values in resources(plan, "aws_sqs_queue_policy").items()
    }
    rules = {lane: f"arn:aws:events:{REGION}:{ACCOUNT}:rule/dvss-dev/dvss-{lane}-dev" for lane in LANES}
    senders: dict[str, set[str]] = {f'lane["{lane}"]': {rule} for lane, rule in rules.items()}
    schedules = {f"arn:aws:events:{REGION}:{ACCOUNT}:rule/dvss-{name}-dev" for name in ("steward", "audit")}
    senders["undelivered"] = {*rules.values(), *schedules}
    assert found.keys() == senders.keys()
    for name, policy in found.items():
        allowed, denied = policy
        assert set(as_list(allowed["Condition"]["ArnEquals"]["aws:SourceArn"])) == senders[name]
        assert (allowed["Principal"], allowed["Action"]) == ({"Service": "events.amazonaws.com"}, ["sqs:SendMessage"])
        assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_functions_are_invoked_by_the_gateway_and_the_schedule_alone(planned: Plans) -> None:
    permissions = resources(planned["03-application", "dev"], "aws_lambda_permission").values()
    assert {(one["function_name"], one["principal"]) for one in permissions} == {
        ("dvss-ingest-dev", "apigateway.amazonaws.com"),
        ("dvss-steward-dev", "events.amazonaws.com"),
    }
    routes = {f"gateway-{name}" for name in ("getEventStatus", "getHealth", "receiveWebhook", "sendBatch", "sendEvent")}
    assert {one["statement_id"] for one in permissions} == routes | {"schedule", "audit"}
