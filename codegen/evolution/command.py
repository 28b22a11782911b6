"""`python -m codegen compare`: reads both sides, prints what changed, chooses the exit code."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from codegen.compiler import resolve
from codegen.diagnostics import Diagnostics, Severity
from codegen.evolution.allowances import FILE, read_allowances
from codegen.evolution.bases import BaseError, sources_of_commit, sources_of_folder
from codegen.evolution.comparison import compare
from codegen.evolution.contracts import Contracts
from codegen.evolution.report import report
from codegen.source import read_sources

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from codegen.evolution.allowances import Allowance


def add_arguments(command: argparse.ArgumentParser) -> None:
    """The options of the command."""
    against = command.add_mutually_exclusive_group(required=True)
    against.add_argument("--base", help="the git commit to compare with, e.g. origin/main")
    against.add_argument("--base-folder", type=Path, help="a folder with contracts, e.g. of `dvss mappings export`")
    command.add_argument("--today", type=date.fromisoformat, help="the day that allowances are looked at on (UTC)")


def run(root: Path, options: argparse.Namespace) -> int:
    """0: nothing breaks; 1: something does, or a file is wrong; 2: there is nothing to compare with."""
    try:
        if options.base is not None:
            before, against = sources_of_commit(root, options.base), options.base
        else:
            before, against = sources_of_folder(options.base_folder), str(options.base_folder)
    except BaseError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    diagnostics = Diagnostics()
    allowances = _allowances(root, diagnostics)
    after = read_sources(root)
    resolve(after, None, diagnostics)
    if diagnostics.has_errors():
        wrong = [found for found in diagnostics.sorted() if found.code.severity is Severity.ERROR]
        sys.stderr.write("".join(f"{found}\n" for found in wrong))
        sys.stderr.write("Mend this first: only contracts that compile are compared.\n")
        return 1
    base = Contracts(before)
    changes = compare(base, Contracts(after))
    sys.stderr.write("".join(f"{against}: {fault}\n" for fault in base.faults()))
    # The one look at the clock in the compiler: what it writes never depends on it.
    today = options.today or datetime.now(UTC).date()  # noqa: TID251 # nosemgrep: one-clock (a command's)
    found = report(against, changes, allowances, today)
    sys.stdout.write(found.text)
    return 1 if found.failed else 0


def _allowances(root: Path, diagnostics: Diagnostics) -> Sequence[Allowance]:
    file = root / FILE
    if not file.is_file():
        return ()
    return read_allowances(file.read_bytes().decode("utf-8", errors="surrogateescape"), diagnostics)
