"""An accepted event read back from its raw bytes: its payload, and what its mapper is told besides."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import JsonError, parse
from handlers.core.mapping import Refused, refused
from handlers.core.object_keys import rfc3339
from handlers.core.raw_objects import headers_of, request_of
from handlers.core.webhooks import WebhookEvent, identify
from handlers.values import RawMissingError, ReasonCode, Source, TransientError, Violation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generated.runtime.binding import VendorProfile
    from handlers.application import Application
    from handlers.values import IngestRecord

RAW_MISSING_ATTEMPTS = 3
"""Sweeps after which a raw object that is not there is believed to be lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadBack:
    """One event as it is mapped."""

    profile: VendorProfile
    event_type: str
    occurred_at: str
    payload: Any
    headers: Mapping[str, str]
    schema_version: str | None = None

    def envelope(self, app: Application, record: IngestRecord) -> dict[str, Any]:
        """What ``EventBinding.mapper`` takes beside the payload."""
        return mapper_envelope(
            vendor_id=record.key.vendor_id,
            external_event_id=record.key.external_event_id,
            event_type=self.event_type,
            occurred_at=self.occurred_at,
            received_at=rfc3339(record.received_at),
            schema_version=self.schema_version,
            headers=self.headers,
            token_key=app.token_key,
        )


def mapper_envelope(
    *,
    vendor_id: str,
    external_event_id: str,
    event_type: str,
    occurred_at: str | None,
    received_at: str,
    schema_version: str | None,
    headers: Mapping[str, str],
    token_key: bytes,
) -> dict[str, Any]:
    """The second argument of ``EventBinding.mapper``. Holds the token key: never log it, never store it."""
    return {
        "vendorId": vendor_id,
        "externalEventId": external_event_id,
        "eventType": event_type,
        "occurredAt": occurred_at,
        "receivedAt": received_at,
        **({} if schema_version is None else {"schemaVersion": schema_version}),
        "headers": headers,
        "tokenKey": token_key.hex(),
    }


def read_back(app: Application, record: IngestRecord) -> ReadBack | Refused:
    """The event of a record under the mapping in force. Raises TransientError where its bytes may still appear."""
    try:
        raw = app.raw.get(record.raw)
        if hashlib.sha256(raw).hexdigest() != record.raw.sha256:
            return refused(ReasonCode.RAW_CORRUPT, "The raw bytes do not have the digest that was recorded.")
        document = parse(raw)
        profile = app.registry.vendor(record.key.vendor_id)
        if profile is None:
            return refused(ReasonCode.NO_MAPPING, f"Vendor {record.key.vendor_id} has no mapping in this deployment.")
        if record.source is Source.ENVELOPE:
            return _of_envelope(profile, document)
        return _of_webhook(app, profile, record, document)
    except RawMissingError as error:
        if record.attempts < RAW_MISSING_ATTEMPTS:
            message = f"There is no raw object at {record.raw.key} yet."
            raise TransientError(message) from error
        return refused(ReasonCode.RAW_MISSING, f"There is no raw object at {record.raw.key}.")
    except JsonError as error:
        return refused(ReasonCode.RAW_CORRUPT, f"The raw bytes are no JSON any more: {error.message}")


def _of_envelope(profile: VendorProfile, document: Any) -> ReadBack:
    return ReadBack(
        profile=profile,
        event_type=document["eventType"],
        occurred_at=document["occurredAt"],
        payload=document["payload"],
        headers={},
        schema_version=document.get("schemaVersion"),
    )


def _of_webhook(app: Application, profile: VendorProfile, record: IngestRecord, item: Any) -> ReadBack | Refused:
    """Read anew: a mapping that could not read the body when it came may be mended since. The event's id stays."""
    if profile.webhook is None or record.topic is None:
        message = f"{profile.source} reads no webhooks any more; this one was accepted as a webhook."
        return Refused(ReasonCode.ENVELOPE_UNREADABLE, (Violation("", "NO_WEBHOOK", message, profile.source),))
    body = item
    headers: Mapping[str, str] = {}
    if record.raw.offset is not None:
        try:
            request = request_of(app, record)
            body, headers = request.document, request.headers[record.ingest_id]
        except LookupError:
            return refused(ReasonCode.RAW_CORRUPT, f"The manifest of {record.raw.key} does not name the event.")
    elif profile.webhook.headers:
        headers = headers_of(app, record)
    is_element = record.raw.offset is not None
    event = WebhookEvent(topic=record.topic, headers=headers, body=body, item=item, is_element=is_element)
    identity = identify(app.registry, profile, event)
    if isinstance(identity, Violation):
        return Refused(ReasonCode.ENVELOPE_UNREADABLE, (identity,))
    return ReadBack(
        profile=profile,
        event_type=identity.event_type,
        occurred_at=identity.occurred_at,
        payload=item,
        headers=headers,
    )
