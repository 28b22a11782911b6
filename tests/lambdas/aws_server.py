"""moto behind HTTP on loopback, for functions in processes of their own, with a record of what they asked for."""

from __future__ import annotations

import base64
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.compat import HTTPHeaders
from moto.core.botocore_stubber import BotocoreStubber

from handlers.core.credentials import key_digest
from handlers.system import SystemClock
from handlers.values import Lane, Principal, Role
from tests.ports.aws import (
    BUS,
    ENVIRONMENT,
    NORMALIZED_BUCKET,
    PARAMETER_PREFIX,
    RAW_BUCKET,
    REGION,
    Cloud,
    moto_as_needed,
    queue_of,
)
from tests.ports.aws_tables import table_name

if TYPE_CHECKING:
    from collections.abc import Iterator

API_KEY = "dvss_" + "k" * 43
SECRET = "a-signature-key-of-square"
VARIABLES = {
    "DVSS_ENVIRONMENT": ENVIRONMENT,
    "DVSS_PUBLIC_URL": "https://api.example/test",
    "DVSS_RAW_BUCKET": RAW_BUCKET,
    "DVSS_NORMALIZED_BUCKET": NORMALIZED_BUCKET,
    "DVSS_INGEST_RECORDS_TABLE": table_name("ingest-records", ENVIRONMENT),
    "DVSS_VENDOR_MAPPINGS_TABLE": table_name("vendor-mappings", ENVIRONMENT),
    "DVSS_QUARANTINE_TABLE": table_name("quarantine", ENVIRONMENT),
    "DVSS_OUTBOX_TABLE": table_name("outbox", ENVIRONMENT),
    "DVSS_EVENT_BUS": BUS,
    "DVSS_PARAMETER_PREFIX": PARAMETER_PREFIX,
    "DVSS_LIVE_QUEUE": queue_of(Lane.LIVE),
    "DVSS_REPLAY_QUEUE": queue_of(Lane.REPLAY),
    "POWERTOOLS_SERVICE_NAME": f"dvss-{ENVIRONMENT}",
    "POWERTOOLS_METRICS_NAMESPACE": "dvss",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}
"""A function's environment as Terraform makes it."""


class AwsServer(ThreadingHTTPServer):
    """One deployment. ``cloud`` is the same, from within this process."""

    daemon_threads = True

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.cloud = cloud
        self.trace_ids: list[str | None] = []
        """The trace that each request belongs to."""
        self.calls: list[str] = []
        """What was asked for since the list was last cleared, e.g. ``dynamodb:GetItem``."""
        self.broken: set[str] = set()
        """What is answered with 500."""
        self.moto = BotocoreStubber()
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()

    def handle_error(self, request: object, client_address: object) -> None:
        """A process that was ended leaves its connections as they are."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]

    @property
    def environment(self) -> dict[str, str]:
        """A function's environment, with what Lambda adds, and the way to this server."""
        return VARIABLES | {
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{self.server_port}",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_LAMBDA_FUNCTION_NAME": f"dvss-function-{ENVIRONMENT}",
        }

    def sqs_event(self, lane: Lane = Lane.LIVE) -> dict[str, Any]:
        """What Lambda hands to normalize of what waits in a lane; it is taken out."""
        taken = self.cloud.taken(queue_of(lane))
        return {"Records": [{"messageId": one["MessageId"], "body": one["Body"]} for one in taken]}


class _Handler(BaseHTTPRequestHandler):
    # As the services do it: connections stay open, and an answer leaves in one packet and at once.
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True

    def _answer(self) -> None:
        server = cast("AwsServer", self.server)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        # The scope of the signature names the service: Credential=<key>/<date>/<region>/<service>/aws4_request
        service = self.headers["authorization"].split("/")[3]
        operation = f"{service}:{self._operation()}"
        status: int
        headers: dict[str, Any]
        server.calls.append(operation)
        server.trace_ids.append(self.headers.get("x-amzn-trace-id"))
        if operation in server.broken:
            status, headers, text = 500, {}, b""
        else:
            status, headers, text = self._of_moto(server.moto, service, body)
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "connection", "date", "server"}:
                self.send_header(name, str(value))
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_HEAD = do_DELETE = _answer  # noqa: N815 - the base class calls them so

    def handle_expect_100(self) -> bool:
        """Say at once that the body may come: it is what a client waits a second for."""
        is_expected = super().handle_expect_100()
        self.wfile.flush()
        return is_expected

    def _of_moto(self, moto: BotocoreStubber, service: str, body: bytes) -> tuple[int, dict[str, Any], bytes]:
        headers = HTTPHeaders()
        for name, value in self.headers.items():
            headers[name] = value
        url = f"https://{service}.{REGION}.amazonaws.com{self.path}"
        headers.replace_header("host", urlsplit(url).netloc)
        answer = moto.process_request(AWSPreparedRequest(self.command, url, headers, body, stream_output=False))
        assert answer is not None
        status, found, text = answer
        return status, dict(found), text.encode() if isinstance(text, str) else text

    def _operation(self) -> str:
        target = self.headers.get("x-amz-target")
        if target:
            return target.rpartition(".")[2]
        parts = urlsplit(self.path)
        if parts.path.startswith("/service/"):  # Smithy's RPC protocol: /service/<name>/operation/<operation>
            return parts.path.rpartition("/")[2]
        version = "Version" if "versionId" in parse_qs(parts.query) else ""
        return {"GET": f"GetObject{version}", "PUT": "PutObject"}.get(self.command, self.command)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        pass


@contextmanager
def aws_server() -> Iterator[AwsServer]:
    """A deployment that holds an API key of vendorA, a secret of square and the token key."""
    with pytest.MonkeyPatch.context() as patch, moto_as_needed(patch):
        cloud = Cloud(SystemClock())
        cloud.put_api_key(key_digest(API_KEY), Principal(Role.VENDOR, "key-1", "vendorA"))
        cloud.put_secrets("square", [(SECRET, None)])
        cloud.put_parameter("token-key", "ab" * 32)
        server = AwsServer(cloud)
        try:
            yield server
        finally:
            server.shutdown()
            server.server_close()


def proxy_event(body: bytes, **changes: Any) -> dict[str, Any]:
    """An API Gateway REST proxy event of POST /v1/events by vendorA."""
    return {
        "httpMethod": "POST",
        "resource": "/v1/events",
        "path": "/v1/events",
        "headers": {"x-api-key": API_KEY, "content-type": "application/json"},
        "multiValueHeaders": {"x-api-key": [API_KEY], "content-type": ["application/json"]},
        "pathParameters": None,
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
        "requestContext": {"requestId": "request-1"},
    } | changes
