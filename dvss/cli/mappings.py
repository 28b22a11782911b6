"""``dvss mappings``: which versions of the mappings were published, and their contracts as files."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from dvss.cli import terminal
from dvss.cli.options import AsJson, DataDir, Outputs

app = typer.Typer(no_args_is_help=True, help="List published mapping versions, write the deployed contracts as files.")


@app.command("list")
def list_(*, data_dir: DataDir = None, outputs: Outputs = None, as_json: AsJson = False) -> None:
    """List every mapping version that was ever published here. `dvss serve` publishes at its start."""
    from dvss.bootstrap import opened_either

    with opened_either(data_dir, outputs) as deployment:
        catalogue = deployment.application.mappings
        deployed = {(one.vendor_id, one.mapping_version) for one in catalogue.deployed()}
        rows = [
            (one.vendor_id, one.mapping_version, one.published_at, (one.vendor_id, one.mapping_version) in deployed)
            for one in catalogue.published()
        ]
    if as_json:
        for vendor_id, version, published_at, is_deployed in rows:
            terminal.print_json(
                {
                    "vendorId": vendor_id,
                    "mappingVersion": version,
                    "publishedAt": published_at,
                    "deployed": is_deployed,
                }
            )
        return
    listed = [(*row[:3], "deployed" if row[3] else "earlier") for row in rows]
    terminal.print_table("", ("vendor", "mapping version", "published", "state"), listed)


@app.command()
def export(
    folder: Annotated[Path, typer.Argument(help="Folder to write to; it must be empty, or not exist yet.")],
    *,
    data_dir: DataDir = None,
    outputs: Outputs = None,
) -> None:
    """Write the contracts of the deployed mapping versions as they were published."""
    from dvss.bootstrap import opened_either

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        terminal.fail(f"{folder} is no empty folder. Name another one.", terminal.Exit.USAGE)
    with opened_either(data_dir, outputs) as deployment:
        deployed = deployment.application.mappings.deployed()
    # A file that several share is the one of the latest: the others' versions do not depend on what changed in it.
    files = {
        path: text for one in sorted(deployed, key=lambda one: one.published_at) for path, text in one.contracts.items()
    }
    for path, text in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(text.encode())
    sys.stderr.write(f"{len(files)} contract files of {len(deployed)} deployed mappings are in {folder}.\n")
