"""The same contracts give the same bytes on any machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SURROUNDINGS = (
    {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "LC_ALL": "C", "PYTHONUTF8": "0"},
    {"PYTHONHASHSEED": "4242", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
)


OTHER_SETTINGS = """\
[tool.datamodel-codegen]
custom-file-header = "# made in another folder"
use-union-operator = false

[tool.ruff]
line-length = 40
"""


def built(into: Path, surroundings: dict[str, str]) -> dict[str, bytes]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "LC_", "LANG"))}
    command = [sys.executable, "-m", "codegen", "--root", str(ROOT), "build", "--into", str(into)]
    into.mkdir()
    surroundings = {**environment, **surroundings, "PYTHONPATH": str(ROOT)}
    subprocess.run(command, env=surroundings, cwd=into.parent, check=True, capture_output=True)
    return {path.relative_to(into).as_posix(): path.read_bytes() for path in sorted(into.rglob("*")) if path.is_file()}


def test_two_builds_are_equal_whatever_is_around_them(tmp_path: Path) -> None:
    first = built(tmp_path / "one", SURROUNDINGS[0])
    (tmp_path / "pyproject.toml").write_text(OTHER_SETTINGS)
    second = built(tmp_path / "another folder, with é", SURROUNDINGS[1])
    assert first == second
    assert len(first) > 50
    assert not any(str(tmp_path).encode() in text or str(ROOT).encode() in text for text in first.values())
