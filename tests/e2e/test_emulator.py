"""What the suite relies on where the emulator was changed: permissions that AWS asks for are asked for here too."""

import io
import json
import re
import ssl
import time
import urllib.request
import zipfile
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from tests.e2e.emulator import calls
from tests.e2e.emulator.calls import Call
from tests.e2e.emulator.launch import ACCOUNT, REGION, Emulator

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"},
        {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole"},
    ],
}
_SOURCE = """
import sys
def answer(event, context):
    print("answered", event)
    if event == "packages":
        return sorted(place for place in sys.path if "site-packages" in place)
    return {"received": len(event.get("Records", []))}
"""


def _role(emulator: Emulator, name: str, *statements: dict[str, Any]) -> str:
    iam = emulator.client("iam")
    arn: str = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))["Role"]["Arn"]
    if statements:
        _grant(emulator, name, *statements)
    return arn


def _grant(emulator: Emulator, role: str, *statements: dict[str, Any]) -> None:
    allowed = [{"Effect": "Allow", **statement} for statement in statements]
    document = {"Version": "2012-10-17", "Statement": allowed}
    emulator.client("iam").put_role_policy(RoleName=role, PolicyName="grants", PolicyDocument=json.dumps(document))


def _as_role(emulator: Emulator, service: str, role_arn: str) -> Any:
    made = emulator.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="test")["Credentials"]
    return boto3.client(
        service,
        endpoint_url=emulator.endpoint,
        region_name=REGION,
        aws_access_key_id=made["AccessKeyId"],
        aws_secret_access_key=made["SecretAccessKey"],
        aws_session_token=made["SessionToken"],
        verify=emulator.environment["AWS_CA_BUNDLE"],
    )


def _queue(emulator: Emulator, name: str, **attributes: str) -> tuple[str, str]:
    url = emulator.client("sqs").create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
    return url, f"arn:aws:sqs:{REGION}:{ACCOUNT}:{name}"


def _allow_rule(emulator: Emulator, queue: tuple[str, str], rule_arn: str) -> None:
    url, arn = queue
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    emulator.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def _depth(emulator: Emulator, url: str) -> int:
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    attributes = emulator.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(attributes[name]) for name in names)


def _eventually(holds: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True


def test_a_role_may_publish_under_its_own_source_alone(emulator: Emulator) -> None:
    bus = emulator.client("events").create_event_bus(Name="dvss-sources")["EventBusArn"]
    source = {"StringEquals": {"events:source": "dvss.ingest"}}
    role = _role(emulator, "publisher", {"Action": "events:PutEvents", "Resource": bus, "Condition": source})
    events = _as_role(emulator, "events", role)
    entry = {"EventBusName": "dvss-sources", "DetailType": "x", "Detail": "{}"}

    sent = events.put_events(Entries=[{**entry, "Source": "dvss.ingest"}])
    with pytest.raises(ClientError, match="AccessDenied"):
        events.put_events(Entries=[{**entry, "Source": "dvss.normalize"}])

    assert sent["FailedEntryCount"] == 0
    made = [call for call in calls.read(emulator.calls) if call.role == "publisher"]
    assert {call.allowed for call in made} == {True, False}
    assert {call.action for call in made} == {"events:PutEvents"}


def test_a_role_may_publish_its_own_detail_types_alone(emulator: Emulator) -> None:
    bus = emulator.client("events").create_event_bus(Name="dvss-types")["EventBusArn"]
    keys = {"events:source": "dvss.normalize", "events:detail-type": "normalize.failed"}
    grant = {"Action": "events:PutEvents", "Resource": bus, "Condition": {"StringEquals": keys}}
    events = _as_role(emulator, "events", _role(emulator, "announcer", grant))
    entry = {"EventBusName": "dvss-types", "Source": "dvss.normalize", "Detail": "{}"}

    sent = events.put_events(Entries=[{**entry, "DetailType": "normalize.failed"}])
    with pytest.raises(ClientError, match="AccessDenied"):
        events.put_events(Entries=[{**entry, "DetailType": "InventoryUpdated"}])

    assert sent["FailedEntryCount"] == 0


def test_a_bucket_can_ask_for_writes_that_replace_nothing(emulator: Emulator) -> None:
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="dvss-raw-test")
    denied = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::dvss-raw-test/*",
        "Condition": {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}},
    }
    plain = {**denied, "Action": "s3:*", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [denied, plain]})
    s3.put_bucket_policy(Bucket="dvss-raw-test", Policy=policy)
    role = _role(emulator, "writer", {"Action": "s3:PutObject", "Resource": "arn:aws:s3:::dvss-raw-test/*"})
    writer = _as_role(emulator, "s3", role)

    writer.put_object(Bucket="dvss-raw-test", Key="raw/1", Body=b"{}", IfNoneMatch="*")
    with pytest.raises(ClientError, match="AccessDenied"):
        writer.put_object(Bucket="dvss-raw-test", Key="raw/2", Body=b"{}")


def test_who_may_not_list_is_not_told_that_an_object_is_missing(emulator: Emulator) -> None:
    emulator.client("s3").create_bucket(Bucket="dvss-missing")
    read = {"Action": "s3:GetObject", "Resource": "arn:aws:s3:::dvss-missing/*"}
    reader = _as_role(emulator, "s3", _role(emulator, "reader", read))

    with pytest.raises(ClientError, match="AccessDenied"):
        reader.get_object(Bucket="dvss-missing", Key="nothing")
    _grant(emulator, "reader", read, {"Action": "s3:ListBucket", "Resource": "arn:aws:s3:::dvss-missing"})

    with pytest.raises(ClientError, match="NoSuchKey"):
        reader.get_object(Bucket="dvss-missing", Key="nothing")


def test_what_a_rule_may_not_deliver_lies_in_the_dead_letter_queue_of_its_target(emulator: Emulator) -> None:
    events = emulator.client("events")
    events.create_event_bus(Name="dvss-rules")
    pattern = json.dumps({"source": ["dvss.ingest"]})
    rule = events.put_rule(Name="live", EventBusName="dvss-rules", EventPattern=pattern)["RuleArn"]
    queue, undelivered = _queue(emulator, "live"), _queue(emulator, "undelivered")
    _allow_rule(emulator, undelivered, rule)
    target = {"Id": "queue", "Arn": queue[1], "DeadLetterConfig": {"Arn": undelivered[1]}}
    events.put_targets(Rule="live", EventBusName="dvss-rules", Targets=[target])
    entry = {"EventBusName": "dvss-rules", "Source": "dvss.ingest", "DetailType": "x", "Detail": '{"n": 1}'}

    events.put_events(Entries=[entry])
    assert (_depth(emulator, queue[0]), _depth(emulator, undelivered[0])) == (0, 1)
    _allow_rule(emulator, queue, rule)
    events.put_events(Entries=[entry])
    assert (_depth(emulator, queue[0]), _depth(emulator, undelivered[0])) == (1, 1)

    [message] = emulator.client("sqs").receive_message(QueueUrl=undelivered[0], MessageAttributeNames=["All"])[
        "Messages"
    ]
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    assert message["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_a_redrive_sends_dead_letters_to_where_they_came_from(emulator: Emulator) -> None:
    dead = _queue(emulator, "dead")
    redrive = json.dumps({"deadLetterTargetArn": dead[1], "maxReceiveCount": 1})
    source = _queue(emulator, "source", RedrivePolicy=redrive, VisibilityTimeout="0")
    sqs = emulator.client("sqs")
    sqs.send_message(QueueUrl=source[0], MessageBody="late")
    for _ in range(2):
        sqs.receive_message(QueueUrl=source[0], WaitTimeSeconds=0)
    assert (_depth(emulator, source[0]), _depth(emulator, dead[0])) == (0, 1)

    sqs.start_message_move_task(SourceArn=dead[1])

    assert (_depth(emulator, source[0]), _depth(emulator, dead[0])) == (1, 0)
    [task] = sqs.list_message_move_tasks(SourceArn=dead[1])["Results"]
    assert (task["Status"], task["ApproximateNumberOfMessagesMoved"]) == ("COMPLETED", 1)
    with pytest.raises(ClientError, match="Dead Letter Queue"):
        sqs.start_message_move_task(SourceArn=source[1])


@pytest.fixture
def function(emulator: Emulator) -> Any:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("answering.py", _SOURCE)
    made = emulator.client("lambda").create_function(
        FunctionName="answering",
        Runtime="python3.13",
        Role=_role(emulator, "answering", {"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Resource": "*"}),
        Handler="answering.answer",
        Code={"ZipFile": archive.getvalue()},
    )
    yield made["FunctionArn"]
    emulator.client("lambda").delete_function(FunctionName="answering")
    for name in emulator.client("iam").list_role_policies(RoleName="answering")["PolicyNames"]:
        emulator.client("iam").delete_role_policy(RoleName="answering", PolicyName=name)
    emulator.client("iam").delete_role(RoleName="answering")


def test_a_function_has_what_its_zip_has(emulator: Emulator, function: str) -> None:
    answer = emulator.client("lambda").invoke(FunctionName=function, Payload=b'"packages"')

    assert json.load(answer["Payload"]) == []


def test_a_mapping_reads_what_the_functions_role_may_read(emulator: Emulator, function: str) -> None:
    queue = _queue(emulator, "mapped")
    emulator.client("sqs").send_message(QueueUrl=queue[0], MessageBody="{}")
    emulator.client("lambda").create_event_source_mapping(FunctionName=function, EventSourceArn=queue[1], BatchSize=1)
    denied = Call("answering", "sqs:ReceiveMessage", queue[1], allowed=False)
    assert _eventually(lambda: denied in calls.read(emulator.calls))
    assert _depth(emulator, queue[0]) == 1

    _grant(
        emulator,
        "answering",
        {"Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"], "Resource": queue[1]},
    )

    assert _eventually(lambda: _depth(emulator, queue[0]) == 0)


def test_a_rule_invokes_a_function_that_lets_it(emulator: Emulator, function: str) -> None:
    events = emulator.client("events")
    dead = _queue(emulator, "not-invoked")
    pattern = json.dumps({"source": ["tests"]})
    rule = events.put_rule(Name="invoking", EventPattern=pattern)["RuleArn"]
    _allow_rule(emulator, dead, rule)
    target = {"Id": "function", "Arn": function, "DeadLetterConfig": {"Arn": dead[1]}}
    events.put_targets(Rule="invoking", Targets=[target])
    entry = {"Source": "tests", "DetailType": "x", "Detail": "{}"}

    events.put_events(Entries=[entry])
    assert _depth(emulator, dead[0]) == 1
    emulator.client("lambda").add_permission(
        FunctionName=function,
        StatementId="rule",
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
        SourceArn=rule,
    )
    events.put_events(Entries=[entry])

    logs = emulator.client("logs")
    assert _eventually(lambda: bool(logs.filter_log_events(logGroupName="/aws/lambda/answering")["events"]))
    assert _depth(emulator, dead[0]) == 1


def test_usage_plans_are_shown_as_on_aws(emulator: Emulator) -> None:
    gateway = emulator.client("apigateway")
    throttle = {"rateLimit": 100.0, "burstLimit": 200}
    plan = gateway.create_usage_plan(name="rate", throttle=throttle)["id"]
    assert "quota" not in gateway.get_usage_plan(usagePlanId=plan)

    change = {"op": "replace", "path": "/throttle/burstLimit", "value": "2"}
    gateway.update_usage_plan(usagePlanId=plan, patchOperations=[change])

    assert gateway.get_usage_plan(usagePlanId=plan)["throttle"] == {"rateLimit": 100.0, "burstLimit": 2}


def test_a_group_of_traces_can_be_made_and_is_gone_when_it_is_deleted(emulator: Emulator) -> None:
    xray = emulator.client("xray")
    xray.create_group(GroupName="dvss", FilterExpression="fault", Tags=[{"Key": "Project", "Value": "dvss"}])
    group = xray.get_group(GroupName="dvss")["Group"]
    assert group["FilterExpression"] == "fault"
    assert xray.list_tags_for_resource(ResourceARN=group["GroupARN"])["Tags"] == [{"Key": "Project", "Value": "dvss"}]

    xray.delete_group(GroupARN=group["GroupARN"])

    with pytest.raises(ClientError, match="Group not found"):
        xray.get_group(GroupName="dvss")


def _cloudwatch(emulator: Emulator, **parameters: str) -> ET.Element:
    """The answer to a call in the query protocol, in which Terraform's provider speaks to CloudWatch."""
    body = urlencode({"Version": "2010-08-01", **parameters})
    request = AWSRequest("POST", emulator.endpoint, data=body)
    request.headers["Content-Type"] = "application/x-www-form-urlencoded"
    SigV4Auth(Credentials(emulator.access_key, emulator.secret_key), "monitoring", REGION).add_auth(request)
    trust = ssl.create_default_context(cafile=emulator.environment["AWS_CA_BUNDLE"])
    sent = urllib.request.Request(emulator.endpoint, body.encode(), dict(request.headers))
    with urllib.request.urlopen(sent, timeout=10, context=trust) as answer:
        return ET.fromstring(answer.read().replace(b'xmlns="', b'name="'))


def test_an_alarm_is_described_with_all_that_it_was_made_with(emulator: Emulator) -> None:
    made = {
        "AlarmName": "inflow",
        "AlarmActions.member.1": "arn:aws:sns:us-east-1:000000000000:alarms",
        "EvaluationPeriods": "3",
        "DatapointsToAlarm": "2",
        "Threshold": "0.5",
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "Metrics.member.1.Id": "inflow",
        "Metrics.member.1.Expression": "DIFF(depth)",
        "Metrics.member.1.ReturnData": "true",
        "Metrics.member.2.Id": "depth",
        "Metrics.member.2.MetricStat.Period": "60",
        "Metrics.member.2.MetricStat.Metric.MetricName": "Depth",
        "Metrics.member.2.MetricStat.Metric.Dimensions.member.1.Value": "a&b",
    }
    _cloudwatch(emulator, Action="PutMetricAlarm", **made)

    answer = _cloudwatch(emulator, Action="DescribeAlarms", **{"AlarmNames.member.1": "inflow"})

    (alarm,) = answer.findall("DescribeAlarmsResult/MetricAlarms/member")
    for name, value in made.items():
        *path, last = re.sub(r"member\.(\d+)", r"member[\1]", name).split(".")
        assert alarm.findtext("/".join([*path, last])) == value, name
    assert alarm.findtext("StateValue") == "INSUFFICIENT_DATA"
    assert alarm.find("Namespace") is None
