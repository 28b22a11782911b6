"""``dvss demo``."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from dvss.cli import terminal
from handlers.values import Role

if TYPE_CHECKING:
    from dvss.bootstrap import LocalDeployment
    from dvss.demo.run import Delivered, Done
    from dvss.demo.steps import Credentials

WIDTH = 100
VERDICT_STYLES = {"ACCEPTED": "bold green", "DUPLICATE": "bold cyan", "CONFLICT": "bold red"}


def demo() -> None:
    """Show the whole pipeline: start a server, post events of three vendors over HTTP, follow each to its end.

    Everything that is shown is checked. Exit code: 0 all is as promised, 1 it is not.
    """
    from dvss.bootstrap import opened
    from dvss.demo.process import served
    from dvss.demo.run import feed_is_complete, run
    from dvss.demo.steps import steps

    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="dvss-demo-") as folder:
        data_dir = Path(folder) / "data"
        with opened(data_dir) as deployment, served(data_dir, Path(folder) / "serve.log") as url:
            credentials, operator_key = _credentials(deployment)
            terminal.console().print(f"[bold]dvss serve[/] runs at {url}; the data lies in a temporary folder.")
            done = []
            for number, step in enumerate(steps(credentials, url), start=1):
                done.append(run(step, url, deployment))
                _print(number, done[-1])
            wrong = feed_is_complete(url, operator_key, done)
    broken = [sentence for one in done for sentence in one.broken] + ([wrong] if wrong else [])
    _conclude(done, broken, time.perf_counter() - started)


def _credentials(deployment: LocalDeployment) -> tuple[Credentials, str]:
    from dvss.demo.steps import Credentials

    keys, secrets = deployment.backend.credentials.keys, deployment.backend.credentials.secrets
    credentials = Credentials(
        vendor_a_key=keys.add(Role.VENDOR, "vendorA").key,
        shopify_secret=secrets.add("shopify").secret,
        square_secret=secrets.add("square").secret,
    )
    return credentials, keys.add(Role.OPERATOR).key


def _print(number: int, done: Done) -> None:
    from rich.rule import Rule
    from rich.text import Text

    screen = terminal.console()
    screen.print()
    screen.print(Rule(Text(f"{number}. {done.step.title}", style="bold"), align="left", style="dim"), width=WIDTH)
    line = Text(f"POST {done.step.path}  ")
    line.append(f"{len(done.step.body)} bytes, answered {done.http_status} in {done.milliseconds:.0f} ms", style="dim")
    screen.print(line)
    for delivered in done.delivered:
        _print_delivered(delivered)
    for sentence in done.broken:
        screen.print(Text(f"NOT AS PROMISED  {terminal.visible(sentence)}", style="bold red"))


def _print_delivered(delivered: Delivered) -> None:
    from rich.text import Text

    screen = terminal.console()
    promise, way = delivered.promise, delivered.way
    line = Text("received    ", style="dim")
    line.append(delivered.verdict, style=VERDICT_STYLES.get(delivered.verdict, "bold red"))
    line.append(f"  {terminal.visible(promise.external_event_id)}")
    line.append(f"  ingest id {delivered.answer.get('ingestId')}", style="dim")
    screen.print(line)
    if way is None:
        return
    if promise.answer == "DUPLICATE":
        screen.print(Text("            the first delivery stays the event; nothing happened again", style="dim"))
        return
    kept = next(iter(way.conflicts), None) if promise.answer == "CONFLICT" else None
    raw = kept.raw if kept else way.record.raw
    cut = "" if raw.offset is None else f", bytes {raw.offset} to {raw.offset + (raw.length or 0)}"
    line = Text("raw         ", style="dim").append(raw.key)
    screen.print(line.append(f"{cut}  {len(promise.sent)} bytes as sent, sha256 {raw.sha256[:12]}...", style="dim"))
    if kept:
        terminal.print_quarantine(kept)
        return
    for event in way.canonical:
        terminal.print_canonical(event, is_published=True)
    if way.quarantine is not None:
        terminal.print_quarantine(way.quarantine)


def _conclude(done: list[Done], broken: list[str], seconds: float) -> None:
    screen = terminal.console()
    screen.print()
    if broken:
        for sentence in broken:
            screen.print(terminal.cell(sentence, "bold red"))
        terminal.fail(f"{len(broken)} things are not as promised.")
    events = sum(len(one.delivered) for one in done)
    canonical = sum(
        len(d.way.canonical) for one in done for d in one.delivered if d.way and d.promise.answer == "ACCEPTED"
    )
    screen.print(
        f"[bold green]All as promised:[/] {len(done)} requests, {events} deliveries, {canonical} canonical events, "
        f"each once in the feed, in {seconds:.1f} s."
    )
    screen.print("Go on with [bold]dvss serve[/], [bold]dvss key add vendorA[/] and [bold]dvss send --help[/].")
    raise typer.Exit
