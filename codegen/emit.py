"""Compares what was generated with what is on the disk, and writes it: the only module that writes."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import unified_diff
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

OWNED = ("generated", "docs/contract")
"""Folders that hold nothing but generated files."""


class Change(StrEnum):
    """What emitting does to one file."""

    NEW = "new"
    CHANGED = "changed"
    ORPHAN = "orphan"


@dataclass(frozen=True, slots=True)
class Difference:
    """One file that is not as generated."""

    path: str
    change: Change
    diff: str


def differences(root: Path, files: Mapping[str, str]) -> list[Difference]:
    """Every file below the owned folders that would change, sorted."""
    found: dict[str, Difference] = {}
    there = present(root)
    for path, text in files.items():
        if path not in there:
            found[path] = Difference(path, Change.NEW, _diff(path, "", text))
        elif (before := (root / path).read_bytes().decode("utf-8", errors="replace")) != text:
            found[path] = Difference(path, Change.CHANGED, _diff(path, before, text))
    for path in there - set(files):
        before = (root / path).read_bytes().decode("utf-8", errors="replace")
        found[path] = Difference(path, Change.ORPHAN, _diff(path, before, ""))
    return [found[path] for path in sorted(found)]


def present(root: Path) -> set[str]:
    """Every file below the owned folders, by path below the project's root."""
    return {
        path.relative_to(root).as_posix()
        for folder in OWNED
        for path in (root / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def _diff(path: str, before: str, after: str) -> str:
    lines = unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), f"{path} (on disk)", f"{path} (generated)"
    )
    return "".join(lines)


def write(root: Path, files: Mapping[str, str]) -> list[Difference]:
    """Bring the owned folders to exactly ``files``; returns what changed."""
    changed = differences(root, files)
    for difference in changed:
        target = root / difference.path
        if difference.change is Change.ORPHAN:
            target.unlink()
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        write_whole(target, files[difference.path].encode())
    return changed


def write_whole(target: Path, content: bytes) -> None:
    """Write a file that no reader sees half of: the new one takes the old one's place in one step."""
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(content)
    part.replace(target)
