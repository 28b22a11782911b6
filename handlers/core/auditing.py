"""Whether what was accepted is where the promise says, by vendor and hour.

    accepted = raw = normalized + quarantined + pending

Raw objects are listed before the rows are read: bytes come before their row, so what is listed and has no row was left
behind, or is on its way. Whatever looks wrong is looked at again, consistently, before it is named: the pipeline may
run meanwhile. What was published cannot be known from the stores: the bus keeps nothing.
"""

from __future__ import annotations

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import batched, groupby
from typing import TYPE_CHECKING, Protocol

from handlers.core.audit_report import AuditReport, Balance, Orphan, OrphanCause
from handlers.core.audited_events import OVERDUE, AuditedEvent, look_at_object, raw_problem, whole_object
from handlers.core.findings import NORMALIZED_PROBLEMS, RAW_PROBLEMS, Finding, Problem
from handlers.core.object_keys import raw_key
from handlers.core.orphans import deliveries_of, judge
from handlers.remaining import MARGIN, unlimited
from handlers.system import ulid, ulid_moment
from handlers.values import DvssError, Status

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from handlers.application import Application
    from handlers.raw_metadata import RawMetadata
    from handlers.remaining import RemainingTime
    from handlers.values import IngestRecord, QuarantineRecord

PAGE = 100
"""So much is begun while there is time: a few hundred calls, on a function with a third of a processor."""
SLICE = timedelta(minutes=5)
"""Of so much time the names of a vendor's raw objects are held in memory, and of its rows a page."""
UNSETTLED = timedelta(minutes=2)
"""A raw object that is younger may still get its row: no request takes so long."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_OUTBOX_PAGE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """Whose events are audited, and when they were received; None is no bound."""

    vendor_id: str | None = None
    received_from: datetime | None = None
    received_before: datetime | None = None

    def holds(self, vendor_id: str, received_at: datetime) -> bool:
        return (
            self.vendor_id in {None, vendor_id}
            and (self.received_from is None or received_at >= self.received_from)
            and (self.received_before is None or received_at < self.received_before)
        )


class _Each(Protocol):
    """Calls a function with each of what is given, one after the other or several at once."""

    def __call__[Given, Found](
        self, function: Callable[[Given], Found], given: Iterable[Given], /
    ) -> Iterable[Found]: ...


@dataclass(frozen=True, slots=True)
class _Found:
    """What came of a raw object that no row seemed to name."""

    orphan: Orphan | None
    events: Sequence[AuditedEvent] = ()
    findings: Sequence[Finding] = ()


class _OutOfTimeError(DvssError):
    """The next page might be cut in the middle."""


def audit(
    app: Application,
    window: Window | None = None,
    *,
    remaining: RemainingTime = unlimited,
    readers: int = 1,
    unsettled: timedelta = UNSETTLED,
) -> AuditReport:
    """Look at every event, raw object and canonical event of the window, and at what waits in the outbox.

    ``readers`` look at objects at once. Vendors that ``remaining`` does not suffice for are named in the report.
    """
    window = _whole_milliseconds(window or Window())
    report = AuditReport()
    vendors = sorted(app.registry.vendor_ids()) if window.vendor_id is None else [window.vendor_id]
    if window.received_from is not None and vendors:
        # Where the time is short it is another vendor each time that is not looked at.
        turn = (window.received_from - _EPOCH) // SLICE % len(vendors)
        vendors = vendors[turn:] + vendors[:turn]
    _look_at_outbox(app, vendors, report)
    settled_before = app.clock.now() - unsettled
    with ThreadPoolExecutor(readers) if readers > 1 else nullcontext() as pool:
        each: _Each = pool.map if pool else _in_turn
        for place, vendor_id in enumerate(vendors):
            one = _AuditOfOne(
                app=app,
                vendor_id=vendor_id,
                window=window,
                report=report,
                remaining=remaining,
                settled_before=settled_before,
                each=each,
            )
            try:
                one.run()
            except _OutOfTimeError:
                report.unfinished = tuple(vendors[place:])
                break
    report.findings.sort()
    report.orphans.sort()
    return report


def _look_at_outbox(app: Application, vendors: Sequence[str], report: AuditReport) -> None:
    """Name the messages that lie there for too long, whenever their events were received; the oldest of them."""
    for entry in app.outbox.pending(app.clock.now() - OVERDUE, _OUTBOX_PAGE):
        if entry.vendor_id in vendors:
            detail = f"{entry.event_id} revision {entry.revision}"
            report.add(Finding(Problem.NOT_SENT, entry.vendor_id, "", entry.event_id[:26], detail))


@dataclass(frozen=True, slots=True, kw_only=True)
class _AuditOfOne:
    """The audit of one vendor."""

    app: Application
    vendor_id: str
    window: Window
    report: AuditReport
    remaining: RemainingTime
    settled_before: datetime
    each: _Each

    def run(self) -> None:
        """Add to the report what is found. Raises _OutOfTimeError."""
        objects = groupby(self._raw_keys(), lambda key: _slice(_put_at(key)))
        rows = groupby(self._rows(), lambda record: _slice(record.received_at))
        next_objects, next_rows = next(objects, None), next(rows, None)
        while next_objects or next_rows:
            start = min(one[0] for one in (next_objects, next_rows) if one)
            left: set[str] = set()
            if next_objects and next_objects[0] == start:
                left = set(next_objects[1])
                next_objects = next(objects, None)
            if next_rows and next_rows[0] == start:
                self._look_at_rows(next_rows[1], left)
                next_rows = next(rows, None)
            self._look_at_orphans(left)
        self._look_at_conflicts()

    def _raw_keys(self) -> Iterator[str]:
        start = self.window.received_from
        first = "" if start is None else raw_key(self.vendor_id, ulid((start - _EPOCH) // _MILLISECOND, 0), start)
        for entry in self.app.raw.entries(f"raw/{self.vendor_id}/", first):
            try:
                put_at = _put_at(entry.key)
            except ValueError:
                self.report.orphans.append(Orphan(entry.key, OrphanCause.NOT_OURS))
                continue
            if not self.window.holds(self.vendor_id, put_at):
                return
            yield entry.key

    def _rows(self) -> Iterator[IngestRecord]:
        after = None
        while page := self.app.queries.events(
            vendor_id=self.vendor_id,
            received_from=self.window.received_from,
            received_before=self.window.received_before,
            after=after,
            limit=PAGE,
        ):
            yield from page
            after = page[-1].ingest_id

    def _look_at_rows(self, records: Iterable[IngestRecord], left: set[str]) -> None:
        """Count the events and take their objects out of ``left``."""
        for page in batched(records, PAGE, strict=False):
            self._check_time()
            by_object: dict[str, list[IngestRecord]] = defaultdict(list)
            for record in page:
                by_object[record.raw.key].append(record)
            others: list[tuple[RawMetadata, bytes]] = []
            for seen in self.each(partial(look_at_object, self.app), by_object.values()):
                for event in seen.events:
                    self._count(event)
                    left.discard(event.record.raw.key)
                others += seen.others
            for one in judge(self.app, [other for other in others if other[0].received_at < self.settled_before]):
                if one.finding is not None:
                    self.report.add(one.finding)

    def _look_at_orphans(self, left: Iterable[str]) -> None:
        for page in batched(sorted(left), PAGE, strict=False):
            self._check_time()
            for found in self.each(self._look_at_orphan, page):
                for event in found.events:
                    self._count(event)
                for finding in found.findings:
                    self.report.add(finding)
                if found.orphan is not None:
                    self.report.orphans.append(found.orphan)

    def _look_at_orphan(self, key: str) -> _Found:
        """What a raw object is that no row seems to name."""
        if _put_at(key) >= self.settled_before:
            return _Found(Orphan(key, OrphanCause.IN_FLIGHT))
        judged = judge(self.app, deliveries_of(self.app, key))
        findings = [one.finding for one in judged if one.finding is not None]
        # An index may be behind its table, and a row may name another object than the one that was put for it.
        missed = [one.row for one in judged if one.row is not None and one.row.raw.key == key]
        if missed or findings:
            return _Found(None, look_at_object(self.app, missed).events if missed else (), findings)
        if not judged:
            return _Found(Orphan(key, OrphanCause.NOT_OURS))
        if any(one.row for one in judged):
            return _Found(Orphan(key, OrphanCause.ANOTHER_DELIVERY))
        # What quarantine keeps is no orphan.
        return _Found(min((Orphan(key, one.cause) for one in judged if one.cause is not None), default=None))

    def _look_at_conflicts(self) -> None:
        """Count the open conflicts, and look at the bytes that are kept for them."""
        after = f"{self.vendor_id}/"
        while page := self.app.quarantine.records(
            vendor_id=self.vendor_id, include_released=True, after=after, limit=PAGE
        ):
            self._check_time()
            conflicts = [
                kept
                for kept in page
                if kept.item_id != kept.ingest_id and self.window.holds(kept.vendor_id, kept.received_at)
            ]
            self.report.conflicts += sum(kept.released_at is None for kept in conflicts)
            for finding in self.each(self._look_at_conflict, conflicts):
                if finding is not None:
                    self.report.add(finding)
            after = f"{self.vendor_id}/{page[-1].item_id}"

    def _look_at_conflict(self, kept: QuarantineRecord) -> Finding | None:
        problem = raw_problem(kept.raw, whole_object(self.app, kept.raw))
        if problem is None:
            return None
        return Finding(problem, kept.vendor_id, kept.external_event_id, kept.ingest_id, kept.raw.key)

    def _count(self, event: AuditedEvent) -> None:
        record, problems = event.record, event.problems
        received = record.received_at
        hour = received.replace(minute=0, second=0, microsecond=0)
        balance = self.report.balances.setdefault((self.vendor_id, hour), Balance())
        balance.accepted += 1
        balance.raw += not problems & RAW_PROBLEMS
        if record.dispatch_at is not None:
            balance.pending += 1
        elif record.status is Status.NORMALIZED:
            balance.normalized += not problems & NORMALIZED_PROBLEMS
        elif record.status is Status.FAILED_NORMALIZE:
            balance.quarantined += Problem.NOT_QUARANTINED not in problems
        self.report.canonical_events += len(record.normalized)
        for finding in event.findings:
            self.report.add(finding)

    def _check_time(self) -> None:
        if self.remaining() < MARGIN:
            message = "The time is up before the audit is done."
            raise _OutOfTimeError(message)


def _in_turn[Given, Found](function: Callable[[Given], Found], given: Iterable[Given], /) -> Iterator[Found]:
    return map(function, given)


def _put_at(key: str) -> datetime:
    """When a raw object was put, by its name. Raises ValueError for a name that is not ours."""
    return ulid_moment(key.rpartition("/")[2])


def _whole_milliseconds(window: Window) -> Window:
    """The window with bounds as the names of raw objects have them."""

    def whole(at: datetime | None) -> datetime | None:
        return None if at is None else at - timedelta(microseconds=at.microsecond % 1_000)

    return replace(window, received_from=whole(window.received_from), received_before=whole(window.received_before))


def _slice(at: datetime) -> datetime:
    return at - (at - _EPOCH) % SLICE
