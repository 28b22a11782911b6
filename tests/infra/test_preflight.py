"""What is refused before Terraform runs."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from tests.infra.noting import COMMANDS, calls, refusal

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.infra.terraform import Tree

EVERYWHERE = pytest.mark.parametrize(
    "command", [["scripts/deploy.sh", "{}"], *([one, "{}", "apply"] for one in COMMANDS)]
)


@EVERYWHERE
def test_without_the_states_bucket_nothing_runs(tree: Tree, command: list[str]) -> None:
    said = refusal(tree, *(word.format("dev") for word in command), TERRAFORM_STATE_BUCKET="")
    assert "TERRAFORM_STATE_BUCKET is not set" in said


@EVERYWHERE
def test_an_environment_that_is_not_there_is_refused(tree: Tree, command: list[str]) -> None:
    assert "there is no environment 'stage': ENV is one of dev, prod" in refusal(
        tree, *(word.format("stage") for word in command)
    )


@EVERYWHERE
@pytest.mark.parametrize("suffix", ["PR12", "x", "pr_12", "pr-", "12", "a-suffix-of-17-ch"])
def test_a_suffix_that_would_break_a_name_is_refused(tree: Tree, command: list[str], suffix: str) -> None:
    said = refusal(tree, *(word.format("dev") for word in command), ENVIRONMENT_SUFFIX=suffix)
    assert f"ENVIRONMENT_SUFFIX '{suffix}' cannot end names in AWS" in said


@pytest.mark.parametrize(("stage", "suffix"), [("dev", "prod"), ("dev", "prod-eu"), ("prod", "dev")])
def test_no_stage_takes_the_names_of_another(tree: Tree, stage: str, suffix: str) -> None:
    said = refusal(tree, "scripts/deploy.sh", stage, ENVIRONMENT_SUFFIX=suffix)
    assert f"ENVIRONMENT_SUFFIX '{suffix}' does not go with ENV={stage}" in said


@pytest.mark.parametrize("command", [["scripts/destroy.sh", "prod"], *([one, "prod", "destroy"] for one in COMMANDS)])
@pytest.mark.parametrize("suffix", ["prod", "prod-eu", "dev"])
def test_prod_is_not_destroyed(tree: Tree, command: list[str], suffix: str) -> None:
    assert "prod is not destroyed from here" in refusal(tree, *command, ENVIRONMENT_SUFFIX=suffix)


def test_an_action_that_is_none_is_refused(tree: Tree) -> None:
    assert "there is no action 'aply'" in refusal(tree, COMMANDS[0], "dev", "aply")
    assert "usage: infra/components/01-network/tf.sh ENV ACTION" in refusal(tree, COMMANDS[0], "dev")


@pytest.mark.parametrize("vendor", ["../acme", "acme/x", "1acme", "a" * 65, "acmé"])
def test_a_vendor_that_would_break_a_name_is_refused(tree: Tree, vendor: str) -> None:
    path = tree.folder / "generated" / "vendors.auto.tfvars.json"
    given = json.loads(path.read_text(encoding="utf-8"))
    given["vendors"][vendor] = given["vendors"]["shopify"]
    path.write_text(json.dumps(given), encoding="utf-8")
    said = refusal(tree, "scripts/deploy.sh", "dev")
    assert f"vendor id {vendor!r} cannot be part of names in AWS" in said


@pytest.mark.parametrize("text", [None, "{", "[]", '{"vendors": {}}'])
def test_variables_that_were_not_generated_are_missed(tree: Tree, text: str | None) -> None:
    path = tree.folder / "generated" / "vendors.auto.tfvars.json"
    path.unlink()
    if text is not None:
        path.write_text(text, encoding="utf-8")
    assert "run `make codegen`" in refusal(tree, "scripts/plan.sh", "dev")


def change(tree: Tree) -> None:
    with (tree.folder / "handlers" / "wire.py").open("a") as file:
        file.write("# changed\n")


def add(tree: Tree) -> None:
    (tree.folder / "handlers" / "new.py").touch()


def remove(tree: Tree) -> None:
    (tree.folder / "handlers" / "wire.py").unlink()


def generate(tree: Tree) -> None:
    with (tree.folder / "generated" / "registry.py").open("a") as file:
        file.write("# another vendor\n")


def lock(tree: Tree) -> None:
    path = tree.folder / "requirements" / "lambda.txt"
    path.write_text(
        re.sub(r"(?m)^botocore==\S+", "botocore==9.9.9", path.read_text(encoding="utf-8")), encoding="utf-8"
    )


STALE = [
    (change, "handlers/wire.py"),
    (add, "handlers/new.py"),
    (remove, "handlers/wire.py"),
    (generate, "generated/registry.py"),
    (lock, "botocore 9.9.9"),
]


@pytest.mark.parametrize(("edit", "named"), STALE, ids=[edit.__name__ for edit, _ in STALE])
@pytest.mark.parametrize(
    "command", [["scripts/deploy.sh", "dev"], [COMMANDS[2], "dev", "plan"]], ids=["deploy", "plan"]
)
def test_a_stale_zip_is_not_deployed(tree: Tree, command: list[str], edit: Callable[[Tree], None], named: str) -> None:
    edit(tree)
    said = refusal(tree, *command)
    assert "is stale in" in said
    assert named in said
    assert "run `make package`" in said


def test_a_zip_that_is_missing_or_none_is_not_deployed(tree: Tree) -> None:
    path = tree.folder / "dist" / "lambda.zip"
    path.write_bytes(b"no zip")
    assert "is no zip: run `make package`" in refusal(tree, "scripts/deploy.sh", "dev")
    path.unlink()
    assert "there is no zip at" in refusal(tree, "scripts/deploy.sh", "dev")
    other = tree.folder / "other.zip"
    assert f"there is no zip at {other}" in refusal(
        tree, COMMANDS[2], "dev", "apply", TF_VAR_lambda_zip_path="other.zip"
    )


def test_an_image_takes_no_zip(tree: Tree) -> None:
    (tree.folder / "dist" / "lambda.zip").unlink()
    tree.run(COMMANDS[2], "dev", "apply", TF_VAR_package_type="Image")
    assert calls(tree) == ["03-application apply"]


def test_every_reason_is_said_at_once(tree: Tree) -> None:
    change(tree)
    said = refusal(tree, "scripts/deploy.sh", "dev", TERRAFORM_STATE_BUCKET="", ENVIRONMENT_SUFFIX="X")
    assert len(said.splitlines()) == 3
