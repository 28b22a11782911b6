"""A build that would change nothing is passed over, and only such a one."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codegen import cache
from codegen.cli import main
from codegen.emit import present

if TYPE_CHECKING:
    from collections.abc import Callable

CASE = Path(__file__).parents[1] / "compile"
PASSED_OVER = "nothing changed since the last build"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small project, built once."""
    shutil.copytree(CASE / "base", tmp_path, dirs_exist_ok=True)
    shutil.copytree(CASE / "match-with-else" / "in", tmp_path, dirs_exist_ok=True)
    assert main(["--root", str(tmp_path), "build"]) == 0
    return tmp_path


def build(root: Path, capsys: pytest.CaptureFixture[str]) -> str:
    capsys.readouterr()
    assert main(["--root", str(root), "build"]) == 0
    return capsys.readouterr().out


def test_the_same_build_is_passed_over(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = {path: (root / path).read_bytes() for path in present(root)}
    assert PASSED_OVER in build(root, capsys)
    assert {path: (root / path).read_bytes() for path in present(root)} == before


def _another_mapping(root: Path) -> None:
    path = root / "mappings" / "acme.yaml"
    path.write_text(path.read_text() + "# one more line\n")


def _another_schema(root: Path) -> None:
    path = root / "schemas" / "canonical" / "item-updated.v1.schema.json"
    path.write_text(path.read_text() + "\n")


def _a_changed_file(root: Path) -> None:
    (root / "generated" / "registry.py").write_text("forged")


def _a_missing_file(root: Path) -> None:
    (root / "generated" / "registry.py").unlink()


def _a_foreign_file(root: Path) -> None:
    (root / "generated" / "foreign.py").write_text("foreign")


def _record(root: Path) -> Path:
    return root / cache.FOLDER / "last-build.json"


def _half_a_record(root: Path) -> None:
    _record(root).write_bytes(_record(root).read_bytes()[:100])


def _a_record_of_another_form(root: Path) -> None:
    _record(root).write_text(json.dumps({"key": 1, "files": [], "said": {}}))


def _a_record_with_more(root: Path) -> None:
    _record(root).write_text(json.dumps(json.loads(_record(root).read_text()) | {"more": 1}))


CHANGES = [
    _another_mapping, _another_schema, _a_changed_file, _a_missing_file, _a_foreign_file, _half_a_record,
    _a_record_of_another_form, _a_record_with_more,
]  # fmt: skip


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__.strip("_"))
def test_whatever_changed_is_built_and_mended(
    root: Path, change: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = {path: (root / path).read_bytes() for path in present(root)}
    change(root)
    assert PASSED_OVER not in build(root, capsys)
    found = {path: (root / path).read_bytes() for path in present(root)}
    assert found.keys() == wanted.keys()
    assert found["generated/mappers/acme.py"] == wanted["generated/mappers/acme.py"]
    assert PASSED_OVER in build(root, capsys)


def test_a_warning_is_said_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(CASE / "base", tmp_path, dirs_exist_ok=True)
    shutil.copytree(CASE / "match-with-else" / "in", tmp_path, dirs_exist_ok=True)
    mapping = tmp_path / "mappings" / "acme.yaml"
    mapping.write_text(mapping.read_text().replace("itemId: id", "itemId: id or quarantine"))
    said = []
    for _ in range(2):
        assert main(["--root", str(tmp_path), "build"]) == 0
        said.append(capsys.readouterr().err)
    assert said[0] == said[1]
    assert "warning[DV309]" in said[0]


def test_the_key_covers_the_compiler_and_its_tools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    key = cache.key_of({})
    assert cache.key_of({}) == key
    assert cache.key_of({"mappings/acme.yaml": ""}) != key
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "3.13.99")
        assert cache.key_of({}) != key
    with monkeypatch.context() as patch:
        patch.setattr(cache, "distributions", lambda: ())
        assert cache.key_of({}) != key
    compiler = tmp_path / "codegen"
    shutil.copytree(cache.COMPILER, compiler)
    template = compiler / "templates" / "registry.py.jinja"
    template.write_text(template.read_text() + "\n")
    with monkeypatch.context() as patch:
        patch.setattr(cache, "COMPILER", compiler)
        assert cache.key_of({}) != key


def test_check_reads_no_record(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "generated" / "registry.py").write_text("forged")
    record = json.loads(_record(root).read_text())
    record["files"]["generated/registry.py"] = cache._digest(b"forged")
    _record(root).write_text(json.dumps(record))
    assert PASSED_OVER in build(root, capsys)
    assert main(["--root", str(root), "check"]) == 1
    assert "changed: generated/registry.py" in capsys.readouterr().out
