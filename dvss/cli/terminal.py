"""What every command prints with: tables on a terminal, JSON for machines, one sentence for a mistake."""

from __future__ import annotations

import sys
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, Any, NoReturn

import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rich.console import Console
    from rich.text import Text


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
    return Console(highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 200)


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
    """A value as a table shows it: ``-`` for None, times to the millisecond, a status in its colour."""
    from rich.text import Text

    if value is None:
        return Text("-", style="dim")
    text = time_text(value) if isinstance(value, datetime) else visible(value)
    return Text(text, style=style or STATUS_STYLES.get(text, ""))


def time_text(at: datetime) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    from rich import box
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=box.SIMPLE_HEAD, title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
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
    from generated.runtime.exact_json import dump

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
