"""Faults below the adapters of AWS: every request on its way to moto may meet with one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.aws.world import CloudWorld
from tests.faults.kinds import Kind, SimulatedCrash
from tests.ports.aws_faults import (
    answered,
    cancelled,
    json_error,
    lost_answer,
    lost_request,
    refused_entries,
    server_error,
    slow_down,
    transaction_conflict,
    truncated,
    unprocessed,
    upload_conflict,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.awsrequest import AWSPreparedRequest, AWSResponse

    from handlers.application import Application
    from tests.faults.kinds import FaultMap
    from tests.handlers.world import World
    from tests.ports.aws_faults import Fault, Send

_WRITES = frozenset(
    {
        "s3.PutObject", "eventbridge.PutEvents", "dynamodb.PutItem", "dynamodb.UpdateItem", "dynamodb.DeleteItem",
        "dynamodb.TransactWriteItems",
    }
)  # fmt: skip
_TRANSACTION = "dynamodb.TransactWriteItems"
_CONFLICTING = _WRITES - {"eventbridge.PutEvents"}
_HAS_PARTS = {
    "eventbridge.PutEvents": refused_entries([0]),
    "dynamodb.BatchGetItem": unprocessed,
    "s3.GetObject": truncated,
}
_UNTIL_GIVEN_UP = frozenset({Kind.UNANSWERED, Kind.THROTTLED, Kind.SERVER_ERROR})
_READ_KINDS = (Kind.CRASH_BEFORE, Kind.LOST_REQUEST, Kind.THROTTLED, Kind.SERVER_ERROR)
_WRITE_KINDS = (*_READ_KINDS, Kind.CRASH_AFTER, Kind.LOST_ANSWER, Kind.UNANSWERED)


class FaultyWire:
    """Counts the requests of all clients in one row, retries among them, and lets those of a fault map go wrong."""

    def __init__(self, faults: FaultMap, pause: Callable[[], object] | None = None) -> None:
        """``pause`` is called before each request, outside of it."""
        self.calls: list[str] = []
        self._faults = faults
        self._pause = pause
        self._requests: list[AWSPreparedRequest] = []
        self._lasting: dict[Any, Fault] = {}

    def attach(self, world: World) -> Application:
        """The world's application, whose requests go through here from now on."""
        assert isinstance(world, CloudWorld)
        world.cloud.wire.reset()
        world.cloud.wire.fail_by(self._choose, self._pause)
        return world.app

    def detach(self, world: World) -> None:
        """Let requests pass again."""
        assert isinstance(world, CloudWorld)
        world.cloud.wire.forget_faults()

    def kinds_at(self, number: int) -> list[Kind]:
        """The kinds that the operation of the ``number``-th request knows."""
        call, request = self.calls[number - 1], self._requests[number - 1]
        kinds = list(_WRITE_KINDS if call in _WRITES else _READ_KINDS)
        kinds += [Kind.PARTIAL] if call in _HAS_PARTS else []
        kinds += [Kind.CONFLICT] if call in _CONFLICTING else []
        kinds += [Kind.STALE] if _nothing_yet(call, request) else []
        return kinds

    def _choose(self, operation: str, request: AWSPreparedRequest) -> Fault | None:
        self.calls.append(operation)
        self._requests.append(request)
        # The same for each sending of one request by botocore.
        sending = request.headers["amz-sdk-invocation-id"]
        kind = self._faults.get(len(self.calls))
        if kind is None:
            return self._lasting.get(sending)
        fault = _fault(kind, operation, request)
        if kind in _UNTIL_GIVEN_UP and fault is not None:
            self._lasting[sending] = fault
        return fault


def _fault(kind: Kind, operation: str, request: AWSPreparedRequest) -> Fault | None:
    """None where the operation knows nothing of the kind."""
    match kind:
        case Kind.CRASH_BEFORE:
            return _crash_before
        case Kind.CRASH_AFTER:
            return _crash_after
        case Kind.LOST_REQUEST:
            return lost_request
        case Kind.LOST_ANSWER | Kind.UNANSWERED:
            return lost_answer
        case Kind.THROTTLED:
            return slow_down if operation.startswith("s3.") else json_error("ThrottlingException")
        case Kind.SERVER_ERROR:
            return server_error
        case Kind.PARTIAL:
            return _HAS_PARTS.get(operation)
        case Kind.CONFLICT:
            return _conflict(operation, request) if operation in _CONFLICTING else None
        case Kind.STALE:
            nothing = _nothing_yet(operation, request)
            return answered(200, nothing) if nothing else None


def _crash_before(_: AWSPreparedRequest, __: Send) -> AWSResponse:
    raise SimulatedCrash


def _crash_after(_: AWSPreparedRequest, send: Send) -> AWSResponse:
    send()
    raise SimulatedCrash


def _conflict(operation: str, request: AWSPreparedRequest) -> Fault:
    if operation == "s3.PutObject":
        return upload_conflict
    if operation == _TRANSACTION:
        others = len(_document(request)["TransactItems"]) - 1
        return cancelled("TransactionConflict", *["None"] * others)
    return transaction_conflict


def _nothing_yet(operation: str, request: AWSPreparedRequest) -> str | None:
    """The answer of a store that knows of nothing yet, where the request allows for that."""
    match operation:
        case "dynamodb.GetItem" if not _document(request).get("ConsistentRead"):
            # API keys and mappings were written long before.
            return None if "vendor-mappings" in _document(request)["TableName"] else "{}"
        case "dynamodb.Query" if "IndexName" in _document(request):
            return '{"Items": [], "Count": 0, "ScannedCount": 0}'
        case "dynamodb.BatchGetItem":
            asked = _document(request)["RequestItems"]
            if not any(one.get("ConsistentRead") for one in asked.values()):
                return json.dumps({"Responses": {name: [] for name in asked}, "UnprocessedKeys": {}})
    return None


def _document(request: AWSPreparedRequest) -> dict[str, Any]:
    body: Any = request.body
    document: dict[str, Any] = json.loads(body)
    return document
