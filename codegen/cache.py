"""Knows a build that would change nothing, so that it need not be done.

What is kept is no output but a record: a key over everything that determines the output, and the digest of each file
that was written. A build is passed over only if the key is the same and every file on the disk still has its digest;
whatever else is found (another key, a changed or foreign file, a record that cannot be read) leads to a whole build.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import asdict, dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import TYPE_CHECKING

from codegen.emit import present, write_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.diagnostics import Diagnostic

FOLDER = ".codegen-cache"
"""Below the project's root; git does not see it."""
COMPILER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Record:
    """One build that was done."""

    key: str
    files: Mapping[str, str]
    """SHA-256 of each generated file, by path below the project's root."""
    said: Sequence[str]
    """The diagnostics, which are warnings."""


def key_of(sources: Mapping[str, str]) -> str:
    """A digest of the contracts, the compiler's own files, the interpreter, and each distribution that is installed."""
    parts = {
        "sources": {path: _digest(text.encode("utf-8", "surrogateescape")) for path, text in sources.items()},
        "compiler": {
            path.relative_to(COMPILER).as_posix(): _digest(path.read_bytes())
            for path in COMPILER.rglob("*")
            if path.suffix in (".py", ".jinja")
        },
        "interpreter": sys.version,
        "distributions": sorted(f"{one.name}=={one.version}" for one in distributions()),
    }
    return _digest(json.dumps(parts, sort_keys=True).encode())


def unchanged(root: Path, key: str) -> Record | None:
    """The last build, if the same one would leave every file as it is; None on any doubt."""
    try:
        record = Record(**json.loads((root / FOLDER / "last-build.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    if record.key != key or not isinstance(record.files, dict) or not isinstance(record.said, list):
        return None
    on_disk = {path: _digest((root / path).read_bytes()) for path in present(root)}
    return record if on_disk == record.files else None


def remember(root: Path, key: str, files: Mapping[str, str], diagnostics: Sequence[Diagnostic]) -> None:
    """Keep the record of a build that was written to the disk."""
    digests = {path: _digest(text.encode()) for path, text in files.items()}
    record = Record(key, digests, [str(diagnostic) for diagnostic in diagnostics])
    (root / FOLDER).mkdir(exist_ok=True)
    write_whole(root / FOLDER / "last-build.json", json.dumps(asdict(record), indent=1).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
