"""Deploys to an emulator as anybody deploys: the package's build, the scripts behind make, the components unchanged.

Terraform runs in a copy, so that what a test needs of the provider is in no file of the repository.
"""

import json
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.emulator.launch import Emulator

ROOT = Path(__file__).resolve().parents[2]
STATE_BUCKET = "dvss-terraform-state-e2e"
STAGE = "dev"
_NOT_COPIED = (
    ".git",
    ".venv",
    ".tools",
    "tests",
    "docs",
    "dist",
    "build",
    ".data",
    ".*cache*",
    "__pycache__",
    ".terraform",
)
# An emulator answers at once or never: the provider's own patience is minutes for a call that is not there.
_OVERRIDE = """\
provider "aws" {
  max_retries       = 2
  s3_use_path_style = true
}
"""
_DRIFT = 2
_CHANGE = re.compile(r"^  # (\S+ (?:will|must) be .*)$", re.MULTILINE)


class DeploymentError(Exception):
    """A script has failed; the message ends with what it said."""


@dataclass(frozen=True)
class Deployment:
    """A copy of the repository from which the emulator is deployed to."""

    folder: Path
    environment: dict[str, str]

    @property
    def outputs(self) -> Path:
        return self.folder / "dist" / f"outputs.{STAGE}.json"

    def prepare(self) -> None:
        """Copy the repository; its scripts reach the emulator and nothing else."""
        self.environment.update(_plugin_folder())
        shutil.copytree(ROOT, self.folder, ignore=shutil.ignore_patterns(*_NOT_COPIED), symlinks=True)
        (self.folder / ".venv").symlink_to(ROOT / ".venv")
        for component in (self.folder / "infra" / "components").iterdir():
            (component / "local_override.tf").write_text(_OVERRIDE, encoding="utf-8")

    def bootstrap(self) -> None:
        self._run("scripts/bootstrap.sh", STAGE, seconds=180)

    def deploy(self) -> None:
        self._run("scripts/deploy.sh", STAGE, seconds=900)

    def plan(self) -> list[str]:
        """What a plan of what is deployed would change; each line names a resource and says what would be done."""
        changes = []
        for component in self._components():
            script = f"infra/components/{component}/tf.sh"
            options = ("-detailed-exitcode", "-no-color")
            plan = self._run(script, STAGE, "plan", *options, seconds=180, accepted=(0, _DRIFT))
            if "\nNo changes." not in plan:
                changes += _CHANGE.findall(plan) or [plan]
        return changes

    def refused_gateway_document(self) -> list[str]:
        """Empty if an apply fails, by name, on a document that says what the import would drop."""
        path = self.folder / "generated" / "gateway.json"
        before = path.read_text(encoding="utf-8")
        document = json.loads(before)
        document["paths"]["/v1/health"]["get"]["x-amazon-apigateway-auth"] = {"type": "AWS_IAM"}
        path.write_text(json.dumps(document), encoding="utf-8")
        try:
            self._run("infra/components/03-application/tf.sh", STAGE, "apply", "-no-color", seconds=180)
        except DeploymentError as error:
            named = "get/x-amazon-apigateway-auth: the import knows no such keyword" in str(error)
            return [] if named else [str(error)]
        finally:
            path.write_text(before, encoding="utf-8")
        return ["an apply took a keyword that the import does not know"]

    def destroy(self) -> None:
        self._run("scripts/destroy.sh", STAGE, seconds=600)

    def _components(self) -> list[str]:
        return sorted(path.name for path in (self.folder / "infra" / "components").iterdir() if path.name > "01")

    def _run(self, script: str, *arguments: str, seconds: float, accepted: tuple[int, ...] = (0,)) -> str:
        return run(
            [str(self.folder / script), *arguments], self.folder, self.environment, seconds=seconds, accepted=accepted
        )


def package(output: Path) -> None:
    """Build the zip for this machine, whose functions the emulator runs."""
    platform = f"{os.uname().machine}-manylinux_2_28"
    run([str(ROOT / "build.sh"), "--platform", platform, "--output", str(output)], ROOT, dict(os.environ), seconds=600)


def of_repository(emulator: Emulator, folder: Path, zip_path: Path) -> Deployment:
    """A deployment of this repository to the emulator, from a copy at `folder`."""
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": os.environ["HOME"],
        "TMPDIR": str(emulator.folder),
        "TERRAFORM_STATE_BUCKET": STATE_BUCKET,
        "TF_VAR_lambda_zip_path": str(zip_path),
        **emulator.environment,
    }
    return Deployment(folder, environment)


def _plugin_folder() -> dict[str, str]:
    if shutil.which("terraform") is None:
        message = "there is no terraform on the path; the suite deploys with it: install version 1.11 or later"
        raise DeploymentError(message)
    found = run([str(ROOT / "scripts" / "find-plugin-dir.sh")], ROOT, dict(os.environ), seconds=120).strip()
    return {"TF_PLUGIN_DIR": found} if found else {}


def run(
    command: list[str], folder: Path, environment: dict[str, str], *, seconds: float, accepted: tuple[int, ...] = (0,)
) -> str:
    """What a command wrote to standard output. It and all that it started end with this call."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            said, errors = process.communicate(timeout=seconds)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            if isinstance(error, subprocess.TimeoutExpired):
                message = f"{command[0]} did not end within {seconds:.0f} s"
                raise DeploymentError(message) from None
            raise
    if process.returncode not in accepted:
        message = f"{' '.join(command)} ended with {process.returncode}:\n{said[-500:]}\n{errors[-3000:]}"
        raise DeploymentError(message)
    return said
