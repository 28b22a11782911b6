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
    makers = cache.tools()
    key = cache.key_of({}, makers)
    assert cache.key_of({}, cache.tools()) == key
    assert cache.key_of({"mappings/acme.yaml": ""}, makers) != key
    assert cache.key_of({}, "others") != key
    with monkeypatch.context() as patch:
        patch.setattr(sys, "version", "3.13.99")
        assert cache.tools() != makers
    with monkeypatch.context() as patch:
        patch.setattr(cache, "distributions", lambda: ())
        assert cache.tools() != makers
    compiler = tmp_path / "codegen"
    shutil.copytree(cache.COMPILER, compiler)
    template = compiler / "templates" / "registry.py.jinja"
    template.write_text(template.read_text() + "\n")
    with monkeypatch.context() as patch:
        patch.setattr(cache, "COMPILER", compiler)
        assert cache.tools() != makers


def test_check_reads_no_record(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (root / "generated" / "registry.py").write_text("forged")
    record = json.loads(_record(root).read_text())
    record["files"]["generated/registry.py"] = cache._digest(b"forged")
    _record(root).write_text(json.dumps(record))
    assert PASSED_OVER in build(root, capsys)
    assert main(["--root", str(root), "check"]) == 1
    assert "changed: generated/registry.py" in capsys.readouterr().out


def _texts(root: Path) -> Path:
    return root / cache.FOLDER / "texts.json"


def _built_and_checked(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A build that finds texts of the one before, and a check that makes everything anew, come to the same."""
    _another_mapping(root)
    assert PASSED_OVER not in build(root, capsys)
    assert main(["--root", str(root), "check"]) == 0


def test_a_build_with_known_texts_is_the_same_as_one_without(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = json.loads(_texts(root).read_text())["texts"]
    schema = root / "schemas" / "canonical" / "item-updated.v1.schema.json"
    schema.write_text(schema.read_text().replace('"itemId": {', '"itemId": {"description": "Another one.", '))
    _built_and_checked(root, capsys)
    after = json.loads(_texts(root).read_text())["texts"]
    new = [after[key] for key in after.keys() - before.keys()]
    assert [text for text in new if "class " in text and "Another one." not in text] == []
    assert len(new) < len(after) / 2


def _forged(root: Path, **changes: object) -> None:
    kept = json.loads(_texts(root).read_text())
    texts = {key: text.replace("ItemUpdated", "Forged") for key, text in kept["texts"].items()}
    _texts(root).write_text(json.dumps(kept | {"texts": texts} | changes))


def _half_the_texts(root: Path) -> None:
    _texts(root).write_bytes(_texts(root).read_bytes()[:1000])


def _texts_of_other_tools(root: Path) -> None:
    _forged(root)
    forged = json.loads(_texts(root).read_text())["texts"]
    _forged(root, tools="others", texts=forged, digest=cache._digest_of(forged))


def _texts_of_another_form(root: Path) -> None:
    _texts(root).write_text("[]")


@pytest.mark.parametrize("change", [_forged, _half_the_texts, _texts_of_other_tools, _texts_of_another_form])
def test_texts_that_are_not_as_they_were_kept_count_as_nothing(
    root: Path, change: Callable[[Path], None], capsys: pytest.CaptureFixture[str]
) -> None:
    change(root)
    _built_and_checked(root, capsys)


def test_a_failed_build_keeps_nothing(root: Path) -> None:
    kept = _texts(root).read_bytes()
    mapping = root / "mappings" / "acme.yaml"
    mapping.write_text(mapping.read_text().replace("itemId", "itemIt"))
    assert main(["--root", str(root), "build"]) == 1
    assert _texts(root).read_bytes() == kept
