"""Mutation score of the type checker and the step registry: `make mutants`, or with `COUNT=400 SEED=1`.

mutmut makes the mutants of the files that `[tool.mutmut]` names. This script runs them, not `mutmut run`, which mutates
what stands in functions alone, while most of the registry is tables, and has one list of tests for all mutants. Here
quick tests come first, and slow ones see only what those let live.

The packages that the tests load are imported once. Each mutant is a fork that imports the compiler anew with one file's
text replaced in memory; nothing is written. A failure, an error and a time-out count as killed. Golden cases run what
is committed in `generated/`; in their place `codegen check` compiles the whole catalogue and compares. The tests with
random projects are left out, as they take long: the score is the least that the tests reach.

Exit code 0: the score is at least 85 %; 1: it is less; 2: the tests fail without a mutant.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import os
import random
import signal
import sys
import time
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_loader
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from mutmut.configuration import config
from mutmut.mutation.file_mutation import create_mutations, deep_replace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

    import libcst
    from mutmut.mutation.file_mutation import Mutation

ROOT = Path(__file__).resolve().parent.parent
WANTED = 0.85
LIMIT_SECONDS = 600
PROCESSES = 2
CASES = "tests/compile/test_cases.py"
CHECK = "codegen check"
QUICK = ("types", "schema_algebra", "list_claims", "step_claims", "step_values", "step_times", "step_codes", "steps")
STAGES = (
    (f"{CASES}::test_a_case_fails_with_its_diagnostics",),
    tuple(f"tests/codegen/test_{name}.py" for name in QUICK),
    (CASES,),
    (CHECK,),
    ("tests/codegen/test_contracts.py", "-k", "not bundle"),
)
# Every mutant sees the same random examples, and none leaves its failures to the next.
OPTIONS = ("-x", "--tb=no", "--assert=plain", "--hypothesis-profile=ci", "-o", "timeout=60", "-m", "not soak")


@dataclass(frozen=True)
class Mutant:
    path: str
    module: libcst.Module
    mutation: Mutation

    @property
    def text(self) -> str:
        """The whole file, mutated."""
        mutated = deep_replace(self.module, self.mutation.original_node, self.mutation.mutated_node)
        return cast("libcst.Module", mutated).code

    def __str__(self) -> str:
        """The place as file:line, and below it what the mutation takes away and puts there."""
        before = self.module.code.splitlines()
        head, *changes = list(difflib.unified_diff(before, self.text.splitlines(), n=0, lineterm=""))[2:]
        line = head.split()[1].removeprefix("-").partition(",")[0]
        return "\n    ".join([f"{self.path}:{line}", *(change for change in changes if change[0] in "-+")])


class Replacing(SourceFileLoader):
    """Finds and loads one module with a mutant's text, and no other."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(mutant.path.removesuffix(".py").replace("/", "."), str(ROOT / mutant.path))
        self._text = mutant.text

    def find_spec(self, name: str, _path: object = None, _target: ModuleType | None = None) -> ModuleSpec | None:
        return spec_from_loader(name, self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        del fullname
        return compile(self._text, self.path, "exec", dont_inherit=True)


def mutants() -> list[Mutant]:
    """Each mutant of the configured files, in the order of files and lines."""
    found = []
    for path in sorted((ROOT / "codegen").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if not config().should_mutate(name):
            continue
        module, mutations, *_ = create_mutations(name, path.read_text(encoding="utf-8"))
        found += [Mutant(name, module, mutation) for mutation in mutations]
    return found


def is_passed(stage: Sequence[str]) -> bool:
    if stage == (CHECK,):
        return bool(importlib.import_module("codegen.cli").main(["check"]) == 0)
    return pytest.main([*stage, *OPTIONS]) == pytest.ExitCode.OK


def survives(mutant: Mutant | None) -> bool:
    """Whether this process, which has not imported the compiler, passes every stage with the mutant."""
    if mutant is not None:
        sys.meta_path.insert(0, Replacing(mutant))
    return all(map(is_passed, STAGES))


def started(mutant: Mutant | None) -> int:
    """The id of a new process that ends with 0 if the mutant survives; it leads a process group."""
    process = os.fork()
    if process:
        return process
    os.setpgid(0, 0)
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        code = 0 if survives(mutant) else 1
    finally:
        os._exit(code)


def ended(running: dict[int, tuple[Mutant | None, float]]) -> tuple[Mutant | None, bool]:
    """Wait for the first of the running mutants to end; take it out; say whether it survived."""
    while True:
        for process, (mutant, start) in running.items():
            if time.monotonic() - start > LIMIT_SECONDS:
                os.killpg(process, signal.SIGKILL)
            found, status = os.waitpid(process, os.WNOHANG)
            if found:
                del running[process]
                return mutant, status == 0
        time.sleep(0.02)


def survivors(sample: Sequence[Mutant]) -> list[Mutant]:
    """Those of the sample that no test notices."""
    left, running, found = list(reversed(sample)), dict[int, tuple[Mutant | None, float]](), []
    while left or running:
        while left and len(running) < PROCESSES:
            mutant = left.pop()
            running[started(mutant)] = mutant, time.monotonic()
        ended_mutant, survived = ended(running)
        if survived and ended_mutant:
            found.append(ended_mutant)
            print(ended_mutant, flush=True)
        tried = len(sample) - len(left) - len(running)
        if tried % 20 == 0:
            print(f"{tried} of {len(sample)} tried, {len(found)} survive", file=sys.stderr, flush=True)
    return found


def load_what_does_not_change() -> None:
    """Import the tests' packages, then forget what is ours, for each mutant to import anew."""
    sys.path.insert(0, str(ROOT))
    for name in ("codegen.cli", CASES.removesuffix(".py").replace("/", "."), "tests.codegen.test_contracts"):
        importlib.import_module(name)
    for name in list(sys.modules):
        if name.partition(".")[0] in {"codegen", "generated", "handlers", "dvss", "tests"}:
            del sys.modules[name]


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutation score of the type checker and the step registry.")
    parser.add_argument("--count", type=int, default=400, help="how many mutants to draw (default: 400)")
    parser.add_argument("--seed", type=int, default=1, help="of the draw (default: 1)")
    options = parser.parse_args()
    os.chdir(ROOT)
    start = time.monotonic()
    every = mutants()
    sample = random.Random(options.seed).sample(every, min(options.count, len(every)))  # nosec B311 # noqa: S311 (a sample)
    load_what_does_not_change()
    if not ended({started(None): (None, start)})[1]:
        print("The tests fail without a mutant.")
        return 2
    found = survivors(sample)
    killed = len(sample) - len(found)
    score = killed / len(sample)
    print(f"killed {killed} of {len(sample)} mutants, drawn from {len(every)} with seed {options.seed}: {score:.1%}")
    print(f"{time.monotonic() - start:.0f} seconds")
    return 0 if score >= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
