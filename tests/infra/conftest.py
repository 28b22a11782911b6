from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import BotoCoreError

from tests.infra.noting import noting_tree
from tests.infra.plans import Plan, application_outputs, network_outputs, stateful_outputs
from tests.infra.terraform import (
    COMPONENTS,
    MODULES,
    PUBLIC_URL,
    REGION,
    ROOT,
    STATES,
    Tree,
    clean_environment,
    copy_tree,
    state_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STAGES = ("dev", "prod")
START_SECONDS = 30
IN_PROD = {"01-network": ["-var=enable_vpc=true"], "03-application": [f"-var=public_url={PUBLIC_URL}"]}
"""What is planned in prod besides its files, so that both ways are seen."""


@pytest.fixture(scope="session")
def _terraform() -> str:
    found = shutil.which("terraform")
    if found is None:
        if os.environ.get("CI") == "true":
            pytest.fail("there is no terraform, and CI must not pass without these tests")
        pytest.skip("there is no terraform on the path")
    return found


@pytest.fixture(scope="session")
def plugin_folder(_terraform: str) -> str:
    """Where providers are installed from; empty: from the network."""
    script = ROOT / "scripts" / "find-plugin-dir.sh"
    return subprocess.run([script], capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture(scope="session")
def initialized(plugin_folder: str, tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A copy whose components and modules are ready for `terraform validate` and `terraform test`."""
    tree = copy_tree(tmp_path_factory.mktemp("infra") / "tree", clean_environment(TF_IN_AUTOMATION="1"))
    options = [f"-plugin-dir={plugin_folder}"] if plugin_folder else []
    folders = [f"components/{name}" for name in COMPONENTS] + [f"modules/{name}" for name in MODULES]
    for folder in folders:
        (tree.folder / "infra" / folder / "local_override.tf").unlink(missing_ok=True)
    with ThreadPoolExecutor(2) as pool:
        init = ("terraform", "init", "-backend=false", "-input=false", *options)
        for done in [pool.submit(tree.run, *init, folder=f"infra/{folder}") for folder in folders]:
            done.result()
    return tree


@pytest.fixture(scope="session")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """The variables that bring a client to an emulator: plans ask it for the account, and for the states."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("emulator")
    variables = clean_environment(
        BIND_HOST="127.0.0.1", GATEWAY_PORT=str(port), IOT_MTLS_ENABLED="0", HOME=str(folder), TMPDIR=str(folder)
    )
    reached = {
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "tests",
        "AWS_SECRET_ACCESS_KEY": "tests",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"], cwd=folder, env=variables, stdout=log, stderr=log
        )
        try:
            _wait(reached)
            yield reached
        finally:
            process.terminate()
            process.wait(10)


def client(service: str, reached: dict[str, str]) -> Any:
    return boto3.client(
        service,
        endpoint_url=reached["AWS_ENDPOINT_URL"],
        region_name=REGION,
        aws_access_key_id=reached["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=reached["AWS_SECRET_ACCESS_KEY"],
        config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}),
    )


def _wait(reached: dict[str, str]) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            client("s3", reached).create_bucket(Bucket=STATES)
        except BotoCoreError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)
        else:
            return


@pytest.fixture(scope="session")
def plan_tree(plugin_folder: str, emulator: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A copy whose tf.sh plan on the emulator, as if all below were applied. In prod the functions run in a VPC."""
    s3 = client("s3", emulator)
    for stage in STAGES:
        for component, outputs in {
            "01-network": network_outputs(has_vpc=stage == "prod"),
            "02-stateful-resources": stateful_outputs(stage),
            "03-application": application_outputs(stage),
        }.items():
            s3.put_object(Bucket=STATES, Key=f"dvss/{stage}/{component}.tfstate", Body=state_of(outputs))
    variables = clean_environment(**emulator, TERRAFORM_STATE_BUCKET=STATES)
    if plugin_folder:
        variables["TF_PLUGIN_DIR"] = plugin_folder
    return copy_tree(tmp_path_factory.mktemp("plans") / "tree", variables)


@pytest.fixture(scope="session")
def planned(plan_tree: Tree) -> dict[tuple[str, str], Plan]:
    """The plan of each component by component and stage."""

    def plans(component: str) -> dict[tuple[str, str], Plan]:
        return {
            (component, "dev"): plan_tree.plan(component, "dev"),
            (component, "prod"): plan_tree.plan(component, "prod", *IN_PROD.get(component, ())),
        }

    found: dict[tuple[str, str], Plan] = {}
    with ThreadPoolExecutor(2) as pool:
        for one in pool.map(plans, [name for name in COMPONENTS if name != "00-bootstrap"]):
            found |= one
    return found


@pytest.fixture(scope="session")
def tools() -> str:
    """The folder of the programs that look at Terraform code, in an environment of their own."""
    subprocess.run([ROOT / "scripts" / "infra-tools.sh"], check=True)
    return str(ROOT / ".tools" / "infra" / "bin")


@pytest.fixture(scope="session")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_tree(tmp_path_factory.mktemp("scripts") / "tree", {}).folder


@pytest.fixture
def tree(original: Path, tmp_path: Path) -> Tree:
    """A copy in which `terraform` notes what it is called with."""
    return noting_tree(original, tmp_path)
