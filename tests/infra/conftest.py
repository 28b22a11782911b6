from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from tests.infra import emulator
from tests.infra.noting import noting_tree
from tests.infra.plans import Plan, application_outputs, network_outputs, stateful_outputs
from tests.infra.terraform import (
    COMPONENTS,
    MODULES,
    PUBLIC_URL,
    ROOT,
    STATES,
    Tree,
    clean_environment,
    copy_tree,
    state_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

PLANNED: dict[str, dict[str, list[str]]] = {
    "01-network": {"prod": ["-var=enable_vpc=true"]},
    "02-stateful-resources": {"dev": [], "prod": []},
    "03-application": {"dev": [], "prod": [f"-var=public_url={PUBLIC_URL}"]},
    "04-observability": {"dev": []},
}
"""Stages of each component, with what is said besides their files, so that both ways of each choice are seen."""

type Once = Callable[[str, Callable[[Path], None]], Path]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Has a folder filled once in a run, however many processes share its tests."""
    base = tmp_path_factory.getbasetemp()
    base = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base

    def filled(name: str, fill: Callable[[Path], None]) -> Path:
        folder, done = base / name, base / f"{name}.done"
        with (base / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)
                fill(folder)
                done.touch()
        return folder

    return filled


@pytest.fixture(scope="session")
def plugin_options() -> list[str]:
    """What Terraform is told of where its providers are; nothing where it downloads them."""
    if shutil.which("terraform") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no terraform, and CI must not pass without these tests")
        pytest.skip("there is no terraform on the path")
    script = ROOT / "scripts" / "find-plugin-dir.sh"
    folder = subprocess.run([script], capture_output=True, text=True, check=True).stdout.strip()
    return [f"-plugin-dir={folder}"] if folder else []


@pytest.fixture(scope="session")
def initialized(plugin_options: list[str], once: Once) -> Tree:
    """A copy whose components and modules are ready for `terraform validate` and `terraform test`."""
    environment = clean_environment(TF_IN_AUTOMATION="1")
    folders = [f"components/{name}" for name in COMPONENTS] + [f"modules/{name}" for name in MODULES]

    def fill(folder: Path) -> None:
        tree = copy_tree(folder, environment)
        for part in folders:
            (folder / "infra" / part / "local_override.tf").unlink(missing_ok=True)
        init = ("terraform", "init", "-backend=false", "-input=false", *plugin_options)
        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(tree.run, *init, folder=f"infra/{part}") for part in folders]:
                done.result()

    return Tree(once("initialized", fill), environment)


@pytest.fixture(scope="session")
def plan_folder(plugin_options: list[str], once: Once) -> Path:
    """A copy of the tree, beside it `<component>.<stage>.json`: plans as if all below were applied."""

    def fill(folder: Path) -> None:
        with emulator.running(folder / "emulator") as reached:
            put_states(reached)
            environment = clean_environment(**reached, TERRAFORM_STATE_BUCKET=STATES)
            for option in plugin_options:
                environment["TF_PLUGIN_DIR"] = option.partition("=")[2]
            tree = copy_tree(folder / "tree", environment)

            def write(component: str) -> None:
                for stage, options in PLANNED[component].items():
                    shown = tree.plan(component, stage, *options)
                    (folder / f"{component}.{stage}.json").write_text(shown, encoding="utf-8")

            with ThreadPoolExecutor(2) as pool:
                list(pool.map(write, PLANNED))

    return once("plans", fill)


def put_states(reached: dict[str, str]) -> None:
    s3 = emulator.client("s3", reached)
    s3.create_bucket(Bucket=STATES)
    for stage in ("dev", "prod"):
        for component, outputs in {
            "01-network": network_outputs(has_vpc=stage == "prod"),
            "02-stateful-resources": stateful_outputs(stage),
            "03-application": application_outputs(stage),
        }.items():
            s3.put_object(Bucket=STATES, Key=f"dvss/{stage}/{component}.tfstate", Body=state_of(outputs))


@pytest.fixture(scope="session")
def planned(plan_folder: Path) -> dict[tuple[str, str], Plan]:
    """Plans by component and stage. In prod the functions run in a VPC."""
    return {
        (component, stage): json.loads((plan_folder / f"{component}.{stage}.json").read_text(encoding="utf-8"))
        for component, stages in PLANNED.items()
        for stage in stages
    }


@pytest.fixture(scope="session")
def tools(once: Once) -> Path:
    """The folder of the programs that look at Terraform code, in an environment of their own."""

    def fill(_: Path) -> None:
        subprocess.run([ROOT / "scripts" / "tools.sh", "infra"], check=True)

    once("tools", fill)
    return ROOT / ".tools" / "infra" / "bin"


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_tree(tmp_path_factory.mktemp("scripts") / "tree", {}).folder


@pytest.fixture
def tree(original: Path, tmp_path: Path) -> Tree:
    """A copy in which `terraform` notes what it is called with."""
    return noting_tree(original, tmp_path)
