"""Reads requirements/*.txt, and says where one is no lock: each package at one version, by hash, asked for by someone.

What can be told without a network. That the versions are the ones that `make lock` would choose is not among it.
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
SUBSET = ("lambda", "dev")
"""What runs in the functions is tested at the same versions."""

_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]+\])?==([^\s;\\]+)(?: ; ([^\\]+?))?(?: \\)?")
_HASH = re.compile(r"    --hash=sha256:([0-9a-f]{64})(?: \\)?")
_VIA = re.compile(r"    #(?: via)?(?:  ? ?(?P<who>\S.*))?")
_ASKED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]+\])?(?:(?P<how>==|<|>=)(?P<version>[^\s;]+))?(?: ; .+)?")


@dataclass
class Locked:
    """A package of a lock."""

    name: str
    version: str
    marker: str | None
    hashes: list[str] = field(default_factory=list)
    asked_by: list[str] = field(default_factory=list)
    """Packages, or ``-r`` and ``-c`` with a file."""


def normal(name: str) -> str:
    """A package's one name, as https://packaging.python.org/en/latest/specifications/name-normalization/ has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read(path: Path) -> dict[str, Locked]:
    """The packages of a lock by name. Raises ValueError for a line that is no pinned package, hash or note."""
    found: dict[str, Locked] = {}
    last = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if pinned := _PINNED.fullmatch(line):
            last = Locked(normal(pinned[1]), pinned[2], pinned[3])
            if last.name in found:
                message = f"{path.name}:{number}: {last.name} is there twice"
                raise ValueError(message)
            found[last.name] = last
        elif last and (digest := _HASH.fullmatch(line)):
            last.hashes.append(digest[1])
        elif last and (via := _VIA.fullmatch(line)):
            last.asked_by += [via["who"]] if via["who"] else []
        else:
            message = f"{path.name}:{number}: no name==version, no hash of one, no note of who asked for it: {line}"
            raise ValueError(message)
    return found


def asked(path: Path) -> Iterator[tuple[str, str | None]]:
    """Name, and version where one is pinned, of each line of a file that is locked, and of those that it takes in."""
    for line in path.read_text(encoding="utf-8").splitlines():
        text = line.partition(" #")[0].rstrip()
        if text.startswith("-r "):
            yield from asked(path.with_name(text.removeprefix("-r ")))
        elif text and not text.startswith("#"):
            match = _ASKED.fullmatch(text)
            if match is None:
                message = f"{path.name}: not understood: {line}"
                raise ValueError(message)
            yield normal(match[1]), match["version"] if match["how"] == "==" else None


def problems(folder: Path) -> Iterator[str]:
    """Where the locks of a folder are none, or not of the files beside them."""
    locks = {path.stem: read(path) for path in sorted(folder.glob("*.txt"))}
    wanted = {path.stem: dict(asked(path)) for path in sorted(folder.glob("*.in"))}
    for name in sorted(locks.keys() ^ wanted.keys()):
        yield f"{name}.in and {name}.txt belong together; one is missing"
    for name in sorted(locks.keys() & wanted.keys()):
        lock = locks[name]
        yield from (f"{name}.txt: {one.name} has no hash" for one in lock.values() if not one.hashes)
        for package, version in wanted[name].items():
            if package not in lock:
                yield f"{name}.in asks for {package}, which {name}.txt does not have"
            elif version not in (None, lock[package].version):
                yield f"{name}.in asks for {package} {version}, {name}.txt has {lock[package].version}"
        yield from (
            f"{name}.txt: nobody asks for {one.name}"
            for one in lock.values()
            if one.name not in wanted[name] and not any(normal(by.partition("[")[0]) in lock for by in one.asked_by)
        )
    part, whole = (locks.get(name, {}) for name in SUBSET)
    for one in part.values():
        if one.name not in whole or (one.version, one.hashes) != (whole[one.name].version, whole[one.name].hashes):
            yield f"{SUBSET[0]}.txt: {one.name} {one.version} is not as in {SUBSET[1]}.txt"


def main() -> int:
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "requirements"
    try:
        found = list(problems(folder))
    except ValueError as error:
        found = [str(error)]
    for problem in found:
        print(f"locks: {problem}; run `make lock`", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
