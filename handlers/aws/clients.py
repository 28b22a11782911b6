"""The clients of one process: one session, one configuration, and the one place where their errors are translated."""

from __future__ import annotations

import logging
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.handlers import add_expect_header

from handlers.aws.backoff import Backoff
from handlers.values import TransientError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from botocore.session import Session
    from types_boto3_cloudwatch import CloudWatchClient
    from types_boto3_dynamodb import DynamoDBClient
    from types_boto3_events import EventBridgeClient
    from types_boto3_s3 import S3Client
    from types_boto3_ssm import SSMClient

CONNECT_SECONDS = 1
READ_SECONDS = 3
CONFIG = Config(
    # A fixed text: putting together the default one is a quarter of a call's own time.
    user_agent="dvss",
    retries={"mode": "standard", "total_max_attempts": 3},
    connect_timeout=CONNECT_SECONDS,
    read_timeout=READ_SECONDS,
    tcp_keepalive=True,
    max_pool_connections=16,
    # Where a checksum matters it is given: SHA-256 of what is put; what is read is compared with the record's digest.
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
"""Three attempts of 4 s at the most each: a call ends within 15 s, whatever the service does."""


class Clients:
    """A client for each service, made when it is first asked for: a function pays for those that it uses.

    ``backoff`` is between the calls that the adapters repeat, where botocore does not.
    """

    def __init__(self, session: Session, backoff: Backoff | None = None) -> None:
        # At DEBUG it writes whole requests and answers, secrets and payloads among them; at INFO whence its keys.
        logging.getLogger("botocore").setLevel(logging.WARNING)
        self._session = session
        self._made: dict[str, Any] = {}
        # Making a client is not safe in several threads, using it is.
        self._lock = threading.Lock()
        self.backoff = backoff or Backoff()

    @property
    def s3(self) -> S3Client:
        client: S3Client = self._client("s3")
        return client

    @property
    def dynamodb(self) -> DynamoDBClient:
        client: DynamoDBClient = self._client("dynamodb")
        return client

    @property
    def events(self) -> EventBridgeClient:
        client: EventBridgeClient = self._client("events")
        return client

    @property
    def ssm(self) -> SSMClient:
        client: SSMClient = self._client("ssm")
        return client

    @property
    def cloudwatch(self) -> CloudWatchClient:
        client: CloudWatchClient = self._client("cloudwatch")
        return client

    def _client(self, service: str) -> Any:
        with self._lock:
            client = self._made.get(service)
            if client is None:
                client = self._session.create_client(service, config=CONFIG)
                # Waiting for a "100 Continue" costs each PutObject a round trip and saves nothing at our sizes.
                client.meta.events.unregister("before-call.s3", add_expect_header)
                self._made[service] = client
            return client


@contextmanager
def translated() -> Iterator[None]:
    """What goes wrong in a call of a client, in a call's timeouts or in reading its answer, as TransientError.

    Errors that say something about the data are caught within; what arrives here is ours, so it may be tried again.
    """
    try:
        yield
    except ClientError as error:
        # A service that finds a parameter wrong quotes it, and it may be what a vendor sent.
        said, _, _ = error.response["Error"].get("Message", "").partition("Value '")
        message = f"{error.operation_name} was refused: {error_code(error)}: {said}"
        raise TransientError(message) from error
    except ParamValidationError as error:
        # Its text quotes the parameter.
        message = "A call was not made: botocore takes one of its parameters for wrong."
        raise TransientError(message) from error
    except BotoCoreError as error:
        message = f"A call did not come through: {error}"
        raise TransientError(message) from error


def error_code(error: ClientError) -> str:
    """The service's name of the error, e.g. ``NoSuchKey``."""
    return error.response.get("Error", {}).get("Code", "")


def was_retried(error: ClientError) -> bool:
    """Whether botocore had sent the same request before: that sending may have had its effect without our knowing."""
    return error.response.get("ResponseMetadata", {}).get("RetryAttempts", 0) > 0
