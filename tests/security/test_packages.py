"""What is installed is locked by hash, and the bills of materials name it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.security.conftest import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LOCKS = sorted(path.stem for path in (ROOT / "requirements").glob("*.txt"))


def locks(folder: Path) -> str:
    """What the check of the locks says of a folder; empty if it is content."""
    command: list[str | Path] = [sys.executable, ROOT / "scripts" / "locks.py", folder]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode == 1) == bool(run.stderr)
    return run.stderr


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    copy = tmp_path / "requirements"
    shutil.copytree(ROOT / "requirements", copy)
    return copy


def test_every_lock_is_one() -> None:
    assert locks(ROOT / "requirements") == ""
    assert set(LOCKS) >= {"dev", "infra", "lambda", "security", "tools"}


@pytest.mark.parametrize(
    ("name", "before", "after", "message"),
    [
        ("lambda.txt", "jiter==", "jiter>=", "lambda.txt:"),
        ("lambda.txt", "--hash=sha256:9", "--hash=md5:9", "lambda.txt:"),
        ("lambda.txt", "aws-lambda", "--pre\naws-lambda", "lambda.txt:1: no name==version"),
        ("lambda.txt", "aws-lambda", "-e git+https://code.example/a.git\naws-lambda", "lambda.txt:1: no name==version"),
        ("lambda.in", "jiter==", "jiter==1", "lambda.in asks for jiter 1"),
        ("lambda.in", "jiter==", "zitter==", "lambda.in asks for zitter, which lambda.txt does not have"),
        ("infra.in", "parliament==1.6.4", "", "infra.txt: nobody asks for parliament"),
        ("dev.txt", "jmespath==1.1", "jmespath==1.2", "lambda.txt: jmespath 1.1.0 is not as in dev.txt"),
    ],
)
def test_what_is_no_lock_is_named(folder: Path, name: str, before: str, after: str, message: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert before in text
    (folder / name).write_text(text.replace(before, after, 1), encoding="utf-8")
    assert message in locks(folder)


def test_a_lock_without_its_source_is_named(folder: Path) -> None:
    (folder / "infra.in").unlink()
    assert "infra.in and infra.txt belong together" in locks(folder)


def bill(lock: str, output: Path) -> bytes:
    command: list[str | Path] = [sys.executable, ROOT / "scripts" / "sbom.py", lock, "--output", output]
    subprocess.run(command, check=True)
    return output.read_bytes()


def test_a_bill_is_the_same_each_time_and_tells_each_licence(tmp_path: Path) -> None:
    first = bill("lambda", tmp_path / "a.json")
    assert first == bill("lambda", tmp_path / "b.json")
    components = json.loads(first)["components"]
    assert [
        one["name"] for one in components if not one["licenses"] or not one["externalReferences"][0]["hashes"]
    ] == []


def test_a_base_image_is_named_by_a_version_that_does_not_move() -> None:
    """By digest it would be better; whoever builds can give one as BASE."""
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    [base] = [line.removeprefix("ARG BASE=") for line in lines if line.startswith("ARG BASE=")]
    assert base.partition(":")[2].startswith("3.13.20")
    assert {line.split()[-1 if " AS " not in line else -3] for line in lines if line.startswith("FROM ")} == {"${BASE}"}
