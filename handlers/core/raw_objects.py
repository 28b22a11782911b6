"""The bytes of events in the raw store: an object for each, or one for all that came in one request.

A shared object begins with its manifest: for each event a line of JSON with what a single object has beside it, and
where behind the manifest its bytes lie. An empty line ends the manifest. What follows is the whole body of a webhook's
request as it came, or of a batch the bytes of its new items, each with a line feed after it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import parse
from generated.runtime.json_forms import dump
from handlers.core.object_keys import raw_key
from handlers.raw_metadata import RawMetadata
from handlers.values import ClaimCheck, ObjectExistsError, TransientError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handlers.application import Application
    from handlers.core.envelopes import Delivery
    from handlers.ports import RawStore
    from handlers.values import IngestRecord


def put_raw(
    app: Application,
    deliveries: Sequence[Delivery],
    records: Sequence[IngestRecord],
    *,
    batch: bool,
    whole: bytes | None,
) -> list[IngestRecord]:
    """Store the deliveries' bytes, see ``accept``; the records with the claim checks that they can be found by."""
    if not records:
        return []
    if batch:
        return _put_shared(app, deliveries, records, whole)
    (delivery,), (record,) = deliveries, records
    try:
        app.raw.put_once(record.raw.key, delivery.raw, metadata_of(record, delivery.headers))
    except ObjectExistsError:
        # Two ids of one millisecond that are the same by chance: the other object stays, ours gets a new id.
        ingest_id = app.ids.new_id(record.received_at)
        raw = replace(record.raw, key=raw_key(record.key.vendor_id, ingest_id, record.received_at))
        record = replace(record, ingest_id=ingest_id, raw=raw)
        _put_new(app, raw.key, delivery.raw, metadata_of(record, delivery.headers))
    return [record]


def _put_new(app: Application, key: str, body: bytes, metadata: RawMetadata | None) -> None:
    try:
        app.raw.put_once(key, body, metadata)
    except ObjectExistsError as error:
        message = f"The raw key {key} is taken; the id factory repeats itself."
        raise TransientError(message) from error


def _put_shared(
    app: Application, deliveries: Sequence[Delivery], records: Sequence[IngestRecord], whole: bytes | None
) -> list[IngestRecord]:
    received_at = records[0].received_at
    key = raw_key(records[0].key.vendor_id, app.ids.new_id(received_at), received_at)
    if whole is None:
        body = b"".join(one.raw + b"\n" for one in deliveries)
        offsets = list(accumulate((len(one.raw) + 1 for one in deliveries[:-1]), initial=0))
    else:
        body, offsets = whole, [one.offset or 0 for one in deliveries]
    manifest = b"".join(
        manifest_line(metadata_of(record, delivery.headers), offset, len(delivery.raw))
        for record, delivery, offset in zip(records, deliveries, offsets, strict=True)
    )
    manifest += b"\n"
    _put_new(app, key, manifest + body, None)
    return [
        replace(record, raw=replace(record.raw, key=key, offset=len(manifest) + offset, length=len(delivery.raw)))
        for record, delivery, offset in zip(records, deliveries, offsets, strict=True)
    ]


def metadata_of(record: IngestRecord, headers: Mapping[str, str]) -> RawMetadata:
    """What is stored beside the raw bytes of a record."""
    return RawMetadata(
        ingest_id=record.ingest_id,
        vendor_id=record.key.vendor_id,
        external_event_id=record.key.external_event_id,
        event_type=record.event_type,
        source=record.source,
        topic=record.topic,
        headers=headers,
        occurred_at=record.occurred_at,
        received_at=record.received_at,
        sha256=record.raw.sha256,
    )


def manifest_line(metadata: RawMetadata, offset: int, length: int) -> bytes:
    """The line for one event; ``offset`` and ``length`` (bytes) cut it out of what follows the manifest."""
    return dump(metadata.document() | {"offset": offset, "length": length}) + b"\n"


@dataclass(frozen=True, slots=True)
class SharedRequest:
    """What a shared object holds of the request that its events came in."""

    document: Any
    """The request's body. Nobody changes it."""
    headers: Mapping[str, Mapping[str, str]]
    """By the ingest id of each event that the manifest names."""


def request_of(app: Application, record: IngestRecord) -> SharedRequest:
    """The request that an event of a shared object came in.

    Raises RawMissingError, LookupError for an object without a manifest, and JsonError.
    """
    whole = ClaimCheck(record.raw.bucket, record.raw.key, "")
    return _request_in(app.raw, whole)  # type: ignore[arg-type] # adapters are compared by identity


# The events of a request are normalized one after the other. Objects do not change: what failed is read again.
@lru_cache(maxsize=8)
def _request_in(raw: RawStore, whole: ClaimCheck) -> SharedRequest:
    body = raw.get(whole)
    lines = read_manifest(body)
    if not lines:
        message = f"{whole.key} has no manifest."
        raise LookupError(message)
    return SharedRequest(
        parse(body.partition(b"\n\n")[2]), {metadata.ingest_id: metadata.headers for metadata, _ in lines}
    )


def read_manifest(whole: bytes) -> list[tuple[RawMetadata, bytes]] | None:
    """What a shared object says of each event in it, with the event's bytes; None for an object without a manifest."""
    manifest, _, body = whole.partition(b"\n\n")
    try:
        # nosemgrep: strict-json (the manifest is ours)
        lines = [json.loads(line) for line in manifest.splitlines()]
        return [(RawMetadata.of(line), body[line["offset"] :][: line["length"]]) for line in lines]
    except (ValueError, LookupError, TypeError):
        return None


def headers_of(app: Application, record: IngestRecord) -> Mapping[str, str]:
    """The headers that were stored beside an event with an object of its own. Raises RawMissingError."""
    metadata = app.raw.metadata(record.raw)
    return metadata.headers if metadata else {}
