"""The `dvss` command: its groups, and the one place where a mistake becomes a sentence and an exit code."""

from __future__ import annotations

import sys

import typer

from dvss.cli import (
    audit,
    demo,
    events,
    explain,
    keys,
    mappings,
    publish,
    quarantine,
    replay,
    send,
    serve,
    trial,
    vendors,
)
from dvss.cli.terminal import Exit, visible
from handlers.values import DvssError

EXIT_CODES = """Exit codes: 0 done; 1 something was refused or found wrong; 2 wrong usage; 3 no server reached."""

app = typer.Typer(
    name="dvss",
    help="Take what vendors send, keep it raw, turn it into standard events.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("demo")(demo.demo)
app.command("send")(send.send)
app.command("try")(trial.try_)
app.command("explain")(explain.explain)
app.add_typer(events.app, name="events")
app.add_typer(quarantine.app, name="quarantine")
app.command("replay")(replay.replay)
app.add_typer(keys.app, name="key")
app.add_typer(mappings.app, name="mappings")
app.add_typer(vendors.app, name="vendor")
app.command("audit")(audit.audit)
app.command("publish")(publish.publish)


@app.callback()
def root() -> None:
    pass


def main() -> None:
    """Run the command line and exit."""
    try:
        app(prog_name="dvss")
    except DvssError as error:
        sys.stderr.write(f"dvss: {visible(error)}\n")
        sys.exit(Exit.REFUSED)
    except BrokenPipeError:
        # The reader of our output has seen enough; a second complaint at exit helps nobody.
        sys.stderr.close()
        sys.exit(Exit.DONE)
