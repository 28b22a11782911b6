"""Names of stored objects and of canonical events. Of a vendor's texts only its registered id is in a key.

Each part of a key is one that can hold neither a separator nor a step out of its folder, so that different parts give
different keys, and no vendor's prefix begins another's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_VENDOR_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}")


def vendor_part(vendor_id: str) -> str:
    """A vendor's id as a part of a name. Raises ValueError for what no mapping can have as its vendor."""
    return _part(_VENDOR_ID, vendor_id)


def raw_key(vendor_id: str, ingest_id: str, received_at: datetime) -> str:
    """Key of a raw object; for a batch ``ingest_id`` is the batch's own ULID."""
    return f"raw/{vendor_part(vendor_id)}/{received_at:%Y/%m/%d}/{_part(_NAME, ingest_id)}.json"


def event_id(ingest_id: str, index: int) -> str:
    """Id of the ``index``-th canonical event of a payload, counted from 0."""
    return f"{ingest_id}-{index}" if index else ingest_id


def normalized_key(event_type: str, event_id: str, received_at: datetime) -> str:
    """Key of a normalized object."""
    return f"normalized/{_part(_NAME, event_type)}/{received_at:%Y/%m/%d}/{_part(_NAME, event_id)}.json"


def rfc3339(moment: datetime) -> str:
    """A moment in UTC with milliseconds, as every document shows it."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def _part(pattern: re.Pattern[str], text: str) -> str:
    if not pattern.fullmatch(text):
        message = f"{text[:64]!r} can be no part of a key."
        raise ValueError(message)
    return text
