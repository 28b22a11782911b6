"""What must hold after every run, whatever went wrong in it: one judge for all methods.

The invariants I1 to I6, I9 and I10 of the system, by the auditor that operators use and by what only the test knows:
what vendors were told.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from dvss.audit import Acknowledgement, audit
from generated.runtime.exact_json import parse
from handlers.core.canonical_events import Decided
from handlers.core.normalization import outcome_of
from handlers.values import ClaimCheck, IdempotencyKey, RawMissingError, Status
from tests.faults.history import ACCEPTED, CONFLICT, DUPLICATE, contradictions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from dvss.embedded.backend import EmbeddedBackend
    from dvss.embedded.feed import Feed
    from handlers.application import Application
    from handlers.values import IngestRecord
    from tests.faults.systems import System
    from tests.faults.vendors import Sent


def findings(system: System) -> list[str]:
    """What is not as it must be, in words, once the system has settled."""
    world = system.world
    told: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in world.feed():
        told[event["ingestId"]].append(event)
    found = list(contradictions(system.vendors.history.operations()))
    rows = system.rows()
    for key in sorted({key for key, _ in system.vendors.sent}):
        found += [f"{key.external_event_id}: {one}" for one in _of_event(system, key, rows.get(key), told)]
    for key, digest in sorted(system.vendors.refused):
        found += [f"{key.external_event_id}: {one}" for one in _of_evidence(system, system.vendors.sent[key, digest])]
    found += _changed_bytes(system)
    found += _audited(system)
    if world.left_in_outbox():
        found.append("messages are left in the outbox")
    return found


@dataclass(frozen=True, slots=True)
class _Deployment:
    """What an audit looks at."""

    application: Application
    feed: Feed | None


def _audited(system: System) -> Iterator[str]:
    """What ``dvss audit`` finds, and whether its balances are even."""
    backend: EmbeddedBackend | None = getattr(system.world, "backend", None)
    deployment: Any = _Deployment(system.sound, backend.feed if backend else None)
    held = [
        Acknowledgement(key, str(one.ingest_id))
        for key in system.rows()
        for one in system.vendors.operations(key)
        if one.verdict is not None
    ]
    report = audit(deployment, held, unsettled=timedelta(0))
    for one in report.findings:
        yield f"{one.external_event_id}: audited as {one.problem}, {one.explanation}"
    for (vendor_id, hour), balance in report.balances.items():
        if not balance.is_even or balance.pending:
            yield f"{vendor_id} in the hour from {hour}: {balance}"


def _of_event(
    system: System, key: IdempotencyKey, record: IngestRecord | None, told: Mapping[str, Sequence[dict[str, Any]]]
) -> Iterator[str]:
    answers = [one for one in system.vendors.operations(key) if one.verdict is not None]
    if not answers:
        yield "never answered"
    if record is None:
        yield "answered, and there is no row"
        return
    if any(one.ingest_id != record.ingest_id for one in answers):
        yield f"answered as {sorted({str(one.ingest_id) for one in answers})}, stored as {record.ingest_id}"
    taken = {one.payload for one in answers if one.verdict in {ACCEPTED, DUPLICATE}}
    refused = {one.payload for one in answers if one.verdict == CONFLICT}
    if record.payload_digest in refused or taken - {record.payload_digest}:
        yield "another payload is stored than was answered for"
    if record.dispatch_at is not None:
        yield f"still pending{' and parked' if record.parked else ''}"
    yield from _of_bytes(system, record)
    yield from _of_result(system, record, told.get(record.ingest_id, ()))


def _of_bytes(system: System, record: IngestRecord) -> Iterator[str]:
    try:
        raw = system.sound.raw.get(record.raw)
    except RawMissingError:
        yield "the raw bytes are lost"
        return
    if sha256(raw).hexdigest() != record.raw.sha256:
        yield "the raw bytes have changed"
    sent = system.vendors.sent.get((record.key, record.payload_digest))
    if sent is None or parse(raw) != parse(sent.body):
        yield "the raw bytes are not those that were sent"


def _of_result(system: System, record: IngestRecord, told: Sequence[dict[str, Any]]) -> Iterator[str]:
    revisions = Counter((event["eventId"], event["revision"]) for event in told)
    if any(count > 1 for count in revisions.values()):
        yield "a canonical event was published twice"
    if max((event["revision"] for event in told), default=1) > 1 + system.vendors.reworks[record.key]:
        yield "a canonical event has more revisions than there was reason for"
    kept = system.sound.quarantine.get(record.key.vendor_id, record.ingest_id)
    is_open = kept is not None and kept.released_at is None
    if record.status is Status.NORMALIZED:
        if is_open:
            yield "normalized, and in quarantine"
        yield from _of_canonical_events(system, record, told)
    elif record.status is Status.FAILED_NORMALIZE:
        if not is_open:
            yield "failed, and not in quarantine"
    else:
        yield f"ended as {record.status}"


def _of_canonical_events(system: System, record: IngestRecord, told: Sequence[dict[str, Any]]) -> Iterator[str]:
    app = system.sound
    stored = [app.normalized.get(version.key, version.version_id) for version in record.normalized]
    if not stored:
        yield "normalized into nothing"
    for version, body in zip(record.normalized, stored, strict=True):
        if sha256(body).hexdigest() != version.sha256:
            yield "a canonical event has changed"
        if json.loads(body) not in told:
            yield "a canonical event was not published as it is stored"
    yield from _of_replay(system, record, stored)


def _of_replay(system: System, record: IngestRecord, stored: Sequence[bytes]) -> Iterator[str]:
    """Where the mapping that made the canonical events is in force, it makes the same bytes again."""
    profile = system.sound.registry.vendor(record.key.vendor_id)
    assert profile is not None
    if {json.loads(body)["mappingVersion"] for body in stored} != {profile.mapping_version}:
        return
    again = outcome_of(system.sound, replace(record, revision=record.revision - 1, normalized=()))
    if not isinstance(again, Decided) or [event.body for event in again.emitted] != stored:
        yield "the raw bytes give another result when they are normalized again"


def _of_evidence(system: System, sent: Sent) -> Iterator[str]:
    """A payload that was refused is kept."""
    kept = system.sound.quarantine.get(sent.key.vendor_id, f"C#{sent.key.external_event_id}#{sent.digest}")
    if kept is None:
        yield "a differing payload was refused and is not kept"
        return
    try:
        raw = system.sound.raw.get(kept.raw)
    except RawMissingError:
        yield "the bytes of a differing payload are lost"
        return
    if sha256(raw).hexdigest() != kept.raw.sha256 or parse(raw) != parse(sent.body):
        yield "the bytes of a differing payload are others"


def _changed_bytes(system: System) -> Iterator[str]:
    """Raw objects that are not what they were when ``remember_raw`` saw them."""
    before = dict(system.raw_digests)
    remember_raw(system)
    for key, digest in before.items():
        if system.raw_digests.get(key) != digest:
            yield f"the raw object {key} has changed"


def remember_raw(system: System) -> None:
    """Look at every raw object that there is."""
    raw = system.sound.raw
    system.raw_digests = {
        entry.key: sha256(raw.get(ClaimCheck(raw.bucket, entry.key, ""))).hexdigest() for entry in raw.entries("raw/")
    }
