"""`python -m codegen compare`: what it is compared with, what is allowed, how it exits."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from codegen.cli import main
from codegen.evolution.allowances import FILE

SHARED = Path(__file__).parent / "shared"
ACME = "mappings/acme.yaml"
TODAY = ("--today", "2026-01-30")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose limit is lowered, against `base/`, where it was not."""
    shutil.copytree(SHARED, tmp_path / "base")
    root = shutil.copytree(SHARED, tmp_path / "project")
    lower(root)
    return root


def lower(root: Path) -> None:
    text = (root / ACME).read_text(encoding="utf-8")
    (root / ACME).write_text(text.replace("burst: 20", "burst: 15"), encoding="utf-8")


def compare(root: Path, *options: str) -> int:
    return main(["--root", str(root), "compare", *options, *TODAY])


def against_folder(root: Path) -> int:
    return compare(root, "--base-folder", str(root.parent / "base"))


def git(root: Path, *arguments: str) -> None:
    identity = ("-c", "user.name=Someone", "-c", "user.email=someone@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", root, *identity, *arguments], check=True, capture_output=True)


def given_allowance(root: Path, capsys: pytest.CaptureFixture[str], expires: str) -> str:
    """An entry for the one change that there is."""
    assert against_folder(root) == 1
    change_id = str(re.findall(r"EV305-[0-9a-f]{8}", capsys.readouterr().out)[0])
    (root / FILE).write_text(f"- {{change: {change_id}, reason: Acme agreed, expires: {expires}}}\n", encoding="utf-8")
    return change_id


def test_a_commit_is_the_base(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copy(SHARED / ACME, project / ACME)
    git(project, "init", "--quiet")
    git(project, "add", ".")
    git(project, "commit", "--quiet", "--message", "Before")
    assert compare(project, "--base", "HEAD") == 0
    assert capsys.readouterr().out == "Compared with HEAD: no change.\n"
    lower(project)
    assert compare(project, "--base", "HEAD") == 1
    assert "breaking[EV305]: limit burst was 20 and is 15" in capsys.readouterr().out


def test_a_project_may_be_a_folder_of_a_repository(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(project.parent, "init", "--quiet")
    git(project.parent, "add", ".")
    git(project.parent, "commit", "--quiet", "--message", "Before")
    assert compare(project, "--base", "HEAD") == 0
    assert capsys.readouterr().out == "Compared with HEAD: no change.\n"


@pytest.mark.parametrize("reference", ["no-such-branch", "--help", "HEAD:mappings"])
def test_what_is_no_commit_is_said(project: Path, reference: str, capsys: pytest.CaptureFixture[str]) -> None:
    git(project, "init", "--quiet")
    assert compare(project, f"--base={reference}") == 2
    assert f"There is no commit '{reference}' in {project}." in capsys.readouterr().err


def test_a_commit_without_contracts_is_said(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    git(project, "init", "--quiet")
    git(project, "commit", "--quiet", "--allow-empty", "--message", "Nothing")
    assert compare(project, "--base", "HEAD") == 2
    assert "has no contracts" in capsys.readouterr().err


def test_without_git_a_folder_can_be_compared_with(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(os.environ, "PATH", "")
    assert compare(project, "--base", "HEAD") == 2
    assert "git is not installed" in capsys.readouterr().err
    assert against_folder(project) == 1


def test_a_folder_without_contracts_is_said(project: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert compare(project, "--base-folder", str(tmp_path / "nowhere")) == 2
    assert "There are no contracts in" in capsys.readouterr().err


def test_contracts_that_do_not_compile_are_mended_first(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (project / ACME).read_text(encoding="utf-8")
    (project / ACME).write_text(text.replace("quantity: qty", "quantity: qtty"), encoding="utf-8")
    assert against_folder(project) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert "mappings/acme.yaml:15:17: error[DV201]" in said.err
    assert "Mend this first" in said.err


@pytest.mark.parametrize("expires", ["2026-01-30", "2027-01-01"])
def test_an_allowance_holds_up_to_its_day(project: Path, expires: str, capsys: pytest.CaptureFixture[str]) -> None:
    given_allowance(project, capsys, expires)
    assert against_folder(project) == 0
    assert f"allowed until {expires} at {FILE}:1:3: Acme agreed" in capsys.readouterr().out


def test_an_allowance_that_ended_fails_and_says_so(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_id = given_allowance(project, capsys, "2026-01-29")
    assert against_folder(project) == 1
    ended = f"{FILE}:1:3: the allowance of {change_id} ended on 2026-01-29; remove or renew it\n"
    assert ended in capsys.readouterr().out
    shutil.copy(SHARED / ACME, project / ACME)
    assert against_folder(project) == 1
    assert ended in capsys.readouterr().out


def test_an_allowance_is_of_one_change_and_no_other(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change_id = given_allowance(project, capsys, "2027-01-01")
    text = (project / ACME).read_text(encoding="utf-8")
    (project / ACME).write_text(text.replace("burst: 15", "burst: 12"), encoding="utf-8")
    assert against_folder(project) == 1
    assert f"{FILE}:1:3: nothing here is {change_id}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("change: x\n", "the allow-list is a list"),
        ("- EV305-0c7bd9e5\n", "this is no entry of the allow-list"),
        ("- {change: EV305-0c7bd9e5, reason: agreed}\n", "this is no entry of the allow-list"),
        ("- {change: EV305, reason: agreed, expires: 2027-01-01}\n", "this is no entry of the allow-list"),
        ("- {change: EV305-0c7bd9e5, reason: agreed, expires: soon}\n", "'soon' is no day"),
        ("- {change: [EV305\n", "error[DV101]"),
    ],
)
def test_an_allow_list_that_cannot_be_read_fails(
    project: Path, text: str, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / FILE).write_text(text, encoding="utf-8")
    assert against_folder(project) == 1
    assert said in capsys.readouterr().err


def test_each_vendor_whose_base_compiles_is_compared_rule_by_rule(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hooked = project.parent / "base" / "mappings" / "hooked.yaml"
    hooked.write_text(hooked.read_text(encoding="utf-8").replace("itemId: id", "itemId: idd"), encoding="utf-8")
    text = (project / ACME).read_text(encoding="utf-8")
    (project / ACME).write_text(text.replace("note: remark", "note: remark | trim"), encoding="utf-8")
    assert against_folder(project) == 1
    said = capsys.readouterr()
    assert "mappings/hooked.yaml:34:15: error[DV201]" in said.err
    assert "unproven[EV404]: the base does not compile and the rules differ in event 'changed'" in said.out
    assert "output[EV411]: /note was 'remark' and is 'remark | trim' in event 'item'" in said.out
