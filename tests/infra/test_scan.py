"""checkov finds nothing, in the text and in the plans, but what is skipped beside its resource with a reason."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests.infra.terraform import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.infra.conftest import Once

# Making plans, and starting the provider, takes its time where much else runs.
pytestmark = pytest.mark.timeout(900)

SKIP = re.compile(r"#checkov:skip=(\w+):(.+)")
FIXED = {
    "CKV2_AWS_4", "CKV2_AWS_53", "CKV2_AWS_61", "CKV_AWS_115", "CKV_AWS_217", "CKV_AWS_237", "CKV_AWS_28",
    "CKV_AWS_300", "CKV_AWS_364", "CKV_AWS_50", "CKV_AWS_73", "CKV_AWS_76",
}  # fmt: skip
"""What is to be put right and never skipped."""


def scan(tools: Path, report: Path, *options: str) -> None:
    report.parent.mkdir()
    command = [str(tools / "checkov"), "--skip-download", "--compact", "--output", "json", *options]
    with report.open("wb") as file:
        subprocess.run(command, cwd=ROOT, stdout=file, stderr=subprocess.PIPE, check=False)


def findings(report: dict[str, Any]) -> list[str]:
    assert report["summary"]["parsing_errors"] == 0
    assert report["summary"]["passed"] > 100
    return [f"{one['check_id']} {one['check_name']}: {one['resource']}" for one in report["results"]["failed_checks"]]


@pytest.fixture(scope="module")
def of_text(tools: Path, once: Once) -> dict[str, Any]:
    options = ("--framework", "terraform", "--directory", "infra")
    folder = once("scan-of-text", lambda folder: scan(tools, folder / "report.json", *options))
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


@pytest.fixture(scope="module")
def of_plans(plan_folder: Path, tools: Path, once: Once) -> dict[str, Any]:
    files = sorted(str(path) for path in plan_folder.glob("*.json"))
    assert len(files) == 6
    skips_from = ("--repo-root-for-plan-enrichment", str(plan_folder / "tree" / "infra"))
    options = ("--framework", "terraform_plan", *skips_from, "--file", *files)
    folder = once("scan-of-plans", lambda folder: scan(tools, folder / "report.json", *options))
    report: dict[str, Any] = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    return report


def test_nothing_is_found_in_the_text(of_text: dict[str, Any]) -> None:
    assert findings(of_text) == []


def test_nothing_is_found_in_the_plans(of_plans: dict[str, Any]) -> None:
    assert findings(of_plans) == []


def skips() -> list[tuple[str, str, str]]:
    return [
        (path.relative_to(ROOT).as_posix(), check, reason)
        for path in sorted((ROOT / "infra").rglob("*.tf"))
        if ".terraform" not in path.parts
        for check, reason in SKIP.findall(path.read_text(encoding="utf-8"))
    ]


def test_every_skip_has_a_reason_and_none_is_of_what_must_be_put_right() -> None:
    found = skips()
    assert found
    assert [(path, check) for path, check, reason in found if len(reason.split()) < 8] == []
    assert {check for _, check, _ in found} & FIXED == set()


def test_every_skip_is_of_something_that_would_be_found(of_text: dict[str, Any], of_plans: dict[str, Any]) -> None:
    skipped = {
        (one["check_id"], one["check_result"]["suppress_comment"])
        for report in (of_text, of_plans)
        for one in report["results"]["skipped_checks"]
    }
    assert {(check, reason) for _, check, reason in skips()} == skipped
