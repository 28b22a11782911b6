"""In which order the scripts run Terraform, and with what."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.infra.noting import COMMANDS, calls, forget, lines
from tests.infra.terraform import DEPLOYED, ROOT, TerraformError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.infra.terraform import Tree


def outputs(tree: Tree, of: Mapping[str, Mapping[str, object]]) -> None:
    for component, values in of.items():
        path = tree.folder.parent / "outputs" / f"{component}.json"
        path.write_text(json.dumps({name: {"value": value} for name, value in values.items()}), encoding="utf-8")


def test_a_deployment_applies_from_the_first_to_the_last_and_publishes(tree: Tree) -> None:
    outputs(tree, {"01-network": {"subnet_ids": []}, "03-application": {"stage": "pr12", "usage_plan_ids": {"a": "b"}}})
    tree.run("scripts/deploy.sh", "dev", ENVIRONMENT_SUFFIX="pr12")
    assert calls(tree) == [
        *(f"{component} apply" for component in DEPLOYED),
        *(f"{component} output" for component in DEPLOYED),
        "dvss publish",
    ]
    merged = json.loads((tree.folder / "dist" / "outputs.pr12.json").read_text(encoding="utf-8"))
    assert merged == {"subnet_ids": [], "stage": "pr12", "usage_plan_ids": {"a": "b"}}
    log = "\n".join(lines(tree))
    assert "dvss publish --deployment dist/outputs.pr12.json" in log
    assert "-backend-config=key=dvss/pr12/03-application.tfstate" in log


def test_two_components_cannot_give_one_name(tree: Tree) -> None:
    outputs(tree, {"01-network": {"stage": "a"}, "03-application": {"stage": "b"}})
    with pytest.raises(TerraformError, match="two components have an output 'stage'"):
        tree.run("scripts/outputs.sh", "dev")


def test_values_come_from_the_stage_and_the_component(tree: Tree) -> None:
    for command in COMMANDS[1:3]:
        tree.run(command, "prod", "plan", "-detailed-exitcode")
    stateful, application = (line.replace(f"{tree.folder}/", "") for line in lines(tree) if " plan " in line)
    files = "infra/environments/prod.tfvars", "infra/environments/prod.02-stateful-resources.tfvars"
    assert stateful == f"02-stateful-resources plan -var-file={files[0]} -var-file={files[1]} -detailed-exitcode"
    assert "-var-file=generated/vendors.auto.tfvars.json" in application


def test_the_first_plan_ends_where_nothing_is_applied_yet(tree: Tree) -> None:
    tree.run("scripts/plan.sh", "dev")
    assert [one for one in calls(tree) if "plan" in one] == ["01-network plan", "02-stateful-resources plan"]
    outputs(tree, {"02-stateful-resources": {"stage": "a"}, "03-application": {"stage": "b"}})
    forget(tree)
    tree.run("scripts/plan.sh", "dev")
    assert [one for one in calls(tree) if "plan" in one] == [f"{component} plan" for component in DEPLOYED]


def test_destroying_goes_from_the_last_to_the_first(tree: Tree) -> None:
    written = tree.folder / "dist" / "outputs.dev.json"
    written.write_text("{}", encoding="utf-8")
    tree.run("scripts/destroy.sh", "dev")
    assert calls(tree) == ["03-application output", *(f"{component} destroy" for component in reversed(DEPLOYED))]
    assert not written.exists()


def test_the_bucket_of_the_states_is_made_once_and_keeps_its_own_state(tree: Tree) -> None:
    tree.run("scripts/bootstrap.sh", "dev", INIT_SAYS='S3 bucket "states" does not exist.')
    log = lines(tree)
    migrated = "-migrate-state -force-copy -backend-config=bucket=states -backend-config=key=dvss/00-bootstrap.tfstate"
    assert [line.split()[1] for line in log] == ["init", "init", "apply", "init"]
    assert migrated in log[-1]
    assert not (tree.folder / "infra" / "components" / "00-bootstrap" / "state_on_disk_override.tf").exists()
    forget(tree)
    tree.run("scripts/bootstrap.sh", "dev")
    log = lines(tree)
    assert [line.split()[1] for line in log] == ["init", "apply"]


def test_a_bucket_that_cannot_be_reached_is_not_made_anew(tree: Tree) -> None:
    with pytest.raises(TerraformError, match="AccessDenied"):
        tree.run("scripts/bootstrap.sh", "dev", INIT_SAYS="AccessDenied")
    assert calls(tree) == []


def test_a_plugin_folder_is_found_by_the_version_that_is_used(tree: Tree) -> None:
    assert tree.run("scripts/find-plugin-dir.sh", TF_PLUGIN_DIR="/mirror") == "/mirror\n"
    script = (ROOT / "scripts" / "find-plugin-dir.sh").read_text(encoding="utf-8")
    assert "5.100" not in script
