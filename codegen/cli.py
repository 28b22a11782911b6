"""`python -m codegen build | check | compare`: prints diagnostics, chooses the exit code."""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from codegen.cache import keep_texts, key_of, memo_of, remember, tools, unchanged
from codegen.compiler import CompileResult, compile_project
from codegen.emit import differences, write
from codegen.evolution import command as comparing
from codegen.source import read_sources

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from codegen.memo import Memo


def main(arguments: Sequence[str]) -> int:
    """Run one command. 0: done or current; 1: the contracts are wrong, or generated files are stale; 2: usage."""
    parser = argparse.ArgumentParser(prog="python -m codegen", description="Compile the contracts of a DVSS project.")
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder (default: this one)")
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="write generated/ and docs/contract/")
    build.add_argument("--into", type=Path, help="write below this folder instead of the project's")
    build.add_argument("--vendor", help="compile this vendor's mapping alone, without models and pages")
    commands.add_parser("check", help="say what is stale and write nothing")
    comparing.add_arguments(commands.add_parser("compare", help="say whom the changes since a base break"))
    options = parser.parse_args(arguments)
    if options.command == "compare":
        return comparing.run(options.root, options)
    if options.command == "build":
        return _build(options.root, options.into or options.root, options.vendor)
    return _check(options.root)


def _compile(sources: Mapping[str, str], *, vendor: str | None = None, memo: Memo | None = None) -> CompileResult:
    result = compile_project(sources, vendor=vendor, memo=memo)
    for diagnostic in result.diagnostics:
        sys.stderr.write(f"{diagnostic}\n")
    return result


def _build(root: Path, into: Path, vendor: str | None) -> int:
    sources = read_sources(root)
    if vendor is not None and f"mappings/{vendor}.yaml" not in sources:
        sys.stderr.write(f"There is no mappings/{vendor}.yaml below {root.resolve()}.\n")
        return 2
    if vendor is not None and into.resolve() == root.resolve():
        sys.stderr.write("--vendor compiles a part: name a folder for it with --into.\n")
        return 2
    if vendor is not None:
        return _write(into, _compile(sources, vendor=vendor))
    makers = tools()
    key = key_of(sources, makers)
    record = unchanged(into, key)
    if record is not None:
        sys.stderr.write("".join(f"{said}\n" for said in record.said))
        sys.stdout.write(f"{len(record.files)} files generated: nothing changed since the last build\n")
        return 0
    memo = memo_of(into, makers)
    result = _compile(sources, memo=memo)
    status = _write(into, result)
    if not result.failed:
        keep_texts(into, makers, memo)
        remember(into, key, result.files, result.diagnostics)
    return status


def _write(into: Path, result: CompileResult) -> int:
    """Write what was compiled, and say what changed."""
    if result.failed:
        return 1
    changed = write(into, result.files)
    counts = Counter(difference.change.value for difference in changed)
    summary = ", ".join(f"{count} {change}" for change, count in sorted(counts.items())) or "nothing changed"
    sys.stdout.write(f"{len(result.files)} files generated: {summary}\n")
    for difference in changed:
        sys.stdout.write(f"  {difference.change.value:8}{difference.path}\n")
    return 0


def _check(root: Path) -> int:
    result = _compile(read_sources(root))
    if result.failed:
        return 1
    stale = differences(root, result.files)
    for difference in stale:
        sys.stdout.write(f"{difference.change.value}: {difference.path}\n{difference.diff}")
    if stale:
        sys.stdout.write(f"{len(stale)} generated files are stale; run `make codegen`.\n")
        return 1
    sys.stdout.write(f"{len(result.files)} generated files are current\n")
    return 0
