"""Options that several commands share, each with one spelling and one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

DEFAULT_DATA_DIR = Path(".data")
DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
DEFAULT_URL = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"

DataDir = Annotated[
    Path, typer.Option("--data-dir", envvar="DVSS_DATA_DIR", help="Folder that holds the raw objects and the stores.")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for machines: one document, or JSON Lines for a listing.")]
Vendor = Annotated[str | None, typer.Option("--vendor", help="Only this vendor's events.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many entries.")]
