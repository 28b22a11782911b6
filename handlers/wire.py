"""Shapes of API Gateway, SQS and EventBridge to our values and back. Pure; knows no cloud library."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from generated.runtime.json_forms import dump
from handlers.core.messages import AcceptedMessage, read_accepted
from handlers.core.object_keys import rfc3339

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handlers.core.problems import RequestRefusedError
    from handlers.values import IngestRecord, QuarantineRecord, Violation

# RFC 9110, with the names of RFC 6838: they have no asterisk, so no value in parts or percent signs (RFC 2231) is read.
_NAME = r"[\w!#$&^.+-]++"
_VALUE = r"""(?:[\w!#$%&'*+.^`|~-]++|"(?:[^"\\]|\\.)*+")"""
_PARAMETER = rf"[ \t]*+;[ \t]*+(?:charset=({_VALUE})|{_NAME}={_VALUE})?+"
_CONTENT_TYPE = re.compile(rf"({_NAME}/{_NAME})(?:{_PARAMETER})*+[ \t]*+", re.ASCII | re.IGNORECASE)
_LONGEST_CONTENT_TYPE = 256


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request as an entry point sees it."""

    method: str
    resource: str
    """The route's template, e.g. ``/v1/events/{externalEventId}``."""
    path_parameters: Mapping[str, str]
    headers: Mapping[str, Sequence[str]] = field(repr=False)
    """Every value of each header, names in lower case."""
    body: bytes = field(repr=False)
    request_id: str
    admitted: str | None = None
    """The vendor whose token the gateway has taken for this request."""

    @property
    def path(self) -> str:
        """The path as the route's template and its parameters give it: no gateway's prefix, no query."""
        return self.resource.format_map(self.path_parameters)

    def header(self, name: str) -> str | None:
        """The header's only value; None if it is missing or stands more than once."""
        values = self.headers.get(name, ())
        return values[0] if len(values) == 1 else None

    def content_type(self) -> tuple[str, str | None]:
        """Media type and charset in lower case; the charset is None where none is given.

        The media type is empty where there is none, and where what is given is none or is too long for one.
        """
        given = self.header("content-type") or ""
        found = _CONTENT_TYPE.fullmatch(given) if len(given) <= _LONGEST_CONTENT_TYPE else None
        if found is None:
            return "", None
        media_type, charset = found.groups()
        return media_type.lower(), charset and charset.strip('"').lower()


def read_request(event: Mapping[str, Any]) -> Request:
    """The request in an API Gateway REST proxy event."""
    headers: dict[str, list[str]] = {}
    listed = event.get("multiValueHeaders") or {name: [value] for name, value in (event.get("headers") or {}).items()}
    for name, values in listed.items():
        headers.setdefault(name.lower(), []).extend(values)
    body = event.get("body") or ""
    return Request(
        method=event["httpMethod"],
        resource=event["resource"],
        path_parameters=event.get("pathParameters") or {},
        headers=headers,
        # A lone surrogate passes here, so that the body is refused as what it is: not UTF-8.
        body=base64.b64decode(body) if event.get("isBase64Encoded") else body.encode("utf-8", "surrogatepass"),
        request_id=event["requestContext"]["requestId"],
        admitted=event["requestContext"].get("authorizer", {}).get("admitted"),
    )


def json_answer(status: int, document: Mapping[str, Any], *, content_type: str = "application/json") -> dict[str, Any]:
    """A proxy response with a JSON body."""
    return {
        "statusCode": status,
        "headers": {"content-type": content_type, "cache-control": "no-store"},
        "body": dump(document).decode(),
        "isBase64Encoded": False,
    }


def text_answer(status: int, text: str) -> dict[str, Any]:
    """A proxy response with a body of plain text."""
    return {
        "statusCode": status,
        "headers": {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"},
        "body": text,
        "isBase64Encoded": False,
    }


def violation_list(violations: Sequence[Violation]) -> list[dict[str, str]]:
    """Violations as documents show them."""
    return [
        {"pointer": one.pointer, "code": one.code, "message": one.message} | ({"rule": one.rule} if one.rule else {})
        for one in violations
    ]


def problem_members(refused: RequestRefusedError) -> dict[str, Any]:
    """What a problem and a refused item of a batch have in common."""
    members: dict[str, Any] = {"code": refused.code, "detail": refused.detail}
    if refused.violations:
        members["violations"] = violation_list(refused.violations)
    return members


def problem_answer(refused: RequestRefusedError, request_id: str) -> dict[str, Any]:
    """A refusal as problem+json (RFC 9457)."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(refused.status).phrase,
        "status": refused.status,
        "requestId": request_id,
        **problem_members(refused),
    }
    if refused.pointer is not None:
        document["pointer"] = refused.pointer
    if refused.ingest_id is not None:
        document["ingestId"] = refused.ingest_id
    answer = json_answer(refused.status, document, content_type="application/problem+json")
    if refused.retry_after_seconds is not None:
        answer["headers"]["retry-after"] = str(refused.retry_after_seconds)
    if refused.allowed_methods:
        answer["headers"]["allow"] = ", ".join(refused.allowed_methods)
    return answer


def event_status(record: IngestRecord, kept: QuarantineRecord | None) -> dict[str, Any]:
    """Where an event stands, with its quarantine record if it lies there."""
    optional = {
        "occurredAt": record.occurred_at,
        "schemaVersion": record.schema_version,
        "mappingVersion": record.mapping_version,
    }
    document: dict[str, Any] = {
        "ingestId": record.ingest_id,
        "vendorId": record.key.vendor_id,
        "externalEventId": record.key.external_event_id,
        "eventType": record.event_type,
        "status": record.status,
        "receivedAt": rfc3339(record.received_at),
        "revision": record.revision,
        "eventCount": len(record.normalized),
    } | {name: value for name, value in optional.items() if value is not None}
    if kept is not None:
        document["quarantine"] = {
            "reason": kept.reason,
            "stage": kept.stage,
            "quarantinedAt": rfc3339(kept.quarantined_at),
            "violations": violation_list(kept.violations),
        }
    return document


@dataclass(frozen=True, slots=True)
class QueuedMessage:
    """One record of an SQS event."""

    message_id: str
    body: str

    def accepted(self) -> AcceptedMessage:
        """The ``ingest.accepted`` message that EventBridge has put into the queue.

        Raises LookupError or ValueError for anything else.
        """
        return read_accepted(json.loads(self.body)["detail"])  # nosemgrep: strict-json (our own message)


def queued_messages(event: Mapping[str, Any]) -> list[QueuedMessage]:
    """The records of an SQS event, none of them read yet: one that cannot be read must not stop the others."""
    return [QueuedMessage(record["messageId"], record["body"]) for record in event["Records"]]


def batch_answer(failed: Sequence[str]) -> dict[str, Any]:
    """Which messages of the batch SQS must hand out again."""
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
