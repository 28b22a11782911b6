"""Names of stored objects and of canonical events. Of a vendor's texts only its registered id is in a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


def raw_key(vendor_id: str, ingest_id: str, received_at: datetime) -> str:
    """Key of a raw object; for a batch ``ingest_id`` is the batch's own ULID."""
    return f"raw/{vendor_id}/{received_at:%Y/%m/%d}/{ingest_id}.json"


def event_id(ingest_id: str, index: int) -> str:
    """Id of the ``index``-th canonical event of a payload, counted from 0."""
    return f"{ingest_id}-{index}" if index else ingest_id


def normalized_key(event_type: str, event_id: str, received_at: datetime) -> str:
    """Key of a normalized object."""
    return f"normalized/{event_type}/{received_at:%Y/%m/%d}/{event_id}.json"


def rfc3339(moment: datetime) -> str:
    """A moment in UTC with milliseconds, as every document shows it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
