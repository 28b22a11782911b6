"""What one build leaves for the next: a record of what it wrote, and the texts that took long to make.

A build that would change nothing is passed over: the record holds a key over everything that determines the output,
and the digest of each file that was written. The key must be the same, and every file on the disk must still have its
digest. Any other build finds the texts of models and layouts, each by its input, if the compiler and its tools are
still those that made them. What cannot be read, or is not as it was kept, counts as nothing.
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
from codegen.memo import Memo

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


def key_of(sources: Mapping[str, str], makers: str) -> str:
    """A digest of the contracts and of what makes the output of them: ``makers`` is that of ``tools``."""
    digests = {path: _digest(text.encode("utf-8", "surrogateescape")) for path, text in sources.items()}
    return _digest(json.dumps([digests, makers], sort_keys=True).encode())


def tools() -> str:
    """A digest of the compiler's own files, the interpreter, and each distribution that is installed."""
    metadata = [one.metadata for one in distributions()]
    parts = {
        "compiler": {
            path.relative_to(COMPILER).as_posix(): _digest(path.read_bytes())
            for path in COMPILER.rglob("*")
            if path.suffix in (".py", ".jinja")
        },
        "interpreter": sys.version,
        "distributions": sorted(f"{found['Name']}=={found['Version']}" for found in metadata),
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
    _keep(root, "last-build.json", asdict(record))


def memo_of(root: Path, makers: str) -> Memo:
    """What is known of the texts that the last build asked for; nothing on any doubt."""
    try:
        kept = json.loads((root / FOLDER / "texts.json").read_text(encoding="utf-8"))
        if kept["tools"] == makers and kept["digest"] == _digest_of(kept["texts"]):
            return Memo(kept["texts"])
    except (OSError, ValueError, TypeError, KeyError):
        pass
    return Memo({})


def keep_texts(root: Path, makers: str, memo: Memo) -> None:
    """Keep the texts that a build asked for."""
    _keep(root, "texts.json", {"tools": makers, "digest": _digest_of(memo.texts), "texts": memo.texts})


def _keep(root: Path, name: str, document: Mapping[str, object]) -> None:
    (root / FOLDER).mkdir(exist_ok=True)
    write_whole(root / FOLDER / name, json.dumps(document, indent=1).encode())


def _digest_of(texts: Mapping[str, str]) -> str:
    return _digest(json.dumps(texts, sort_keys=True).encode())


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
