"""`python -m codegen`: what it says, what it writes, how it exits."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codegen.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

BASE = Path(__file__).parents[1] / "compile" / "base"
MAPPER = "generated/mappers/acme.py"
MAPPING = """\
vendor: acme
name: Acme
priority: 1
authentication: {scheme: api-key}
limits: {requests_per_second: 1, burst: 1}
events:
  item:
    payload: {type: object, required: [id], properties: {id: {type: string, minLength: 1, maxLength: 64}}}
    emits: ItemUpdated@1.0
    map:
      itemId: id
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project, compiled."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(BASE, root, dirs_exist_ok=True)
    (root / "mappings").mkdir()
    (root / "mappings" / "acme.yaml").write_text(MAPPING, encoding="utf-8")
    assert main(["--root", str(root), "build"]) == 0
    return root


@pytest.fixture
def project(built: Path, tmp_path: Path) -> Path:
    return shutil.copytree(built, tmp_path / "project")


def everything(root: Path) -> dict[str, tuple[bytes, int]]:
    """Every file with its bytes and the time that it was written."""
    return {str(path): (path.read_bytes(), path.stat().st_mtime_ns) for path in _files(root)}


def _files(root: Path) -> Iterator[Path]:
    return (path for path in sorted(root.rglob("*")) if path.is_file())


def run(root: Path, *arguments: str) -> int:
    return main(["--root", str(root), *arguments])


def test_what_was_just_built_is_current_and_is_not_written_again(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = everything(project)
    assert run(project, "check") == 0
    assert run(project, "build") == 0
    assert "nothing changed" in capsys.readouterr().out
    assert everything(project) == before


def test_check_shows_what_is_stale_and_writes_nothing(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mapper, lineage, orphan = (
        project / MAPPER,
        project / "generated/lineage/acme.json",
        project / "docs/contract/old.md",
    )
    mapper.write_text(mapper.read_text(encoding="utf-8").replace('payload["id"]', '"forged"'), encoding="utf-8")
    lineage.unlink()
    orphan.write_text("left over\n", encoding="utf-8")
    before = everything(project)
    assert run(project, "check") == 1
    said = capsys.readouterr().out
    assert f"changed: {MAPPER}\n--- {MAPPER} (on disk)\n+++ {MAPPER} (generated)\n" in said
    assert '\n-    data["itemId"] = "forged"\n+    data["itemId"] = payload["id"]\n' in said
    assert "new: generated/lineage/acme.json\n" in said
    assert '\n+  "sources": [\n' in said
    assert "orphan: docs/contract/old.md\n" in said
    assert "\n-left over\n" in said
    assert said.endswith("3 generated files are stale; run `make codegen`.\n")
    assert everything(project) == before


def test_build_repairs_what_is_stale(project: Path, built: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / MAPPER).write_bytes(b"\xff\xfe not even UTF-8")
    (project / "generated/lineage/acme.json").unlink()
    (project / "generated" / "orphan" / "x").mkdir(parents=True)
    (project / "generated/orphan/x/y.py").write_text("", encoding="utf-8")
    assert run(project, "check") == 1
    assert run(project, "build") == 0
    said = capsys.readouterr().out
    assert "1 changed, 1 new, 1 orphan\n" in said
    assert run(project, "check") == 0
    texts = [{path.relative_to(root): path.read_bytes() for path in _files(root)} for root in (project, built)]
    assert texts[0] == texts[1]


def test_a_changed_contract_makes_what_was_generated_stale(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "mappings" / "acme.yaml").write_text(MAPPING + "      note: id\n", encoding="utf-8")
    assert run(project, "check") == 1
    assert '+    data["note"] = payload["id"]' in capsys.readouterr().out


def test_a_wrong_contract_is_reported_and_nothing_is_written(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "mappings" / "acme.yaml").write_text(MAPPING.replace("itemId: id", "itemId: idd"), encoding="utf-8")
    before = everything(project)
    for command in ("build", "check"):
        assert run(project, command) == 1
        said = capsys.readouterr()
        assert said.err == "mappings/acme.yaml:11:15: error[DV201]: no field 'idd' in 'idd'; did you mean 'id'?\n"
        assert said.out == ""
    assert everything(project) == before


def test_a_warning_does_not_stop_the_build(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "mappings" / "acme.yaml").write_text(MAPPING.replace("itemId: id", "itemId: id or quarantine"))
    assert run(project, "build") == 0
    assert "warning[DV309]" in capsys.readouterr().err


def test_one_vendor_is_built_into_another_folder(project: Path, tmp_path: Path) -> None:
    assert run(project, "build", "--vendor", "acme", "--into", str(tmp_path / "other")) == 0
    built = {path.relative_to(tmp_path / "other").as_posix() for path in _files(tmp_path / "other")}
    assert {MAPPER, "generated/registry.py", "generated/runtime/mapping.py", "generated/manifest.json"} <= built
    assert not any(path.startswith(("docs/", "generated/models/")) for path in built)


@pytest.mark.parametrize("arguments", [["--vendor", "gone"], ["--vendor", "../acme"], ["--vendor", "acme"]])
def test_a_vendor_alone_needs_a_mapping_and_a_folder(project: Path, arguments: list[str]) -> None:
    assert run(project, "build", *arguments) == 2


@pytest.mark.parametrize("arguments", [[], ["bild"], ["check", "--into", "x"]])
def test_usage_exits_with_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as exit_:
        main(arguments)
    assert exit_.value.code == 2


def test_bytes_that_are_no_text_are_reported_at_their_place(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "mappings" / "acme.yaml").write_bytes(MAPPING.encode().replace(b"name: Acme", b"# caf\xe9\nname: \xff"))
    assert run(project, "check") == 1
    assert capsys.readouterr().err.startswith("mappings/acme.yaml:2:6: error[DV101]: a byte here is not UTF-8")
