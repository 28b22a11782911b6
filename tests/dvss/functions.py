"""The functions of an environment on moto, in this process: the same entry points on the same adapters."""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dvss.aws.deployment import AwsDeployment
from generated.registry import REGISTRY
from handlers import ingest, normalize
from handlers.system import SystemClock
from tests.handlers.deployments import profile_of
from tests.handlers.world import OtherRegistry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from handlers.application import Application
    from tests.dvss.environment import Environment
    from tests.dvss.program import Ran

    type Run = Callable[..., Ran]


class Functions:
    """The functions of the environment: ingest answers, and the lanes are worked on as event source mappings do."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.application: Application = AwsDeployment(environment.outputs, REGISTRY, SystemClock()).application

    def post(self, key: str, document: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        proxy = {
            "httpMethod": "POST",
            "resource": "/v1/events",
            "path": "/v1/events",
            "headers": {"x-api-key": key, "content-type": "application/json"},
            "body": base64.b64encode(json.dumps(document).encode()).decode(),
            "isBase64Encoded": True,
            "requestContext": {"requestId": "request-1"},
        }
        answer = ingest.answer(proxy, self.application)
        return answer["statusCode"], json.loads(answer["body"])

    def work(self, application: Application | None = None) -> int:
        """Normalize what lies in the lanes; how many messages there were."""
        sqs = self.environment.client("sqs")
        count = 0
        for url in (self.environment.outputs.live_queue_url, self.environment.outputs.replay_queue_url):
            while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
                records = [{"messageId": one["MessageId"], "body": one["Body"]} for one in messages]
                answer = normalize.answer({"Records": records}, application or self.application)
                assert answer == {"batchItemFailures": []}
                for message in messages:
                    sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
                count += len(messages)
        return count

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The lanes are worked on beside what is done meanwhile."""
        ended = threading.Event()

        def go_on() -> None:
            while not ended.wait(0.02):
                self.work()

        thread = threading.Thread(target=go_on)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def unmapped(functions: Functions) -> Application:
    """An application that was deployed before vendorA had a mapping for its events."""
    registry: Any = OtherRegistry(replace(profile_of("vendorA"), mapping_version="sha256:earlier", events={}))
    return replace(functions.application, registry=registry)


def ingest_id(run: Run, name: str) -> str:
    return str(run("events", "show", name, "--vendor", "vendorA", "--json").document["ingestId"])


def of_another_mapping(environment: Environment, name: str) -> None:
    """As if the result was made by an earlier version of the mapping."""
    environment.client("dynamodb").update_item(
        TableName=environment.outputs.ingest_records_table,
        Key={"vendorId": {"S": "vendorA"}, "externalEventId": {"S": name}},
        UpdateExpression="SET mappingVersion = :earlier",
        ExpressionAttributeValues={":earlier": {"S": "sha256:earlier"}},
    )
