"""``dvss vendor``: the first files of a new vendor."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dvss.cli import terminal

if TYPE_CHECKING:
    from dvss.onboarding.vendor_files import Drafted

app = typer.Typer(no_args_is_help=True, help="Begin the contracts of a new vendor.")

_MOST_NAMED = 8


@app.callback()
def group() -> None:
    pass


@app.command()
def new(
    vendor: Annotated[str, typer.Argument(help="Id of the new vendor: letters, digits, '_' and '-'.")],
    *,
    sample: Annotated[
        list[Path], typer.Option(help="A file with one payload, or one envelope, as the vendor sends it; repeatable.")
    ],
    event: Annotated[
        str | None,
        typer.Option(help="Every sample is of this event. Else a file's envelope names its event, or the file's name."),
    ] = None,
    emits: Annotated[
        str | None, typer.Option(help="Canonical event, e.g. InventoryUpdated@1.0; else the one that fits best.")
    ] = None,
) -> None:
    """Draft schema, mapping, example and golden cases from samples of what a vendor sends.

    Samples of one event make one schema: what all of them have is required. Nothing that exists is changed.
    """
    from dvss.onboarding.vendor_files import draft_vendor, write

    root = Path()
    drafted = draft_vendor(root, vendor, sample, event, emits)
    write(root, drafted)
    sys.stdout.write(
        "".join(f"{terminal.visible(line)}\n" for line in _report(vendor, drafted, is_guess=emits is None))
    )


def _report(vendor: str, drafted: Drafted, *, is_guess: bool) -> list[str]:
    lines = ["Written:", *(f"  {path}" for path in drafted.files), ""]
    guessed = ", by its fields; correct `emits:` where that is wrong" if is_guess else ""
    lines += [f"{name} becomes {emits}{guessed}." for name, emits in drafted.emits.items()]
    if drafted.personal:
        named = ", ".join(drafted.personal[:_MOST_NAMED])
        more = f" and {len(drafted.personal) - _MOST_NAMED} more" if len(drafted.personal) > _MOST_NAMED else ""
        lines += [f"Samples are kept as they are: write made-up values for {named}{more} wherever they stand."]
    first = next(iter(drafted.emits))
    return [
        *lines,
        "",
        "Next:",
        f"  1. In mappings/{vendor}.yaml remove the `# ` before each rule that is right, and correct the others.",
        "  2. make codegen                  says what is missing or wrong, line by line",
        f"  3. dvss try mappings/{vendor}.yaml dvss/examples/{vendor}/{first}.json --event {first} --explain",
        f"  4. make golden VENDOR={vendor}     writes what the cases become; read it before you commit it",
        "  5. make test",
        f"Read schemas/vendors/{vendor}/ too: bounds, formats and what is required were taken from the samples alone.",
    ]
