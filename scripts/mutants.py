"""Mutation score of one part of the sources: `make mutants TARGET=core`, or with `COUNT=400 SEED=1`.

Targets: ``compiler`` (type checker and step registry), ``core`` (use cases), ``json`` (strict parsing, digests) and
``signatures``. mutmut makes the mutants. This script runs them, not `mutmut run`, which mutates what stands in
functions alone, while much of this is tables, and knows the tests of a function, not of a line.

The packages that the tests load are imported once. Each mutant is a fork that imports our code anew with one file's
text replaced in memory; nothing is written. A failure, an error and a time-out count as killed.

The compiler's mutants go through stages, quick tests before slow ones. Golden cases run what is committed in
`generated/`; in their place `codegen check` compiles the whole catalogue and compares. The tests with random projects
are left out, as they take long. For the other targets the tests are run once to learn which lines each of them reaches;
a mutant meets those that reach its line, the quickest first, up to a minute of them. Either score is the least that the
tests reach.

Exit code 0: the score is as wanted; 1: it is less; 2: the tests fail without a mutant.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from functools import partial
from importlib.machinery import SourceFileLoader
from importlib.util import spec_from_loader
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest
from mutmut.mutation.file_mutation import create_mutations, deep_replace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from importlib.machinery import ModuleSpec
    from types import CodeType, ModuleType

    import libcst
    from mutmut.mutation.file_mutation import Mutation

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 600
# Of the tests that reach a mutant: those that notice one are nearly always among the quickest.
TESTS_SECONDS = 60.0
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


@dataclass(frozen=True)
class Target:
    """A part of the sources, and what must notice a change of it."""

    files: tuple[str, ...]
    """Patterns."""
    wanted: float
    """The least score."""
    tests: tuple[str, ...] = ()
    """Files and folders; a mutant meets the tests that reach its line. Without them there are the compiler's stages."""


USE_CASES = (
    *("accept", "accept_edges", "normalize", "quarantine", "replay", "replay_requests", "refused", "webhooks"),
    *("split_webhooks", "digests", "elements", "lifecycle", "reports", "auditing", "catalogue", "codes"),
)
TARGETS = {
    "compiler": Target(("codegen/resolve/**/*.py", "codegen/frontend/schema_algebra.py"), 0.85),
    "core": Target(
        ("handlers/core/*.py",),
        0.9,
        (*(f"tests/handlers/test_{name}.py" for name in USE_CASES), "tests/faults", "tests/dvss/test_audit.py"),
    ),
    "json": Target(
        ("generated/runtime/exact_json.py", "generated/runtime/json_forms.py"),
        0.9,
        (
            "tests/hostile/test_strict_json.py",
            "tests/handlers/test_digests.py",
            "tests/handlers/test_refused.py",
            "tests/fuzz/test_targets.py",
        ),
    ),
    "signatures": Target(
        ("handlers/core/signatures/*.py", "handlers/core/credentials.py"),
        0.9,
        ("tests/signatures", "tests/handlers/test_refused.py"),
    ),
}
# Every mutant sees the same random examples, and none leaves its failures to the next.
OPTIONS = ("-x", "--tb=no", "--assert=plain", "--hypothesis-profile=ci", "-o", "timeout=60", "-m", "not soak")


@dataclass(frozen=True)
class Mutant:
    path: str
    module: libcst.Module
    mutation: Mutation

    @property
    def line(self) -> int:
        """Where the change begins."""
        return next(
            (number for number, (old, new) in enumerate(self._pairs(), start=1) if old != new),
            self.module.code.count("\n"),
        )

    def _pairs(self) -> Iterator[tuple[str, str]]:
        return zip(self.module.code.splitlines(), self.text.splitlines(), strict=False)

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


def module_name(path: str) -> str:
    return path.removesuffix(".py").replace("/", ".")


class Replacing(SourceFileLoader):
    """Finds and loads one module with a mutant's text, and no other."""

    def __init__(self, mutant: Mutant) -> None:
        super().__init__(module_name(mutant.path), str(ROOT / mutant.path))
        self._text = mutant.text

    def find_spec(self, name: str, _path: object = None, _target: ModuleType | None = None) -> ModuleSpec | None:
        return spec_from_loader(name, self) if name == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        del fullname
        return compile(self._text, self.path, "exec", dont_inherit=True)


class Reach:
    """A plugin of pytest that learns which lines of the target's files each test reaches, and how long it takes."""

    def __init__(self, files: Sequence[str]) -> None:
        self._names = {str(ROOT / file): file for file in files}
        self._files = {module_name(file): file for file in files}
        self._test = ""
        self.tests: dict[tuple[str, int], set[str]] = defaultdict(set)
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        self._test, start = item.nodeid, time.monotonic()
        # What a test compares of a module may run nothing there: the names that its own module imports reach line 0.
        for value in vars(item.module).values() if isinstance(item, pytest.Function) else ():
            file = self._files.get(getattr(value, "__module__", ""))
            if file is not None:
                self.tests[file, 0].add(item.nodeid)
        sys.monitoring.restart_events()
        result = yield
        self.seconds[item.nodeid] = time.monotonic() - start
        return result

    def watch(self) -> None:
        tool = sys.monitoring.PROFILER_ID
        sys.monitoring.use_tool_id(tool, "reach")
        sys.monitoring.register_callback(tool, sys.monitoring.events.LINE, self._seen)
        sys.monitoring.set_events(tool, sys.monitoring.events.LINE)

    def _seen(self, code: CodeType, line: int) -> object:
        file = self._names.get(code.co_filename)
        if file is not None and self._test:
            self.tests[file, line].add(self._test)
        return sys.monitoring.DISABLE

    def of(self, mutant: Mutant) -> list[str]:
        """The quickest of the tests that reach a mutant's line, or its file where the line runs at import."""
        found = self.tests.get((mutant.path, mutant.line)) or {
            test for (file, _), tests in self.tests.items() if file == mutant.path for test in tests
        }
        quickest = sorted(found, key=lambda test: self.seconds[test])
        ends = accumulate(self.seconds[test] for test in quickest)
        return [test for test, end in zip(quickest, ends, strict=True) if end <= TESTS_SECONDS] or quickest[:1]


def mutants(target: Target) -> list[Mutant]:
    """Each mutant of the target's files, in the order of files and lines."""
    found = []
    for name in files_of(target):
        module, mutations, *_ = create_mutations(name, (ROOT / name).read_text(encoding="utf-8"))
        found += [Mutant(name, module, mutation) for mutation in mutations]
    return found


def files_of(target: Target) -> list[str]:
    return sorted({path.relative_to(ROOT).as_posix() for form in target.files for path in ROOT.glob(form)})


def is_passed(stage: Sequence[str]) -> bool:
    if stage == (CHECK,):
        return bool(importlib.import_module("codegen.cli").main(["check"]) == 0)
    return pytest.main([*stage, *OPTIONS]) == pytest.ExitCode.OK


def survives(mutant: Mutant | None, stages: Sequence[Sequence[str]]) -> bool:
    """Whether this process, which has not imported our code, passes every stage with the mutant."""
    if mutant is not None:
        sys.meta_path.insert(0, Replacing(mutant))
    return all(map(is_passed, stages))


def started(work: Callable[[], bool]) -> int:
    """The id of a new process that ends with 0 if the work is true; it leads a process group."""
    process = os.fork()
    if process:
        return process
    os.setpgid(0, 0)
    code = 1
    try:
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (sys.stdout, sys.stderr):
            os.dup2(nowhere, stream.fileno())
        code = 0 if work() else 1
    finally:
        os._exit(code)


def learned(target: Target) -> Reach | None:
    """What the target's tests reach; None if they fail."""
    reach = Reach(files_of(target))

    def learn() -> bool:
        reach.watch()
        is_ok = pytest.main([*target.tests, *OPTIONS], plugins=[reach]) == pytest.ExitCode.OK
        lines = [(file, line, sorted(tests)) for (file, line), tests in reach.tests.items()]
        kept.write_text(json.dumps([lines, reach.seconds]), encoding="utf-8")
        return is_ok

    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "reach"
        if not ended({started(learn): (None, time.monotonic())})[1]:
            return None
        lines, reach.seconds = json.loads(kept.read_text(encoding="utf-8"))
        reach.tests.update({(file, line): set(tests) for file, line, tests in lines})
    return reach


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


def survivors(sample: Sequence[Mutant], reach: Reach | None) -> list[Mutant]:
    """Those of the sample that no test notices."""
    left, running, found = list(reversed(sample)), dict[int, tuple[Mutant | None, float]](), []
    while left or running:
        while left and len(running) < PROCESSES:
            mutant = left.pop()
            stages: Sequence[Sequence[str]] = STAGES if reach is None else [reach.of(mutant)]
            process = started(partial(survives, mutant, stages)) if all(stages) else started(lambda: True)
            running[process] = mutant, time.monotonic()
        ended_mutant, survived = ended(running)
        if survived and ended_mutant:
            found.append(ended_mutant)
            print(ended_mutant, flush=True)
        tried = len(sample) - len(left) - len(running)
        if tried % 20 == 0:
            print(f"{tried} of {len(sample)} tried, {len(found)} survive", file=sys.stderr, flush=True)
    return found


def load_what_does_not_change(target: Target) -> None:
    """Import the tests' packages, then forget what is ours, for each mutant to import anew."""
    sys.path.insert(0, str(ROOT))
    files = [
        file
        for name in target.tests
        for file in ((ROOT / name).rglob("test_*.py") if "." not in name else [ROOT / name])
    ]
    names = [module_name(file.relative_to(ROOT).as_posix()) for file in files]
    for name in names or ("codegen.cli", module_name(CASES), "tests.codegen.test_contracts"):
        importlib.import_module(name)
    for name in list(sys.modules):
        if name.partition(".")[0] in {"codegen", "generated", "handlers", "dvss", "tests"}:
            del sys.modules[name]


def main() -> int:
    parser = argparse.ArgumentParser(description="Mutation score of one part of the sources.")
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--count", type=int, default=400, help="how many mutants to draw (default: 400)")
    parser.add_argument("--seed", type=int, default=1, help="of the draw (default: 1)")
    options = parser.parse_args()
    os.chdir(ROOT)
    start = time.monotonic()
    target = TARGETS[options.target]
    every = mutants(target)
    sample = random.Random(options.seed).sample(every, min(options.count, len(every)))  # nosec B311 # noqa: S311 (a sample)
    load_what_does_not_change(target)
    reach = learned(target) if target.tests else None
    if reach is None and (target.tests or not ended({started(partial(survives, None, STAGES)): (None, start)})[1]):
        print("The tests fail without a mutant.")
        return 2
    found = survivors(sample, reach)
    killed = len(sample) - len(found)
    score = killed / len(sample)
    print(f"killed {killed} of {len(sample)} mutants, drawn from {len(every)} with seed {options.seed}: {score:.1%}")
    print(f"{time.monotonic() - start:.0f} seconds")
    return 0 if score >= target.wanted else 1


if __name__ == "__main__":
    sys.exit(main())
