"""The fuzz targets: their corpus each time, ten minutes of new inputs for each in a soak."""

from __future__ import annotations

import importlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CORPUS = Path(__file__).parent / "corpus"
TARGETS = sorted(path.name for path in CORPUS.iterdir())
INPUTS = [(path.parent.name, path.name) for path in sorted(CORPUS.glob("*/*"))]
SECONDS = 600
SLOWEST_SECONDS = 5
MOST_MEGABYTES = 2_048


def test_every_target_has_a_corpus() -> None:
    targets = {path.stem for path in (Path(__file__).parent / "targets").glob("*.py") if "__" not in path.stem}
    assert targets == set(TARGETS)


@pytest.mark.parametrize(("target", "name"), INPUTS, ids=[f"{target}-{name}" for target, name in INPUTS])
def test_no_input_of_the_corpus_is_a_finding(target: str, name: str) -> None:
    importlib.import_module(f"tests.fuzz.targets.{target}").one((CORPUS / target / name).read_bytes())


@pytest.mark.soak
@pytest.mark.timeout(SECONDS + 300)
@pytest.mark.skipif(sys.platform != "linux", reason="there is no atheris")
@pytest.mark.parametrize("target", TARGETS)
def test_no_input_that_is_found_is_a_finding(target: str, tmp_path: Path) -> None:
    found = tmp_path / "found"
    shutil.copytree(CORPUS / target, found)
    command = [sys.executable, "-m", "tests.fuzz.targets", target, str(found), f"-max_total_time={SECONDS}"]
    command += [
        f"-timeout={SLOWEST_SECONDS}",
        f"-rss_limit_mb={MOST_MEGABYTES}",
        f"-artifact_prefix={tmp_path}/finding-",
    ]
    run = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=CORPUS.parents[2])
    told = run.stdout.decode(errors="replace")
    findings = "".join(f"\n{path.name}: {path.read_bytes()!r}" for path in tmp_path.glob("finding-*"))
    assert run.returncode == 0, told[-8_000:] + findings
    print(target, *[line for line in told.splitlines() if line.startswith("Done ")])
