"""Whether what runs was compiled from the contracts that lie beside it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def stale_contracts(root: Path) -> list[str]:
    """The contract files of a project that ``generated/`` was not compiled from as they are, sorted.

    Compares bytes and compiles nothing. Empty where there is no folder of mappings: contracts need not be deployed.
    """
    if not (root / "mappings").is_dir():
        return []
    manifest = json.loads((root / "generated" / "manifest.json").read_bytes())
    compiled = {path for paths in manifest["contracts"].values() for path in paths}
    present = {path.relative_to(root).as_posix() for path in (root / "mappings").glob("*.yaml")}
    return sorted(
        path
        for path in compiled | present
        if path not in compiled or _bytes(root / path) != _bytes(root / "generated" / "contracts" / path)
    )


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
