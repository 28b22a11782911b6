"""A consumer of the event bus, as any other: a queue of its own behind a rule of its own."""

import json
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.e2e.target import Target


@dataclass(frozen=True)
class Message:
    """A message of the bus."""

    id: str
    """The same for each sending."""
    source: str
    detail_type: str
    detail: dict[str, Any]


@dataclass
class Subscription:
    """Every message that came since the subscription began."""

    received: list[Message] = field(default_factory=list)

    def about(self, ingest_id: str, detail_type: str) -> list[Message]:
        """The different messages of one type about one event."""
        fitting = [
            message
            for message in list(self.received)
            if message.detail_type == detail_type and message.detail.get("ingestId") == ingest_id
        ]
        return list({message.id: message for message in fitting}.values())


@contextmanager
def subscribed(target: Target) -> Iterator[Subscription]:
    """Listen to the deployment's bus until the block ends; nothing of it stays behind."""
    sqs, events = target.client("sqs"), target.client("events")
    name, bus = f"dvss-e2e-{secrets.token_hex(4)}", target.outputs["event_bus"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    try:
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        pattern = json.dumps({"source": [{"prefix": "dvss."}]})
        rule = events.put_rule(Name=name, EventBusName=bus, EventPattern=pattern)["RuleArn"]
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(_policy(arn, rule))})
        events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
        try:
            with _collecting(target, url) as subscription:
                yield subscription
        finally:
            events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
            events.delete_rule(Name=name, EventBusName=bus)
    finally:
        sqs.delete_queue(QueueUrl=url)


def _policy(queue_arn: str, rule_arn: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": queue_arn,
        "Condition": {"ArnEquals": {"aws:SourceArn": rule_arn}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


@contextmanager
def _collecting(target: Target, url: str) -> Iterator[Subscription]:
    subscription, ended = Subscription(), threading.Event()
    client = target.make_client("sqs")

    def collect() -> None:
        while not ended.is_set():
            messages = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
                "Messages", []
            )
            for message in messages:
                event = json.loads(message["Body"])
                (message_id,) = event["resources"]
                subscription.received.append(
                    Message(message_id, event["source"], event["detail-type"], event["detail"])
                )
            if messages:
                handles = [
                    {"Id": str(index), "ReceiptHandle": message["ReceiptHandle"]}
                    for index, message in enumerate(messages)
                ]
                client.delete_message_batch(QueueUrl=url, Entries=handles)

    collector = threading.Thread(target=collect, daemon=True)
    collector.start()
    try:
        yield subscription
    finally:
        ended.set()
        collector.join(timeout=10)
