"""``dvss replay``."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dvss.cli import terminal
from dvss.cli.events import Window, find, records
from dvss.cli.options import DEFAULT_DATA_DIR, AsJson, DataDir, Vendor
from dvss.cli.times import moment
from handlers.values import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from dvss.bootstrap import Deployment
    from handlers.values import IngestRecord

WRONG = frozenset({"FAILED_NORMALIZE", "WOULD_FAIL", "CHANGED_MEANWHILE", "RECEIVED", "NO_VENDOR"})


def replay(
    ingest_ids: Annotated[list[str] | None, typer.Argument(help="Ingest ids of events.")] = None,
    *,
    vendor: Vendor = None,
    since: Annotated[str | None, typer.Option("--from", help="Received from here on: a time, or 2h.")] = None,
    until: Annotated[str | None, typer.Option("--to", help="Received before this time.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would change, and change nothing.")] = False,
    rate: Annotated[float, typer.Option(min=0.1, help="Events a second at most.")] = 50.0,
    data_dir: DataDir = DEFAULT_DATA_DIR,
    as_json: AsJson = False,
) -> None:
    """Make canonical events anew from the raw bytes, under the mappings in force.

    Name events, or a vendor with a time window. The same result emits nothing; a changed one is the next revision.
    Each event has one outcome: NORMALIZED; FAILED_NORMALIZE (quarantined now); SAME_MAPPING (the mapping that judged it
    is still in force); PENDING (on its way already); NO_VENDOR. A dry run tells SAME, CHANGED or WOULD_FAIL.
    """
    if bool(ingest_ids) == bool(vendor or since or until):
        terminal.fail("Name ingest ids, or a window with --vendor, --from and --to.", terminal.Exit.USAGE)
    from dvss.bootstrap import opened_existing

    outcomes: Counter[str] = Counter()
    with opened_existing(data_dir) as deployment:
        now = deployment.application.clock.now()
        window = Window(vendor, moment(since, now), moment(until, now))
        # All are found first: what is replayed meanwhile must not come into view a second time.
        selected = [find(deployment, one, None) for one in ingest_ids or ()] or list(records(deployment, window))
        for record in selected if dry_run else _paced(selected, rate):
            outcome, detail = _preview(deployment, record) if dry_run else _replay(deployment, record)
            outcomes[outcome] += 1
            _print(record, outcome, detail, as_json=as_json)
    if not as_json:
        counted = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        terminal.console().print(counted or "There is no such event.")
    if outcomes.keys() & WRONG:
        raise typer.Exit(terminal.Exit.REFUSED)


def _paced(selected: Iterable[IngestRecord], rate: float) -> Iterator[IngestRecord]:
    following = time.monotonic()
    for record in selected:
        time.sleep(max(0.0, following - time.monotonic()))
        following = time.monotonic() + 1 / rate
        yield record


def _replay(deployment: Deployment, record: IngestRecord) -> tuple[str, str]:
    from dvss.rework import finish, present
    from handlers.core.replaying import ReplayOutcome, replay

    outcome = replay(deployment.application, record)
    if outcome is not ReplayOutcome.STARTED:
        return outcome, ""
    finish(deployment)
    now = present(deployment, record)
    if now.status is Status.NORMALIZED:
        same = now.revision == record.revision
        return now.status, "same events" if same else f"revision {now.revision} supersedes {record.revision}"
    return now.status, "" if now.dispatch_at is None else "left to the server"


def _preview(deployment: Deployment, record: IngestRecord) -> tuple[str, str]:
    from handlers.core.mapping import Refused
    from handlers.core.normalization import outcome_of

    outcome = outcome_of(deployment.application, record)
    if isinstance(outcome, Refused):
        return "WOULD_FAIL", outcome.reason
    if not outcome.changed:
        return "SAME", ""
    return "CHANGED", ", ".join(event.event_id for event in outcome.emitted)


def _print(record: IngestRecord, outcome: str, detail: str, *, as_json: bool) -> None:
    if as_json:
        line: dict[str, Any] = {"ingestId": record.ingest_id, "vendorId": record.key.vendor_id}
        line |= {"externalEventId": record.key.external_event_id, "outcome": outcome, "detail": detail or None}
        terminal.print_json(line)
    else:
        name = f"{record.key.vendor_id}  {terminal.visible(record.key.external_event_id)}"
        terminal.print_outcome(record.ingest_id, name, outcome, detail)
