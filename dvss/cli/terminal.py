"""What every command prints with: tables on a terminal, JSON for machines, one sentence for a mistake."""

from __future__ import annotations

import json
import sys
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from textwrap import indent
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from rich.text import Text

    from handlers.values import QuarantineRecord, Violation


class Exit(IntEnum):
    """What an exit code of ``dvss`` means."""

    DONE = 0
    REFUSED = 1
    """The command ran and found something wrong: a rejected event, a failed check, an unknown id."""
    USAGE = 2
    UNREACHABLE = 3


def fail(message: str, code: Exit = Exit.REFUSED) -> NoReturn:
    """End the command with one sentence on stderr that names the way out."""
    sys.stderr.write(f"dvss: {visible(message)}\n")
    raise typer.Exit(code)


def visible(value: object) -> str:
    """The text of a value, with what a terminal would obey instead of show (vendors choose their ids) escaped."""
    text = str(value)
    return text if text.isprintable() else "".join(c if c.isprintable() or c == "\n" else repr(c)[1:-1] for c in text)


def console() -> Console:
    from rich.console import Console

    # A pipe has no width of its own, and a table folded at 80 columns is of no use to grep.
    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPE_WIDTH)


PIPE_WIDTH = 1_000
LEAST_WIDTH = 6
NEVER_CUT = frozenset({"id", "ingest id", "status", "outcome", "received", "since", "created", "ends", "rule"})
STATUS_STYLES = {
    "NORMALIZED": "green",
    "ACCEPTED": "green",
    "PUBLISHED": "green",
    "RECEIVED": "yellow",
    "DUPLICATE": "cyan",
    "CONFLICT": "red",
    "FAILED_NORMALIZE": "red",
}


def cell(value: object, style: str = "") -> Text:
    """A value as a table shows it: ``-`` for None, times to the second, a status in its colour."""
    from rich.text import Text

    if value is None:
        return Text("-", style="dim")
    text = time_text(value.replace(microsecond=0)) if isinstance(value, datetime) else visible(value)
    return Text(text, style=style or STATUS_STYLES.get(text, ""))


def time_text(at: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond where there are any."""
    precision = "milliseconds" if at.microsecond else "seconds"
    return at.isoformat(timespec=precision).replace("+00:00", "Z")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for column in columns:
        # On a narrow terminal a vendor's long name is cut before one that is typed into the next command.
        table.add_column(column, overflow="ellipsis", no_wrap=column in NEVER_CUT, min_width=LEAST_WIDTH)
    for row in rows:
        table.add_row(*(cell(value) for value in row))
    console().print(table)


def print_pairs(title: str, pairs: Iterable[tuple[str, object]]) -> None:
    """A small record: one line for each name and value."""
    from rich.table import Table

    grid = Table(box=None, show_header=False, title=title, title_justify="left", title_style="bold", pad_edge=False)
    grid.add_column(style="dim")
    grid.add_column(overflow="fold")
    for name, value in pairs:
        grid.add_row(name, cell(value))
    console().print(grid)


def print_json(value: object) -> None:
    """One JSON document on one line; a listing calls it once for each entry (JSON Lines)."""
    from generated.runtime.json_forms import dump

    sys.stdout.write(dump(jsonable(value)).decode() + "\n")


def jsonable(value: Any) -> Any:
    """Records, enums and times as JSON has them; member names in camelCase."""
    if is_dataclass(value) and not isinstance(value, type):
        return {camel_case(f.name): jsonable(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, datetime):
        return time_text(value)
    return str(value) if isinstance(value, StrEnum) else value


def camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def print_canonical(event: dict[str, Any], *, is_published: bool) -> None:
    """One canonical event: its type and id, then its data as coloured JSON."""
    from rich.highlighter import JSONHighlighter
    from rich.text import Text

    head = Text("normalized  ", style="dim")
    head.append(f"{event['eventType']} {event['schemaVersion']}", style="bold green")
    head.append(f"  {event['eventId']}", style="dim")
    head.append("" if is_published else "  waits in the outbox", style="yellow")
    screen = console()
    screen.print(head)
    # A decimal is shown as text rather than rounded through a float.
    data = json.dumps(event.get("data"), ensure_ascii=False, indent=2, default=str)
    screen.print(JSONHighlighter()(Text(indent(visible(data), " " * 12))), soft_wrap=True)


def print_quarantine(record: QuarantineRecord) -> None:
    """Why an event lies in quarantine, place by place."""
    from rich.text import Text

    head = Text("quarantine  ", style="dim")
    head.append(str(record.reason), style="bold red")
    head.append(f" at {record.stage}, {time_text(record.quarantined_at)}", style="dim")
    head.append("" if record.released_at is None else f", released {time_text(record.released_at)}", style="green")
    console().print(head)
    _print_violations(record.violations)


def print_refusal(reason: str, violations: Sequence[Violation]) -> None:
    """Why a payload becomes no event."""
    from rich.text import Text

    console().print(Text("refused     ", style="dim").append(reason, style="bold red"))
    _print_violations(violations)


def _print_violations(violations: Sequence[Violation]) -> None:
    from rich.text import Text

    for violation in violations:
        line = Text("            ")
        line.append(visible(violation.pointer) or "(the whole)", style="bold")
        line.append(f"  {violation.code}: {visible(violation.message)}")
        line.append(f"  {violation.rule}" if violation.rule else "", style="cyan")
        console().print(line)


def print_outcome(ingest_id: str, name: str, outcome: str, detail: str) -> None:
    """One line of a command that works through events."""
    from rich.text import Text

    line = Text(f"{ingest_id}  ", style="dim")
    line.append(f"{outcome:<17}", style=STATUS_STYLES.get(outcome, ""))
    line.append(f"{name}  {visible(detail)}")
    console().print(line, soft_wrap=True)


def print_feed_line(seq: int, event: dict[str, Any]) -> None:
    from rich.text import Text

    line = Text(f"{seq:>8}  ", style="dim")
    line.append(f"{event['eventType']:<20} ", style="bold")
    line.append(f"{event['vendorId']}  {visible(event['externalEventId'])}  ")
    line.append(
        "retracted" if event.get("retracted") else json.dumps(event["data"], ensure_ascii=False, default=str),
        style="green",
    )
    console().print(line, soft_wrap=True)
