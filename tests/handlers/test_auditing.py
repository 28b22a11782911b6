"""An audit names whatever breaks the promise, and nothing else: each test breaks one thing by hand."""

from __future__ import annotations

import contextlib
import itertools
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest

from handlers import normalize, steward
from handlers.core.audit_report import Balance, Orphan, OrphanCause
from handlers.core.auditing import SLICE, Window, audit
from handlers.core.findings import Problem
from handlers.core.quarantine import NotReleasedError, release, release_correction
from handlers.core.replaying import replay
from handlers.core.sweeping import sweep
from handlers.values import Completion, Status, TransientError
from tests.handlers.deployments import inventory_by, stock
from tests.handlers.test_accept_edges import Around, put_in_place
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from handlers.core.audit_report import AuditReport
    from handlers.values import IngestRecord, QuarantineRecord
    from tests.handlers.world import World

DIFFERENT = {"payload": {"qty": 99}}
WRONG = {"payload": {"qty": "many"}}


@pytest.fixture
def used(world: World) -> World:
    """Some of everything: normalized, quarantined, a conflict, a batch, and what is on its way; hours apart."""
    world.post(envelope("good"))
    world.post(envelope("plain"))
    world.post(envelope("wrong", **WRONG))
    world.post(envelope("good", **DIFFERENT))
    world.drain()
    world.clock.advance(hours=2)
    world.post_batch(envelope("one"), envelope("two"), envelope("good", payload={"qty": 7}), envelope("one"))
    world.drain()
    world.clock.advance(hours=2)
    world.post(envelope("late"))
    world.clock.advance(minutes=3)
    return world


def named(report: AuditReport) -> list[tuple[str, str]]:
    return [(finding.problem.value, finding.external_event_id) for finding in report.findings]


def conflict(world: World) -> QuarantineRecord:
    kept = world.app.quarantine.records(vendor_id="vendorA", include_released=False, after=None, limit=100)
    return next(one for one in kept if one.item_id != one.ingest_id)


def test_a_whole_store_is_even_and_has_no_finding(used: World) -> None:
    report = audit(used.app)
    assert (named(report), report.orphans, report.unfinished) == ([], [], ())
    noon = used.record("good").received_at
    assert report.balances == {
        ("vendorA", noon): Balance(accepted=3, raw=3, normalized=2, quarantined=1),
        ("vendorA", noon + timedelta(hours=2)): Balance(accepted=2, raw=2, normalized=2),
        ("vendorA", noon + timedelta(hours=4)): Balance(accepted=1, raw=1, pending=1),
    }
    assert all(balance.is_even for balance in report.balances.values())
    assert (report.conflicts, report.canonical_events) == (2, 4)


def complete(world: World, name: str, status: Status) -> None:
    """End an event's way as nothing does: without what belongs to it."""
    record = world.record(name)
    world.app.index.complete(
        Completion(
            key=record.key,
            ingest_id=record.ingest_id,
            generation=record.generation,
            status=status,
            completed_at=world.clock.now(),
            schema_version=None,
            mapping_version=None,
            revision=0,
            normalized=(),
            outbox=(),
            quarantine=None,
        )
    )


BREAKS: dict[str, tuple[Callable[[World], object], Problem, str]] = {
    "a row": (lambda world: world.remove_row("plain"), Problem.NO_EVENT, "plain"),
    "a row of a quarantined event": (lambda world: world.remove_row("wrong"), Problem.EVENT_LOST, "wrong"),
    "a row of a batch": (lambda world: world.remove_row("two"), Problem.NO_EVENT, "two"),
    "a row of what is on its way": (lambda world: world.remove_row("late"), Problem.NO_EVENT, "late"),
    "a raw object": (lambda world: world.remove_raw(world.record("good").raw.key), Problem.RAW_MISSING, "good"),
    "a conflict's raw object": (
        lambda world: world.remove_raw(conflict(world).raw.key),
        Problem.RAW_MISSING,
        "good",
    ),
    "a canonical event": (
        lambda world: world.remove_normalized(world.record("good").normalized[0]),
        Problem.NORMALIZED_OBJECT_MISSING,
        "good",
    ),
    "a quarantine record": (
        lambda world: world.remove_quarantined(world.record("wrong").ingest_id),
        Problem.NOT_QUARANTINED,
        "wrong",
    ),
    "a conflict's record": (
        lambda world: world.remove_quarantined(conflict(world).item_id),
        Problem.CONFLICT_NOT_KEPT,
        "good",
    ),
    "a marker": (lambda world: complete(world, "late", Status.RECEIVED), Problem.NO_MARKER, "late"),
    "a sweeper": (lambda world: world.clock.advance(hours=2), Problem.NOT_SWEPT, "late"),
    "hope": (
        lambda world: world.app.index.claim(world.record("late"), next_at=None),
        Problem.PARKED,
        "late",
    ),
}


SAID = {
    Problem.NO_EVENT: (
        "a raw object of no event: its sender was not answered and did not come back, or the row is gone"
    ),
    Problem.EVENT_LOST: "its raw object and its quarantine record are there, and its row is gone",
    Problem.RAW_MISSING: "there is no raw object at its claim check ({raw})",
    Problem.NORMALIZED_OBJECT_MISSING: "a canonical event is not in the normalized store ({normalized})",
    Problem.NOT_QUARANTINED: "failed, but without an open quarantine record",
    Problem.CONFLICT_NOT_KEPT: (
        "a second payload under a used id that lies in the raw store and not in quarantine (the event is {event})"
    ),
    Problem.NO_MARKER: "received, but without a dispatch marker: nothing would normalize it",
    Problem.NOT_SWEPT: "its dispatch marker is overdue: the sweeper does not come round (since 2026-02-01T16:02:00Z)",
    Problem.PARKED: "the sweeper gave up on it; replay it once the cause is mended",
}
"""What an operator reads."""


@pytest.mark.parametrize("what", BREAKS)
def test_what_is_gone_is_named(used: World, what: str) -> None:
    take_away, problem, name = BREAKS[what]
    is_conflict = what.startswith("a conflict's")
    ingest_id = conflict(used).ingest_id if is_conflict else used.record(name).ingest_id
    raw = conflict(used).raw if is_conflict else used.record(name).raw
    said = SAID[problem].format(
        raw=raw.key,
        normalized=f"normalized/InventoryUpdated/2026/02/01/{ingest_id}.json",
        event=used.record(name).ingest_id,
    )
    take_away(used)
    report = audit(used.app)
    assert named(report) == [(problem, name)]
    (finding,) = report.findings
    assert (finding.vendor_id, finding.ingest_id, finding.explanation) == ("vendorA", ingest_id, said)


def test_a_row_that_is_gone_is_proven_by_what_was_in_conflict_with_it(used: World) -> None:
    used.remove_row("good")
    lost = [(Problem.EVENT_LOST, "good")] * 2
    assert named(audit(used.app)) == [*lost, (Problem.NO_EVENT, "good")]


@pytest.mark.parametrize("what", ["a raw object", "a canonical event", "a quarantine record", "a marker"])
def test_what_is_broken_is_accepted_and_nothing_else(used: World, what: str) -> None:
    BREAKS[what][0](used)
    assert sum(not balance.is_even for balance in audit(used.app).balances.values()) == 1


def test_other_bytes_than_were_accepted_are_named(used: World) -> None:
    raw, normalized = used.app.raw, used.app.normalized
    put_in_place(
        used,
        raw=Around(raw, get=lambda claim_check: raw.get(claim_check).replace(b"12", b"21")),
        normalized=Around(normalized, get=lambda *version: normalized.get(*version) + b" "),
    )
    found = {one.explanation for one in audit(used.app).findings if one.external_event_id == "good"}
    good = used.record("good")
    assert {
        f"the raw bytes are not those that were accepted ({good.raw.key})",
        f"a canonical event's bytes are not those that were written ({good.normalized[0].key})",
    } <= found


def test_a_message_that_cannot_be_sent_is_named(used: World) -> None:
    messages, bus = used.messages(), used.app.bus
    put_in_place(used, bus=Around(bus, publish=lambda messages: messages))
    normalize.answer({"Records": messages}, used.app)
    assert named(audit(used.app)) == []
    used.clock.advance(hours=2)
    (finding,) = audit(used.app).findings
    name = used.record("late").ingest_id
    assert (finding.problem, finding.ingest_id) == (Problem.NOT_SENT, name)
    assert finding.explanation == (
        f"a message lies in the outbox for too long: it cannot be published ({name} revision 1)"
    )
    put_in_place(used, bus=bus)
    sweep(used.app)
    assert named(audit(used.app)) == []


def crash_after_raw(world: World, document: dict[str, Any]) -> None:
    """The process ends between the raw object and the row."""
    index = world.app.index

    def accept(records: object) -> None:
        message = "the store failed"
        raise TransientError(message)

    put_in_place(world, index=Around(index, accept=accept))
    assert world.post(document).status == 503
    put_in_place(world, index=index)


def test_an_orphan_is_told_and_its_cause(used: World) -> None:
    crash_after_raw(used, envelope("again"))
    (orphan,) = audit(used.app).orphans
    assert orphan.cause is OrphanCause.IN_FLIGHT
    used.clock.advance(minutes=3)
    report = audit(used.app)
    assert (report.orphans, named(report)) == ([], [(Problem.NO_EVENT, "again")])
    assert used.post(envelope("again")).status == 202
    used.drain()
    report = audit(used.app)
    assert (named(report), [one.cause for one in report.orphans]) == ([], [OrphanCause.ANOTHER_DELIVERY])


def test_a_conflict_that_came_twice_at_once_is_kept_once_and_its_second_object_told(used: World) -> None:
    kept = conflict(used)
    metadata = used.app.raw.metadata(kept.raw)
    assert metadata is not None
    other = kept.ingest_id[:-3] + "000"
    key = kept.raw.key.replace(kept.ingest_id, other)
    used.app.raw.put_once(key, used.app.raw.get(kept.raw), replace(metadata, ingest_id=other))
    report = audit(used.app)
    assert (named(report), report.orphans) == ([], [Orphan(key, OrphanCause.CONFLICT)])


def test_an_event_that_the_index_does_not_list_yet_is_counted_from_its_object(used: World) -> None:
    queries = used.app.queries

    def behind(**asked: Any) -> Sequence[IngestRecord]:
        return [row for row in queries.events(**asked) if row.key.external_event_id != "good"]

    before = audit(used.app)
    put_in_place(used, queries=Around(queries, events=behind))
    assert audit(used.app) == before


def test_a_correction_leaves_no_finding_behind(used: World) -> None:
    release_correction(used.app, conflict(used))
    used.drain()
    report = audit(used.app)
    assert (named(report), [one.cause for one in report.orphans]) == ([], [OrphanCause.CONFLICT])
    assert all(balance.is_even for balance in report.balances.values())


def test_an_object_that_is_not_ours_is_told(used: World) -> None:
    key = used.record("good").raw.key
    strange = key.replace(used.record("good").ingest_id, "notes")
    unread = key.replace(used.record("good").ingest_id[-3:], "000")
    for name in (strange, unread):
        used.app.raw.put_once(name, b"what is this", None)
    report = audit(used.app)
    assert [(one.key, one.cause) for one in report.orphans] == sorted(
        (name, OrphanCause.NOT_OURS) for name in (strange, unread)
    )
    assert named(report) == []


def test_a_second_copy_of_what_an_event_was_accepted_from_is_told(used: World) -> None:
    raw = used.record("good").raw
    copy = raw.key.replace(raw.key[-8:-5], "000")
    used.app.raw.put_once(copy, used.app.raw.get(raw), used.app.raw.metadata(raw))
    report = audit(used.app)
    assert (named(report), report.orphans) == ([], [Orphan(copy, OrphanCause.ANOTHER_DELIVERY)])


def test_of_a_window_nothing_else_is_looked_at(used: World) -> None:
    noon = used.record("good").received_at
    used.remove_row("plain")
    used.remove_quarantined(used.record("wrong").ingest_id)
    window = Window(received_from=noon + timedelta(hours=1), received_before=noon + timedelta(hours=3))
    report = audit(used.app, window)
    assert (named(report), report.events, report.conflicts, report.orphans) == ([], 2, 1, [])
    assert named(audit(used.app, replace(window, received_from=noon))) != []
    assert audit(used.app, Window(vendor_id="square")).events == 0


def test_a_bound_within_a_millisecond_is_that_millisecond(used: World) -> None:
    """As a raw object's name tells when it was put: otherwise an event on the bound had a row and no object."""
    noon = used.record("good").received_at
    within = noon + timedelta(microseconds=999)
    assert audit(used.app, Window(received_from=within)).balances[("vendorA", noon)].raw == 3
    before = audit(used.app, Window(received_before=within))
    assert (before.events, before.orphans) == (0, [])


def test_what_the_time_does_not_suffice_for_is_told_and_is_not_the_same_each_time(used: World) -> None:
    def none() -> timedelta:
        return timedelta(0)

    noon = used.record("good").received_at
    (first, *_), (second, *_) = (
        audit(used.app, Window(received_from=noon - turn * SLICE), remaining=none).unfinished for turn in (0, 1)
    )
    assert "vendorA" in audit(used.app, remaining=none).unfinished
    assert first != second or first == "vendorA"


def test_many_readers_find_the_same(used: World) -> None:
    BREAKS["a raw object"][0](used)
    BREAKS["a row of a batch"][0](used)
    assert audit(used.app, readers=4) == audit(used.app)


def test_of_many_findings_some_are_named_and_all_are_counted(used: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handlers.core.audit_report.MOST_FINDINGS", 1)
    used.remove_raw(used.record("one").raw.key)
    report = audit(used.app)
    assert (report.found, len(report.findings)) == (3, 1)


def test_the_schedule_audits_what_was_received_an_hour_ago(used: World) -> None:
    used.remove_raw(used.record("plain").raw.key)
    used.clock.moment = used.record("plain").received_at + timedelta(hours=1, minutes=7)
    assert steward.audit(used.app).events == 3
    assert used.metrics.total("dvss.audit.findings") == 1
    used.clock.advance(minutes=5)
    assert steward.audit(used.app).events == 0
    assert (used.metrics.total("dvss.audit.events"), used.metrics.total("dvss.audit.findings")) == (3, 1)


def test_the_windows_of_the_schedule_follow_each_other_without_a_gap(world: World) -> None:
    windows = []
    for seconds in (0, 250, 140, 170):
        world.clock.moment += timedelta(minutes=5)
        windows.append(steward.due_window(world.clock.now() + timedelta(minutes=2, seconds=seconds % 180)))
    for one, following in pairwise(windows):
        assert one.received_before == following.received_from


def test_what_an_audit_finds_is_logged(used: World, caplog: pytest.LogCaptureFixture) -> None:
    used.remove_raw(used.record("plain").raw.key)
    steward.audit(used.app, Window())
    (line,) = [record for record in caplog.records if record.levelname == "ERROR"]
    assert (line.code, line.externalEventId, line.vendorId) == (Problem.RAW_MISSING, "plain", "vendorA")  # type: ignore[attr-defined] # the fields of a line


def test_a_window_can_be_asked_for() -> None:
    asked = {"vendorId": "vendorA", "receivedFrom": "2026-01-30T01:00:00+01:00"}
    assert steward.read_window(asked) == Window(vendor_id="vendorA", received_from=datetime(2026, 1, 30, tzinfo=UTC))
    assert steward.read_window({}) is None


@pytest.mark.parametrize(
    "asked",
    [
        True,
        {"vendor": "a"},
        {"receivedFrom": "yesterday"},
        {"receivedBefore": 1},
        {"receivedFrom": "2026-01-30T00:00:00"},
    ],
)
def test_what_asks_for_no_audit_is_told(asked: Any) -> None:
    with pytest.raises(steward.AuditRequestError, match="Ask for"):
        steward.read_window(asked)


def working(world: World, name: str, step: Callable[[int], None]) -> Any:
    """A port of the audit's own, before whose every call something happens in the system."""
    port, count = getattr(world.app, name), itertools.count()

    class Working:
        def __getattr__(self, method: str) -> Any:
            step(next(count))
            return getattr(port, method)

    return Working()


def test_an_audit_of_a_system_at_work_finds_nothing(used: World) -> None:
    app = used.app

    def step(number: int) -> None:
        """Whatever may happen, one thing after the other."""
        name = f"new-{number % 7}"
        match number % 8:
            case 0 | 1:
                used.post(envelope(name, **(WRONG if number % 3 else {})))
            case 2 | 3:
                used.drain()
            case 4:
                used.use(inventory_by(lambda payload, _: [{"data": stock(payload, sku=f"S{number}")}]))
                replay(used.app, used.record("plain"))
            case 5:
                used.post(envelope(name, payload={"qty": number}))
            case 6:
                kept = app.quarantine.records(vendor_id="vendorA", include_released=False, after=None, limit=100)
                for one in kept[:2]:
                    with contextlib.suppress(NotReleasedError):
                        is_conflict = one.item_id != one.ingest_id
                        (release_correction if is_conflict else release)(used.app, one)
            case 7:
                used.post_batch(envelope(name), envelope(f"batch-{number}"))

    names = ("raw", "queries", "index", "quarantine", "normalized", "outbox")
    for _ in range(3):
        report = audit(replace(app, **{name: working(used, name, step) for name in names}))
        assert named(report) == []
        assert all(balance.is_even for balance in report.balances.values())
    used.settle()
    assert named(audit(used.app)) == []


def test_the_size_of_a_page_changes_nothing(used: World, monkeypatch: pytest.MonkeyPatch) -> None:
    BREAKS["a row of a batch"][0](used)
    in_one = audit(used.app)
    monkeypatch.setattr("handlers.core.auditing.PAGE", 1)
    assert audit(used.app) == in_one
