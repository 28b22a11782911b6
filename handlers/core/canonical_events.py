"""Mapped data as normalized events: ids, revisions, and what a changed result takes back."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from generated.runtime.exact_json import parse
from generated.runtime.json_forms import canonical, dump
from generated.runtime.mapping import timestamp
from handlers.core.messages import raw_reference
from handlers.core.object_keys import event_id, normalized_key, rfc3339
from handlers.values import ObjectVersion

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    revision: int
    key: str
    body: bytes
    retracted: bool = False

    def put(self, app: Application) -> ObjectVersion:
        """Store it and name the version."""
        version_id = app.normalized.put(self.key, self.body)
        return ObjectVersion(self.key, version_id, hashlib.sha256(self.body).hexdigest())


@dataclass(frozen=True, slots=True)
class Decided:
    """What a normalization writes."""

    mapping_version: str
    emits: str | None
    """Canonical event type; None for an event that becomes none."""
    schema_version: str | None
    revision: int
    """Of the events that now stand for the accepted event."""
    changed: bool
    """False for a replay with the same result: nothing is stored and nothing emitted."""
    emitted: tuple[NormalizedEvent, ...]
    """Events, then retractions."""


def decide(
    app: Application, record: IngestRecord, mapping_version: str, mapped: Mapped, occurred_at: str | None
) -> Decided:
    """The events to store and emit for mapped data, given what the event became before."""
    binding = mapped.binding
    emits = binding.emits if binding else None
    schema_version = binding.schema_version if binding else None
    before = [
        (version.key, parse(app.normalized.get(version.key, version.version_id))) for version in record.normalized
    ]
    documents = _documents(record, mapping_version, mapped, occurred_at)
    if record.revision and [_essence(one) for one in documents] == [_essence(one) for _, one in before]:
        return Decided(mapping_version, emits, schema_version, record.revision, changed=False, emitted=())
    kept = {(one["eventId"], one["eventType"]) for one in documents}
    withdrawn = [(key, one) for key, one in before if (one["eventId"], one["eventType"]) not in kept]
    retractions = [_retraction(key, one, mapping_version, record.revision + 1) for key, one in withdrawn]
    # An id that changes its type is withdrawn as the old type in one revision and comes as the new one in the next.
    changes_type = {one["eventId"] for one in documents} & {one["eventId"] for _, one in withdrawn}
    revision = record.revision + (2 if changes_type else 1)
    events = [_event(record, one, revision) for one in documents]
    emitted = (*events, *retractions)
    return Decided(mapping_version, emits, schema_version, revision, changed=True, emitted=emitted)


def _essence(document: dict[str, Any]) -> bytes:
    # In text, since Python takes True for 1.
    return canonical({name: value for name, value in document.items() if name not in _HISTORY})


def _documents(
    record: IngestRecord, mapping_version: str, mapped: Mapped, occurred_at: str | None
) -> Sequence[dict[str, Any]]:
    """Normalized events without the members of their history, which depend on each other's outcome."""
    binding = mapped.binding
    if binding is None:
        return []
    assert occurred_at is not None, "only a webhook that cannot be read has no time, and it is never mapped"
    moment = timestamp(occurred_at)
    return [
        {
            "ingestId": record.ingest_id,
            "eventId": event_id(record.ingest_id, index),
            "vendorId": record.key.vendor_id,
            "externalEventId": record.key.external_event_id,
            "eventType": binding.emits,
            "schemaVersion": binding.schema_version,
            "mappingVersion": mapping_version,
            "occurredAt": moment if isinstance(moment, str) else occurred_at,
            "receivedAt": rfc3339(record.received_at),
            "data": data,
            "rawRef": raw_reference(record.raw),
        }
        for index, data in enumerate(mapped.data)
    ]


def _with_history(document: dict[str, Any], mapping_version: str, revision: int, **more: Any) -> dict[str, Any]:
    """The document with the members of its history in their place, behind ``mappingVersion``."""
    history = {"revision": revision} | ({"supersedes": revision - 1} if revision > 1 else {}) | more
    result: dict[str, Any] = {}
    for name, value in document.items():
        if name == "mappingVersion":
            result |= {name: mapping_version} | history
        elif name not in _HISTORY:
            result[name] = value
    return result


def _event(record: IngestRecord, document: dict[str, Any], revision: int) -> NormalizedEvent:
    key = normalized_key(document["eventType"], document["eventId"], record.received_at)
    body = dump(_with_history(document, document["mappingVersion"], revision))
    return NormalizedEvent(document["eventId"], document["eventType"], revision, key, body)


def _retraction(key: str, before: dict[str, Any], mapping_version: str, revision: int) -> NormalizedEvent:
    """What takes an earlier event back: its identity under a new revision, without data."""
    identity = {name: value for name, value in before.items() if name != "data"}
    body = dump(_with_history(identity, mapping_version, revision, retracted=True))
    return NormalizedEvent(before["eventId"], before["eventType"], revision, key, body, retracted=True)
