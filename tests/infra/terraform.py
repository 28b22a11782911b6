"""Terraform as the tests run it: on a copy of the tree, with the components' own tf.sh, against an emulator."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
COMPONENTS = tuple(sorted(path.name for path in (ROOT / "infra" / "components").iterdir()))
"""Folders of infra/components, the bootstrap too."""
DEPLOYED = tuple(name for name in COMPONENTS if name != "00-bootstrap")
MODULES = tuple(sorted(path.name for path in (ROOT / "infra" / "modules").iterdir()))
ACCOUNT = "000000000000"
REGION = "us-east-1"
STATES = "dvss-states"
PUBLIC_URL = "https://vendors.example.com"

_COPIED = ("infra", "scripts", "handlers", "requirements", "generated")
# What the emulator needs of a client, and production does not; `*_override.tf` is never committed.
_OVERRIDE = """\
terraform {
  backend "s3" {
    use_path_style = true
  }
}

provider "aws" {
  max_retries       = 2
  s3_use_path_style = true
}
"""
_BILLING_OVERRIDE = """\
provider "aws" {
  alias       = "billing"
  max_retries = 2
}
"""
_REMOTE_STATE = re.compile(r'data "terraform_remote_state" "(\w+)" \{.*?key += ("[^\n]*")', re.DOTALL)
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


class TerraformError(Exception):
    """Terraform said no; the message is what it said."""


@dataclass(frozen=True)
class Tree:
    """A copy of what Terraform reads, with a zip of its handlers, and the variables that a run of it is given."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str, folder: str = ".", **environment: str) -> str:
        """What the command prints, run in a folder of the copy."""
        done = subprocess.run(
            command,
            cwd=self.folder / folder,
            env=self.environment | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise TerraformError(done.stdout + done.stderr)
        return done.stdout

    def plan(self, component: str, stage: str, *options: str) -> str:
        """The plan of a component by its own tf.sh, as `terraform show -json` prints it."""
        file = str(self.folder / f"{component}.{stage}.plan")
        self.run(f"infra/components/{component}/tf.sh", stage, "plan", "-no-color", f"-out={file}", *options)
        data = {"TF_DATA_DIR": f".terraform/{stage}"}
        return self.run("terraform", "show", "-json", file, folder=f"infra/components/{component}", **data)


def copy_tree(folder: Path, environment: dict[str, str]) -> Tree:
    """A copy in ``folder``, which must not exist yet."""
    for name in _COPIED:
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns(".terraform*", "*_override.tf", "__pycache__")
        )
    (folder / ".venv").symlink_to(ROOT / ".venv")
    for component in COMPONENTS:
        write_override(folder / "infra" / "components" / component)
    write_zip(folder)
    return Tree(folder, environment)


def write_override(component: Path) -> None:
    remote = component / "remote.tf"
    states = _REMOTE_STATE.findall(remote.read_text(encoding="utf-8")) if remote.exists() else ()
    parts = [_OVERRIDE] + ([_BILLING_OVERRIDE] if component.name == "04-observability" else [])
    for name, key in states:
        config = f"bucket = var.state_bucket\n    key = {key}\n    region = var.region\n    use_path_style = true"
        parts.append(f'data "terraform_remote_state" "{name}" {{\n  config = {{\n    {config}\n  }}\n}}\n')
    (component / "local_override.tf").write_text("\n".join(parts), encoding="utf-8")


def write_zip(folder: Path) -> Path:
    """A zip as build.sh makes it, as far as anything here looks at it."""
    path = folder / "dist" / "lambda.zip"
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as archive:
        for source in sorted((folder / "handlers").rglob("*.py")):
            archive.write(source, source.relative_to(folder))
        archive.write(folder / "generated" / "registry.py", "generated/registry.py")
        for name, version in _LOCKED.findall((folder / "requirements" / "lambda.txt").read_text(encoding="utf-8")):
            archive.writestr(f"{name.replace('-', '_')}-{version}.dist-info/METADATA", "")
    return path


def state_of(outputs: dict[str, Any]) -> bytes:
    """A state that holds nothing but outputs."""
    held = {name: {"value": value, "type": _type(value)} for name, value in outputs.items()}
    return json.dumps({"version": 4, "serial": 1, "lineage": "tests", "outputs": held, "resources": []}).encode()


def _type(value: Any) -> Any:
    match value:
        case dict():
            return ["object", {name: _type(one) for name, one in value.items()}]
        case list():
            return ["tuple", [_type(one) for one in value]]
        case bool():
            return "bool"
        case int():
            return "number"
    return "string"


def clean_environment(**more: str) -> dict[str, str]:
    """The caller's environment without what would bring Terraform to a real account."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_"))}
    return kept | more
