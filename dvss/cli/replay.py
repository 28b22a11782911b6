"""``dvss replay``."""

from __future__ import annotations

import time
from collections import Counter
from itertools import batched
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dvss.cli import terminal
from dvss.cli.events import Window, find, records
from dvss.cli.options import AsJson, DataDir, Outputs, Vendor
from dvss.cli.times import moment
from dvss.deployment import LEFT
from handlers.values import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from dvss.deployment import Deployment
    from handlers.values import IngestRecord

    type _Told = tuple[IngestRecord, str, str]
    """An event, its outcome, and what there is to say about it."""

WRONG = frozenset({"FAILED_NORMALIZE", "WOULD_FAIL", "CHANGED_MEANWHILE", LEFT, "NO_VENDOR"})


def replay(
    ingest_ids: Annotated[list[str] | None, typer.Argument(help="Ingest ids of events.")] = None,
    *,
    vendor: Vendor = None,
    since: Annotated[str | None, typer.Option("--from", help="Received from here on: a time, or 2h.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Received before this time.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and change nothing.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, help="Events a second at most.")] = 50.0,
    data_dir: DataDir = None,
    outputs: Outputs = None,
    as_json: AsJson = False,
) -> None:
    """Make canonical events anew from the raw bytes, under the mappings in force.

    Name events, or a vendor with a time window. The same result emits nothing; a changed one is the next revision.
    Each event has one outcome: NORMALIZED; FAILED_NORMALIZE (quarantined now); SAME_MAPPING (the mapping that judged it
    is still in force); PENDING (on its way already); LEFT (sent, and it takes long: the server, on AWS the lane, goes
    on with it); NO_VENDOR. A dry run tells SAME, CHANGED or WOULD_FAIL.
    """
    if bool(ingest_ids) == bool(vendor or since or until):
        terminal.fail("Name ingest ids, or a window with --vendor, --from and --to.", terminal.Exit.USAGE)
    from dvss.bootstrap import opened_either

    outcomes: Counter[str] = Counter()
    with opened_either(data_dir, outputs) as deployment:
        now = deployment.application.clock.now()
        window = Window(vendor, moment(since, now), moment(until, now))
        # All are found first: what is replayed meanwhile must not come into view a second time.
        selected = [find(deployment, one, None) for one in ingest_ids or ()] or list(records(deployment, window))
        told = _previews(deployment, selected) if dry_run else _replays(deployment, selected, rate)
        for record, outcome, detail in told:
            outcomes[outcome] += 1
            _print(record, outcome, detail, as_json=as_json)
    if not as_json:
        counted = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        terminal.console().print(counted or "There is no such event.")
    if outcomes.keys() & WRONG:
        raise typer.Exit(terminal.Exit.REFUSED)


def _replays(deployment: Deployment, selected: Sequence[IngestRecord], rate: float) -> Iterator[_Told]:
    """Sends what one second allows, then sees it through: on AWS a lane works on many at once."""
    from handlers.core.replaying import ReplayOutcome, replay_all

    size = max(1, int(rate))
    for together in _paced(batched(selected, size, strict=False), size / rate):
        outcomes = replay_all(deployment.application, together)
        started = [one for one, outcome in zip(together, outcomes, strict=True) if outcome is ReplayOutcome.STARTED]
        ended = iter(deployment.finish(started))
        for record, outcome in zip(together, outcomes, strict=True):
            is_started = outcome is ReplayOutcome.STARTED
            yield record, *(_ended(deployment, record, next(ended)) if is_started else (outcome, ""))


def _paced[T](items: Iterable[T], seconds: float) -> Iterator[T]:
    following = time.monotonic()
    for item in items:
        time.sleep(max(0.0, following - time.monotonic()))
        following = time.monotonic() + seconds
        yield item


def _ended(deployment: Deployment, record: IngestRecord, now: IngestRecord) -> tuple[str, str]:
    if now.dispatch_at is not None:
        return LEFT, f"left to {deployment.left_to}"
    if now.status is not Status.NORMALIZED:
        return now.status, ""
    same = now.revision == record.revision
    return now.status, "same events" if same else f"revision {now.revision} supersedes {record.revision}"


def _previews(deployment: Deployment, selected: Sequence[IngestRecord]) -> Iterator[_Told]:
    from handlers.core.mapping import Refused
    from handlers.core.normalization import outcome_of

    for record in selected:
        outcome = outcome_of(deployment.application, record)
        if isinstance(outcome, Refused):
            yield record, "WOULD_FAIL", outcome.reason
        elif not outcome.changed:
            yield record, "SAME", ""
        else:
            yield record, "CHANGED", ", ".join(event.event_id for event in outcome.emitted)


def _print(record: IngestRecord, outcome: str, detail: str, *, as_json: bool) -> None:
    if as_json:
        line: dict[str, Any] = {"ingestId": record.ingest_id, "vendorId": record.key.vendor_id}
        line |= {"externalEventId": record.key.external_event_id, "outcome": outcome, "detail": detail or None}
        terminal.print_json(line)
    else:
        name = f"{record.key.vendor_id}  {terminal.visible(record.key.external_event_id)}"
        terminal.print_outcome(record.ingest_id, name, outcome, detail)
