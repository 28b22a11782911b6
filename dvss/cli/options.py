"""Options that several commands share, each with one spelling and one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dvss.deployment import DEFAULT_DATA_DIR

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 8080
DEFAULT_URL = f"http://{DEFAULT_HOST}:{DEFAULT_PORT}"

_DATA_DIR = "Folder that holds the raw objects and the stores."
_OUTPUTS = "Instead of a data folder an environment on AWS: the file of outputs that `make deploy` wrote."

LocalDataDir = Annotated[Path, typer.Option("--data-dir", envvar="DVSS_DATA_DIR", help=_DATA_DIR)]
"""For a command of this machine alone."""
DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", envvar="DVSS_DATA_DIR", help=_DATA_DIR, show_default=str(DEFAULT_DATA_DIR)),
]
"""For a command that works on either, beside ``Outputs``."""
Outputs = Annotated[
    Path | None, typer.Option("--deployment", envvar="DVSS_DEPLOYMENT", help=_OUTPUTS, show_default=False)
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for machines: one document, or JSON Lines for a listing.")]
Vendor = Annotated[str | None, typer.Option("--vendor", help="Only this vendor's events.")]
Limit = Annotated[int, typer.Option("--limit", min=1, help="At most so many entries.")]
