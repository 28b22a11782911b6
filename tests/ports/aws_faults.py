"""What goes over the wire: every request is counted, and some meet with a fault.

A ``Wire`` stands between the clients of a session and moto. It answers one request at a time, as moto needs it.
"""

from __future__ import annotations

import json
import threading
from collections import Counter, defaultdict, deque
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError
from moto.core.botocore_stubber import MockRawResponse
from moto.core.models import botocore_stubber

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from botocore.session import Session

    type Send = Callable[[], AWSResponse]
    type Fault = Callable[[AWSPreparedRequest, Send], AWSResponse]
    type Choice = Callable[[str, AWSPreparedRequest], Fault | None]

# moto undoes a cancelled transaction by putting whole tables back, and with them what others wrote meanwhile.
_ONE_AT_A_TIME = threading.RLock()


class Wire:
    """``sent`` are the requests in order, each beside its ``service.Operation``, retries included."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, AWSPreparedRequest]] = []
        self._faults: dict[str, deque[Fault | None]] = defaultdict(deque)
        self._choose: Choice | None = None
        self._pause: Callable[[], object] | None = None

    def attach(self, session: Session) -> None:
        """Every client that the session makes from now on goes through here."""
        # All handlers are called, and the first answer counts: moto itself would serve each request a second time.
        stubber: Any = botocore_stubber
        answer: Any = self._answer
        session.unregister("before-send", stubber)
        session.register("before-send", answer)

    def fail(self, operation: str, *faults: Fault | None) -> None:
        """The next requests of the operation meet with these faults, one each; None lets one pass."""
        self._faults[operation].extend(faults)

    def fail_always(self, operation: str, fault: Fault) -> None:
        """Every request of the operation meets with this fault."""
        self._faults[operation] = deque([fault] * 10_000)

    def fail_by(self, choose: Choice, pause: Callable[[], object] | None = None) -> None:
        """Requests that meet with no other fault meet with what ``choose`` says; ``pause`` is called before each."""
        self._choose = choose
        self._pause = pause

    def forget_faults(self) -> None:
        self._faults.clear()
        self._choose = self._pause = None

    def reset(self) -> None:
        self.sent.clear()
        self.forget_faults()

    def counted(self) -> Counter[str]:
        return Counter(operation for operation, _ in self.sent)

    def bodies(self, operation: str) -> list[Any]:
        """The JSON documents that were sent to an operation."""
        return [json.loads(request.body or b"{}") for name, request in self.sent if name == operation]  # type: ignore[arg-type] # no stream

    def _answer(self, event_name: str, request: AWSPreparedRequest, **_: object) -> AWSResponse:
        operation = event_name.removeprefix("before-send.")
        if self._pause is not None:
            self._pause()
        with _ONE_AT_A_TIME:
            self.sent.append((operation, request))
            faults = self._faults[operation]
            fault = faults.popleft() if faults else self._choose and self._choose(operation, request)

            def send() -> AWSResponse:
                answer = botocore_stubber(event_name, request)
                assert answer is not None, f"nothing answers {request.url}"
                return answer

            return fault(request, send) if fault else send()


def lost_request(request: AWSPreparedRequest, _: Send) -> AWSResponse:
    """The service never sees the request."""
    raise ReadTimeoutError(endpoint_url=request.url)


def lost_answer(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """The request has its effect, and nobody hears of it."""
    send()
    raise ReadTimeoutError(endpoint_url=request.url)


def truncated(_: AWSPreparedRequest, send: Send) -> AWSResponse:
    """The connection ends before the body does."""
    answer = send()
    answer.headers["content-length"] = str(int(answer.headers.get("content-length", "0")) + 1)
    return answer


def answered(status: int, body: bytes | str = b"") -> Fault:
    """An answer in the place of moto's; the request has no effect."""
    return lambda request, _: AWSResponse(request.url, status, HTTPHeaders(), MockRawResponse(body))


def server_error(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    return answered(500)(request, send)


def json_error(code: str, status: int = 400, **more: Any) -> Fault:
    """An error as DynamoDB, EventBridge, SSM and CloudWatch write it."""
    return answered(status, json.dumps({"__type": f"com.amazonaws#{code}", "message": code} | more))


def xml_error(code: str, status: int) -> Fault:
    """An error as S3 writes it."""
    return answered(status, f"<Error><Code>{code}</Code><Message>{code}</Message></Error>")


throttled = json_error("ThrottlingException")
slow_down = xml_error("SlowDown", 503)
upload_conflict = xml_error("ConditionalRequestConflict", 409)
transaction_conflict = json_error("TransactionConflictException")


def cancelled(*reasons: str) -> Fault:
    """A cancelled transaction, a reason for each of its writes; ``None`` for those that had none."""
    return json_error("TransactionCanceledException", CancellationReasons=[{"Code": reason} for reason in reasons])


def meanwhile(action: Callable[[], object]) -> Fault:
    """Something else happens just before the request arrives."""

    def act_and_send(_: AWSPreparedRequest, send: Send) -> AWSResponse:
        action()
        return send()

    return act_and_send


class Lagging:
    """An index that is behind: it answers as it did when it was last asked the same."""

    def __init__(self) -> None:
        self._answers: dict[bytes, bytes] = {}

    def __call__(self, request: AWSPreparedRequest, send: Send) -> AWSResponse:
        asked: Any = request.body
        self._answers.setdefault(asked, send().content)
        return answered(200, self._answers[asked])(request, send)


def still_under_way(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """A transaction was sent a second time before its first sending ended, which it does now."""
    send()
    return json_error("TransactionInProgressException")(request, send)


def refused_entries(positions: Iterable[int]) -> Fault:
    """PutEvents takes all entries but these, which it never sees; it still answers 200."""
    refused = set(positions)

    def send_the_others(request: AWSPreparedRequest, send: Send) -> AWSResponse:
        document = json.loads(request.body)  # type: ignore[arg-type] # PutEvents has a JSON text
        entries = document["Entries"]
        document["Entries"] = [entry for place, entry in enumerate(entries) if place not in refused]
        request.body = json.dumps(document).encode()
        results = iter(json.loads(send().content)["Entries"] if document["Entries"] else ())
        failure = {"ErrorCode": "ThrottlingException", "ErrorMessage": "Rate exceeded"}
        answer = [failure if place in refused else next(results) for place in range(len(entries))]
        body = json.dumps({"FailedEntryCount": len(refused), "Entries": answer})
        return answered(200, body)(request, send)

    return send_the_others


def unprocessed(request: AWSPreparedRequest, send: Send) -> AWSResponse:
    """BatchGetItem answers the first key of each table and leaves the others."""
    document = json.loads(request.body)  # type: ignore[arg-type] # BatchGetItem has a JSON text
    left = {}
    for name, asked in document["RequestItems"].items():
        left[name] = asked | {"Keys": asked["Keys"][1:]}
        asked["Keys"] = asked["Keys"][:1]
    request.body = json.dumps(document).encode()
    answer = json.loads(send().content) | {"UnprocessedKeys": {name: one for name, one in left.items() if one["Keys"]}}
    return answered(200, json.dumps(answer))(request, send)
