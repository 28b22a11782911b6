"""Mapped data as normalized events: ids, revisions, and what a changed result takes back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import dump, parse
from handlers.core.messages import raw_reference
from handlers.core.object_keys import event_id, normalized_key, rfc3339
from handlers.values import ObjectVersion

if TYPE_CHECKING:
    from datetime import datetime

    from handlers.application import Application
    from handlers.core.mapping import Mapped
    from handlers.values import IngestRecord

_HISTORY = frozenset({"mappingVersion", "revision", "supersedes"})
"""Members that tell how an event came to be; two results that differ in these alone are one result."""


@dataclass(frozen=True, slots=True)
class NormalizedEvent:
    """One canonical event as it is stored and published."""

    event_id: str
    event_type: str
    key: str
    body: bytes
    retracted: bool

    def put(self, app: Application) -> ObjectVersion:
        """Store it and name the version."""
        version_id = app.normalized.put(self.key, self.body)
        return ObjectVersion(self.key, version_id, hashlib.sha256(self.body).hexdigest())


@dataclass(frozen=True, slots=True)
class Decided:
    """What a normalization writes."""

    emits: str
    schema_version: str | None
    mapping_version: str
    revision: int
    changed: bool
    """False for a replay with the same result: nothing is stored and nothing emitted."""
    emitted: tuple[NormalizedEvent, ...]


def decide(app: Application, record: IngestRecord, mapping_version: str, mapped: Mapped) -> Decided:
    """The events to store and emit for mapped data, given what the event became before."""
    binding = mapped.binding
    emits = binding.emits if binding else ""
    schema_version = binding.schema_version if binding else None
    before = [parse(app.normalized.get(version.key, version.version_id)) for version in record.normalized]
    revision = record.revision + 1
    documents = [
        _document(record, emits, schema_version, mapping_version, index, data, revision)
        for index, data in enumerate(mapped.data)
    ]
    if record.revision and [_essence(one) for one in documents] == [_essence(one) for one in before]:
        return Decided(emits, schema_version, mapping_version, record.revision, changed=False, emitted=())
    kept = {document["eventId"] for document in documents}
    retracted = [_retraction(one, mapping_version, revision) for one in before if one["eventId"] not in kept]
    events = [_event(document, record.received_at) for document in (*documents, *retracted)]
    return Decided(emits, schema_version, mapping_version, revision, changed=True, emitted=tuple(events))


def _essence(document: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in document.items() if name not in _HISTORY}


def _document(  # noqa: PLR0917 - the members of a normalized event
    record: IngestRecord,
    emits: str,
    schema_version: str | None,
    mapping_version: str,
    index: int,
    data: dict[str, Any],
    revision: int,
) -> dict[str, Any]:
    document: dict[str, Any] = {
        "ingestId": record.ingest_id,
        "eventId": event_id(record.ingest_id, index),
        "vendorId": record.key.vendor_id,
        "externalEventId": record.key.external_event_id,
        "eventType": emits,
        "schemaVersion": schema_version,
        "mappingVersion": mapping_version,
        "revision": revision,
    }
    if revision > 1:
        document["supersedes"] = revision - 1
    return document | {
        "occurredAt": record.occurred_at,
        "receivedAt": rfc3339(record.received_at),
        "data": data,
        "rawRef": raw_reference(record.raw),
    }


def _retraction(before: dict[str, Any], mapping_version: str, revision: int) -> dict[str, Any]:
    """What takes an earlier event back: its identity, a new revision, no data."""
    document = {
        name: value for name, value in before.items() if name not in ("data", "rawRef", "occurredAt", "receivedAt")
    }
    return document | {
        "mappingVersion": mapping_version,
        "revision": revision,
        "supersedes": revision - 1,
        "retracted": True,
        "occurredAt": before["occurredAt"],
        "receivedAt": before["receivedAt"],
        "rawRef": before["rawRef"],
    }


def _event(document: dict[str, Any], received_at: datetime) -> NormalizedEvent:
    key = normalized_key(document["eventType"], document["eventId"], received_at)
    retracted = bool(document.get("retracted"))
    return NormalizedEvent(document["eventId"], document["eventType"], key, dump(document), retracted)
