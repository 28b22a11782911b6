"""The README's walk-through, run as a reader runs it: its files written, its commands executed, in its order."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```(\w+)(?: ([^\n]+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
COPIED = (
    "codegen", "docs", "dvss", "generated", "handlers", "mappings", "openapi", "requirements", "schemas", "scripts",
    "tests", "Makefile", "pyproject.toml", ".python-version",
)  # fmt: skip


@dataclass(frozen=True)
class Fence:
    """One fenced block with what stands behind its language."""

    language: str
    role: str
    text: str


def fences() -> list[Fence]:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    return [Fence(language, role, body) for language, role, body in FENCE.findall(text)]


@dataclass
class Reader:
    """Someone in a checkout of their own."""

    folder: Path
    variables: dict[str, str]

    def run(self, script: str) -> str:
        environment = {**os.environ, **self.variables, "PATH": f"{self.folder / '.venv/bin'}:{os.environ['PATH']}"}
        done = subprocess.run(
            ["bash", "-euc", script], cwd=self.folder, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout


def forget(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    folder = tmp_path / "checkout"
    folder.mkdir()
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    for path in ("mappings/acme.yaml", "schemas/vendors/acme", "dvss/examples/acme", "tests/golden/acme"):
        # Whoever walked through it here has them.
        forget(folder / path)
    (folder / ".venv").symlink_to(Path(sys.prefix))
    return Reader(folder, {})


@pytest.fixture
def server(reader: Reader) -> Iterator[list[subprocess.Popen[str]]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for process in started:
        process.terminate()
        process.wait(20)
        assert process.stdout is not None
        process.stdout.close()


def start(reader: Reader, server: list[subprocess.Popen[str]]) -> str:
    """`dvss serve` on a free port; its address."""
    with (reader.folder / "serve.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dvss", "serve", "--port", "0"],
            cwd=reader.folder,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    server.append(process)
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"http://[0-9.]+:[0-9]+", line)
        if found:
            return found.group()
    message = (reader.folder / "serve.log").read_text()
    raise AssertionError(message)


def test_the_walk_through_works_as_it_is_written(reader: Reader, server: list[subprocess.Popen[str]]) -> None:
    said: dict[str, str] = {}
    address = ""
    for fence in fences():
        if fence.role.startswith("file="):
            (reader.folder / fence.role.removeprefix("file=")).write_text(fence.text, encoding="utf-8")
        elif fence.role == "walkthrough":
            said[fence.text.split("\n")[0]] = output = reader.run(fence.text)
            if "key add" in fence.text:
                reader.variables["DVSS_API_KEY"] = output.strip().split()[-1]
        elif fence.role == "curl":
            if not address:
                reader.variables["DVSS_OPERATOR_KEY"] = reader.run("dvss key add --operator").strip().split()[-1]
                address = start(reader, server)
            said[fence.text.split("\n")[0]] = reader.run(fence.text.replace("http://127.0.0.1:8080", address))
            wait_until_normalized(reader, address)
    tried = next(text for command, text in said.items() if command.startswith("dvss try"))
    assert '"sku": "ABC-001"' in tried
    assert "mappings/acme.yaml:" in tried
    assert "mappings/acme.yaml:" in said["dvss events list"].split("Lineage")[1]
    cases = reader.folder / "tests/golden/acme/stock_level"
    assert {path.name for path in cases.glob("*/canonical.json")} == {"canonical.json"}
    reader.run("python -m pytest -q tests/golden/test_golden.py -k acme")
    posted = json.loads(next(text for command, text in said.items() if "-d '{" in command))
    assert posted["status"] == "ACCEPTED"
    assert posted["ingestId"] in said["dvss events list"]
    assert "ABC-001" in next(
        text for command, text in said.items() if command.startswith("curl -sS http") and "-d" not in command
    )


def wait_until_normalized(reader: Reader, address: str) -> None:
    ask = f'curl -sS {address}/v1/events/stock-1 -H "x-api-key: $DVSS_API_KEY"'
    until = time.monotonic() + 20
    while json.loads(reader.run(ask)).get("status") != "NORMALIZED":
        assert time.monotonic() < until
        time.sleep(0.1)


def test_the_diagnostic_that_it_shows_is_the_compilers_own(reader: Reader) -> None:
    files = {fence.role.removeprefix("file="): fence.text for fence in fences() if fence.role.startswith("file=")}
    mapping = files.pop("mappings/acme.yaml")
    for name, text in files.items():
        (reader.folder / name).write_text(text, encoding="utf-8")
    reader.run(next(fence.text for fence in fences() if fence.text.startswith("dvss vendor new")))
    broken = mapping.replace("on_hand | integer or quarantine", "on_hand | integer")
    (reader.folder / "mappings/acme.yaml").write_text(broken, encoding="utf-8")
    command = [sys.executable, "-m", "codegen", "build"]
    done = subprocess.run(command, cwd=reader.folder, capture_output=True, text=True, check=False)
    (shown,) = [fence.text for fence in fences() if fence.language == "text"]
    said = "".join(line for line in done.stderr.splitlines(keepends=True) if line.startswith("mappings/acme.yaml"))
    assert (done.returncode, said) == (1, shown)
