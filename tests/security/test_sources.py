"""What `make check` looks for in our sources is found when it is there."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.security.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

RULES = sorted(path.stem for path in (ROOT / "scripts" / "semgrep").glob("*.yaml"))
# In two parts, or it would be found here.
AWS_KEY = "AKIA" + "QYLPMN5HHHFPZAM2"
WRONG = {
    "handlers/system.py": f'ACCESS = "{AWS_KEY}"\n',
    "tests/data/sent.json": f'{{"note": "{AWS_KEY}"}}\n',
    "handlers/core/reading.py": "import json\n\n\ndef read(body):\n    return json.loads(body)\n",
    "dvss/trial.py": "def run(text):\n    exec(text)\n",
}
FOUND = {
    "secrets": "handlers/system.py:1",
    "samples": "tests/data/sent.json:1",
    "rules": "handlers/core/reading.py",
    "bandit": "dvss/trial.py:2",
    "locks": "dev.txt: jmespath has no hash",
    "bills": "the lock 0.0.1; run `make setup`",
}
"""What the report says of each, by the check that finds it."""


def project(folder: Path, files: Mapping[str, str]) -> Path:
    """A checkout with the checks of this one and some sources."""
    for name in ("scripts", "requirements"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    for name in ("codegen", "dvss", "generated", "handlers"):
        (folder / name).mkdir()
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (folder / ".tools").symlink_to(ROOT / ".tools")
    (folder / ".gitignore").write_text("/.tools\n__pycache__/\n", encoding="utf-8")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    return folder


def look(folder: Path, *names: str) -> subprocess.CompletedProcess[str]:
    command: list[str | Path] = [sys.executable, folder / "scripts" / "security.py", *names]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.usefixtures("tools")
def test_each_kind_of_fault_is_found_where_it_is(tmp_path: Path) -> None:
    folder = project(tmp_path / "project", WRONG)
    lock = folder / "requirements" / "dev.txt"
    text = lock.read_text(encoding="utf-8")
    lock.write_text(re.sub(r"(?m)^(jmespath==\S+) \\\n(    --hash.*\n)+", r"\1\n", text), encoding="utf-8")
    lock = folder / "requirements" / "lambda.txt"
    text = lock.read_text(encoding="utf-8")
    lock.write_text(re.sub(r"(?m)^jmespath==\S+", "jmespath==0.0.1", text), encoding="utf-8")

    run = look(folder)

    assert run.returncode == 1
    reports = dict(re.findall(r"(?s)(.*?)\nsecurity: `(\w+)` found the above[^\n]*\n", run.stderr))
    by_check = {check: report for report, check in reports.items()}
    assert {check: what in by_check.get(check, "") for check, what in FOUND.items()} == dict.fromkeys(FOUND, True)


def test_each_rule_of_ours_finds_what_it_should_and_leaves_what_it_should(tools: Path) -> None:
    """Comments say what that is, as semgrep's own tests have them; one run for all costs a tenth."""
    examples = sorted((ROOT / "tests" / "security" / "rules").glob("*.py"))
    assert [path.stem for path in examples] == RULES
    expected = {
        (path.stem, number + 1)
        for path in examples
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if line.strip() == f"# ruleid: {path.stem}"
    }
    options = ("--metrics=off", "--disable-version-check", "--quiet", "--json", "--config", "scripts/semgrep")
    command: list[str | Path] = [
        tools / "semgrep",
        "scan",
        *options,
        *examples,
    ]  # a folder named tests would be passed over
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout)["results"]
    own = {
        (stem, one["start"]["line"])
        for one in found
        if (stem := one["path"].rpartition("/")[2].removesuffix(".py")) == one["check_id"].rpartition(".")[2]
    }
    assert own == expected
    assert {rule for rule, _ in expected} == set(RULES)


def test_every_exception_has_its_reason_beside_it() -> None:
    """What follows the mark, or a line above it that says more than the mark does."""
    marked = re.compile(r"#\s*(nosec|nosemgrep|pragma: allowlist secret)")
    bare = []
    for folder in ("codegen", "dvss", "handlers"):
        for path in (ROOT / folder).rglob("*.py"):
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if (found := marked.search(line)) and not re.search(r"[-(#] *\w+ \w+", line[found.end() :]):
                    bare.append(f"{path.relative_to(ROOT)}:{number}")
    assert bare == []
