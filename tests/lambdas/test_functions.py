"""Each function out of the zip, in a process of its own, on recorded events."""

from __future__ import annotations

import base64
import hmac
import json
from typing import TYPE_CHECKING, Any

import pytest

from handlers.aws.telemetry import LINE
from handlers.values import IdempotencyKey, Lane, Status
from tests.handlers.world import envelope
from tests.lambdas.aws_server import SECRET, VARIABLES, AwsServer, proxy_event
from tests.lambdas.package import ROOT
from tests.lambdas.runtime import TRACE_ID, FunctionError

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from handlers.values import IngestRecord
    from tests.lambdas.runtime import Function

    type Start = Callable[..., AbstractContextManager[Function]]

EVENTS = ROOT / "tests" / "handlers" / "events"
CANARY = "canary-7f3a"
ACCEPT = ["dynamodb:GetItem", "s3:PutObject", "dynamodb:PutItem", "events:PutEvents"]


def recorded(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return document


def post(external_event_id: str, **changes: Any) -> dict[str, Any]:
    return proxy_event(json.dumps(envelope(external_event_id, **changes)).encode())


def body(answer: dict[str, Any]) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(answer["body"])
    return document


def row(aws: AwsServer, external_event_id: str, vendor_id: str = "vendorA") -> IngestRecord:
    key = IdempotencyKey(vendor_id, external_event_id)
    return aws.cloud.index.read([key], consistent=True)[key]


def metrics(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The metric lines, without their time."""
    found = [line for line in lines if "_aws" in line]
    for line in found:
        assert isinstance(line["_aws"].pop("Timestamp"), int)
    return found


def emf(dimensions: list[str], names: dict[str, str], **members: Any) -> dict[str, Any]:
    metric = {
        "Namespace": "dvss",
        "Dimensions": [dimensions],
        "Metrics": [{"Name": name, "Unit": unit} for name, unit in names.items()],
    }
    return {"_aws": {"CloudWatchMetrics": [metric]}} | members


def test_ingest_accepts_once_and_says_what_it_did(aws: AwsServer, start: Start) -> None:
    event = recorded("api_gateway_post_event")
    with start("ingest") as ingest:
        accepted = ingest.invoke(event)
        assert aws.calls == ["dynamodb:GetItem", *ACCEPT]  # the first looks up the key that a minute knows
        assert aws.trace_ids == [TRACE_ID] * 5
        aws.calls.clear()
        again = ingest.invoke(event)
        assert aws.calls == ["dynamodb:GetItem"]
        aws.calls.clear()
        ingest.invoke(post("inv-2"))
        assert aws.calls == ACCEPT
        lines = ingest.lines()
    record = row(aws, "inv-12345")
    assert (accepted["statusCode"], again["statusCode"]) == (202, 200)
    assert body(accepted) == {"ingestId": record.ingest_id, "status": "ACCEPTED"}
    assert body(again) == {"ingestId": record.ingest_id, "status": "DUPLICATE"}
    assert aws.cloud.raw.get(record.raw) == base64.b64decode(event["body"])
    (line, *_) = (line for line in lines if "msg" in line)
    assert line | {"timestamp": "", "functionRequestId": "", "latencyMs": 0} == {
        "level": "INFO",
        "timestamp": "",
        "logger": "dvss.ingest",
        "msg": "POST /v1/events",
        "service": "dvss-test",
        "functionRequestId": "",
        "xray_trace_id": "1-65a1b2c3-0123456789abcdef01234567",
        "requestId": "5f3c3a2e-7d0e-4c3a-9a0c-8d2b1f0e6a11",
        "ingestId": record.ingest_id,
        "vendorId": "vendorA",
        "externalEventId": "inv-12345",
        "rawS3Key": record.raw.key,
        "status": "ACCEPTED",
        "latencyMs": 0,
    }
    vendor = {"vendorId": "other", "exactVendorId": "vendorA"}
    assert metrics(lines) == [
        emf(["vendorId"], {"dvss.ingest.accepted": "Count"}, **vendor, **{"dvss.ingest.accepted": [1.0]}),
        emf(["vendorId"], {"dvss.ingest.duplicate": "Count"}, **vendor, **{"dvss.ingest.duplicate": [1.0]}),
        emf(["vendorId"], {"dvss.ingest.accepted": "Count"}, **vendor, **{"dvss.ingest.accepted": [1.0]}),
    ]


def test_ingest_checks_a_webhook_over_its_exact_bytes(aws: AwsServer, start: Start) -> None:
    event = recorded("api_gateway_post_webhook")
    raw = (ROOT / "dvss/examples/square/inventory.count.updated.json").read_bytes()
    signed = f"{VARIABLES['DVSS_PUBLIC_URL']}/v1/webhooks/square/events".encode() + raw
    signature = base64.b64encode(hmac.digest(SECRET.encode(), signed, "sha256")).decode()
    event["body"] = base64.b64encode(raw).decode()
    event["headers"]["x-square-hmacsha256-signature"] = signature
    with start("ingest") as ingest:
        assert ingest.invoke(event)["statusCode"] == 202
        assert aws.calls[0] == "ssm:GetParameter"
        event["body"] = base64.b64encode(raw + b" ").decode()
        assert ingest.invoke(event)["statusCode"] == 401


def test_ingest_answers_before_it_is_cut(aws: AwsServer, start: Start) -> None:
    with start("ingest") as ingest:
        assert ingest.invoke(post("first"))["statusCode"] == 202
        aws.calls.clear()
        answer = ingest.invoke(post("late"), seconds=3.0)
        assert aws.calls == []
        assert (answer["statusCode"], body(answer)["code"]) == (503, "UNAVAILABLE")
        assert answer["headers"]["retry-after"] == "1"
        assert "The time is up" in ingest.lines()[-1]["error"]


def test_an_event_is_accepted_while_the_bus_is_broken(aws: AwsServer, start: Start) -> None:
    aws.broken.add("events:PutEvents")
    with start("ingest") as ingest:
        assert ingest.invoke(post("inv-1"))["statusCode"] == 202
    assert row(aws, "inv-1").dispatch_at is not None
    aws.broken.clear()
    aws.broken.add("s3:PutObject")
    with start("ingest") as ingest:
        assert ingest.invoke(post("inv-2"))["statusCode"] == 503


def test_normalize_hands_back_what_failed_and_nothing_else(aws: AwsServer, start: Start) -> None:
    with start("ingest") as ingest:
        for name in ("good", "bad", "lost"):
            ingest.invoke(post(name, payload={"qty": CANARY if name == "bad" else 12}))
    event = aws.sqs_event()
    template = recorded("sqs_live_lane")["Records"][0]
    event["Records"] = [template | record for record in event["Records"]]
    event["Records"].insert(1, template | {"messageId": "unreadable", "body": f'{{"detail":"{CANARY}"}}'})
    aws.calls.clear()
    aws.broken.add("s3:GetObject")
    with start("normalize") as normalize:
        two = event["Records"][:2]
        every = [{"itemIdentifier": record["messageId"]} for record in two]
        assert normalize.invoke({"Records": two}) == {"batchItemFailures": every}
        aws.broken.clear()
        assert normalize.invoke(event) == {"batchItemFailures": [{"itemIdentifier": "unreadable"}]}
        output, lines = normalize.output(), normalize.lines()
    assert [row(aws, name).status for name in ("good", "bad", "lost")] == [
        Status.NORMALIZED,
        Status.FAILED_NORMALIZE,
        Status.NORMALIZED,
    ]
    assert {message.detail_type for message in aws.cloud.arrived("canonical")} == {"InventoryUpdated"}
    assert CANARY not in output
    success, latency, failed = metrics(lines)
    vendor = {"exactVendorId": "vendorA"}
    name, count = "dvss.normalize.success", {"dvss.normalize.success": [2.0]}
    assert success == emf(["eventType"], {name: "Count"}, eventType="InventoryUpdated", **vendor, **count)
    name, count = "dvss.normalize.failed", {"dvss.normalize.failed": [1.0]}
    assert failed == emf(["reason"], {name: "Count"}, reason="PAYLOAD_INVALID", **vendor, **count)
    name = "dvss.pipeline.latency_ms"
    values = latency.pop(name)
    assert latency == emf(["stage"], {name: "Milliseconds"}, stage="normalize", **vendor)
    assert len(values) == 3
    assert min(values) > 0


def test_normalize_begins_no_message_that_may_be_cut(aws: AwsServer, start: Start) -> None:
    with start("ingest") as ingest:
        for name in ("a", "b", "c"):
            ingest.invoke(post(name))
    event = aws.sqs_event()
    with start("normalize") as normalize:
        failures = normalize.invoke(event, seconds=9.0)["batchItemFailures"]
        assert [one["itemIdentifier"] for one in failures] == [one["messageId"] for one in event["Records"][1:]]
        assert normalize.invoke(event) == {"batchItemFailures": []}
    assert {row(aws, name).status for name in ("a", "b", "c")} == {Status.NORMALIZED}


def test_an_event_that_nobody_knows_is_kept(aws: AwsServer, start: Start) -> None:
    with start("normalize") as normalize:
        assert normalize.invoke(recorded("sqs_live_lane")) == {"batchItemFailures": []}
    (kept,) = aws.cloud.quarantine.records(vendor_id="vendorA", include_released=False, after=None, limit=10)
    assert (kept.reason, kept.external_event_id) == ("UNKNOWN_EVENT", "nobody")


def test_the_steward_counts_what_it_found(aws: AwsServer, start: Start) -> None:
    names = {f"dvss.steward.{name}": "Count" for name in ("resent", "parked", "republished")}
    with start("steward") as steward:
        answer = {"sent": 0, "parked": 0, "published": 0, "lanes_with_backlog": [], "is_cut": False}
        assert steward.invoke(recorded("schedule")) == answer
        assert metrics(steward.lines()) == [emf([], names, **{name: [0.0] for name in names})]


def test_the_steward_audits_what_it_is_asked_for(aws: AwsServer, start: Start) -> None:
    with start("ingest") as ingest:
        ingest.invoke(post("whole"))
        ingest.invoke(post("gone"))
    aws.cloud.clients.s3.delete_object(Bucket=aws.cloud.raw.bucket, Key=row(aws, "gone").raw.key)
    names = {f"dvss.audit.{name}": "Count" for name in ("events", "findings", "unfinished")}
    with start("steward") as steward:
        assert steward.invoke({"audit": {}}) == {"events": 0, "findings": 0, "orphans": 0, "unfinished": []}
        assert steward.invoke({"audit": {"vendorId": "vendorA"}})["findings"] == 1
        found, counted = steward.lines()[-2:]
        assert (found["code"], found["externalEventId"]) == ("RAW_MISSING", "gone")
        assert metrics([counted]) == [emf([], names, **dict(zip(names, ([2.0], [1.0], [0.0]), strict=True)))]
        with pytest.raises(FunctionError, match="The audit is not started"):
            steward.invoke({"audit": {"since": "yesterday"}})


def test_a_replay_runs_through_its_own_lane(aws: AwsServer, start: Start) -> None:
    with start("ingest") as ingest:
        ingest.invoke(post("bad", payload={"qty": "many"}))
        ingest.invoke(post("pending"))
    pending = aws.sqs_event()["Records"].pop()
    assert json.loads(pending["body"])["detail"]["externalEventId"] == "pending"
    with start("replay") as replay:
        window = recorded("replay_window")
        assert replay.invoke(window) == {"outcomes": {"PENDING": 2}, "notFound": [], "after": None}
        unknown = "7" + "Z" * 25
        ids = {"ingestIds": [row(aws, "bad").ingest_id, unknown]}
        assert replay.invoke(ids) == {"outcomes": {"PENDING": 1}, "notFound": [unknown], "after": None}
        with pytest.raises(FunctionError, match="receivedBefore is a time with its offset"):
            replay.invoke(window | {"receivedBefore": "yesterday"})
    assert aws.sqs_event(Lane.REPLAY) == {"Records": []}


def test_no_line_holds_a_payload_or_anything_unforeseen(aws: AwsServer, start: Start) -> None:
    with start("ingest", POWERTOOLS_LOG_LEVEL="DEBUG") as ingest:
        ingest.invoke(post("inv-1", payload={"note": CANARY}))
        ingest.invoke(post("inv-1", payload={"note": f"{CANARY}-other"}))
        ingest.invoke(proxy_event(f'{{"{CANARY}'.encode()))
        ingest.invoke(proxy_event(json.dumps({CANARY: CANARY}).encode()))
        with pytest.raises(FunctionError) as raised:
            ingest.invoke(post("inv-3") | {"multiValueHeaders": {CANARY: 1}})
        assert CANARY not in raised.value.text
        output = ingest.output()
    assert CANARY not in output
    lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    assert {name for line in lines if "_aws" not in line for name in line} <= set(LINE)
    (failure,) = (line for line in lines if line.get("level") == "ERROR")
    assert (failure["msg"], failure["error"]) == ("an invocation ended unexpectedly", "TypeError")
    assert failure["at"][-1].startswith("handlers.wire:")


@pytest.mark.parametrize("function", ["ingest", "normalize", "replay", "steward"])
def test_a_missing_variable_fails_the_start_and_is_named(start: Start, function: str) -> None:
    with (
        start(function, DVSS_RAW_BUCKET=None, DVSS_PUBLIC_URL="api.example") as broken,
        pytest.raises(FunctionError) as raised,
    ):
        broken.invoke({})
    assert raised.value.type == "ConfigurationError"
    assert "DVSS_RAW_BUCKET: not set" in str(raised.value)
    assert "DVSS_PUBLIC_URL: 'api.example' is not a URL" in str(raised.value)
    assert "make deploy" in str(raised.value)


def test_a_log_level_that_is_none_is_named(start: Start) -> None:
    with (
        start("ingest", POWERTOOLS_LOG_LEVEL="chatty") as broken,
        pytest.raises(FunctionError, match="POWERTOOLS_LOG_LEVEL: 'chatty' is no level"),
    ):
        broken.invoke({})


def test_normalize_does_not_start_without_a_token_key(aws: AwsServer, start: Start) -> None:
    aws.cloud.put_parameter("token-key", "unset")
    with start("normalize") as normalize, pytest.raises(FunctionError, match="/dvss/test/token-key holds no token key"):
        normalize.invoke({"Records": []})
    with start("ingest") as ingest:
        assert ingest.invoke(post("inv-1"))["statusCode"] == 202
