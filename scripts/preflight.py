"""Whether an action of Terraform may run at all: every reason why not, before anything is touched.

Called by scripts/terraform.sh for one component and by the scripts behind `make deploy | plan | destroy` for all of
them, so that a stale zip is found before the first component is applied. Needs nothing but Python's own library.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ROOT / "infra" / "environments"
VENDORS = ROOT / "generated" / "vendors.auto.tfvars.json"
APPLICATION = "03-application"
ACTIONS = ("apply", "destroy", "force-unlock", "import", "init", "output", "plan", "show", "state")
SUFFIX = re.compile(r"[a-z][a-z0-9-]{0,14}[a-z0-9]")
VENDOR_ID = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
PLAN_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
OURS = ("generated/", "handlers/")
INSTALLED = re.compile(r"([^/]+)\.dist-info/METADATA$")
LOCKED = re.compile(r"([A-Za-z0-9._-]+)==([^ ;\\]+)")
SHOWN = 3
"""Names in a message; the rest is counted."""


def problems(stage: str, action: str, component: str) -> Iterator[str]:
    """Every reason why the action may not run; ``component`` may be ``all``."""
    stages = sorted(path.stem for path in ENVIRONMENTS.glob("*.tfvars") if "." not in path.stem)
    if stage not in stages:
        yield f"there is no environment {stage!r}: ENV is one of {', '.join(stages)}"
        return
    if action not in ACTIONS:
        yield f"there is no action {action!r}: it is one of {', '.join(ACTIONS)}"
    yield from suffix_problems(stage, os.environ.get("ENVIRONMENT_SUFFIX", stage))
    if stage == "prod" and action == "destroy":
        yield "prod is not destroyed from here: its data is locked and protected, and meant to outlive mistakes"
    if not os.environ.get("TERRAFORM_STATE_BUCKET"):
        yield "TERRAFORM_STATE_BUCKET is not set: it names the bucket of the states, which `make bootstrap` makes"
    if shutil.which("terraform") is None:
        yield "there is no terraform on the path: install version 1.11 or later"
    if component in (APPLICATION, "all"):
        yield from vendor_problems(VENDORS)
        if action in ("plan", "apply") and setting(stage, "package_type", "Zip") == "Zip":
            yield from zip_problems(ROOT, Path(setting(stage, "lambda_zip_path", str(ROOT / "dist" / "lambda.zip"))))


def setting(stage: str, name: str, default: str) -> str:
    """What Terraform is given for a variable of 03-application that is a string."""
    path = ENVIRONMENTS / f"{stage}.{APPLICATION}.tfvars"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found = re.search(rf'^{name} *= *"([^"]*)"', text, re.MULTILINE)
    return found[1] if found else os.environ.get(f"TF_VAR_{name}") or default


def suffix_problems(stage: str, suffix: str) -> Iterator[str]:
    """What is wrong with the suffix; one of prod is never used for another stage, nor the other way round."""
    if not SUFFIX.fullmatch(suffix):
        yield (
            f"ENVIRONMENT_SUFFIX {suffix!r} cannot end names in AWS: it has 2 to 16 lower-case letters, digits and "
            "hyphens, starts with a letter and does not end in a hyphen"
        )
    elif (stage == "prod") != (suffix == "prod" or suffix.startswith("prod-")):
        yield f"ENVIRONMENT_SUFFIX {suffix!r} does not go with ENV={stage}: prod or prod-… is for prod and for it alone"


def vendor_problems(path: Path) -> Iterator[str]:
    """What in the generated variables would break a resource's name."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        vendors, plans = found["vendors"], found["usage_plans"]
    except (OSError, ValueError, LookupError, TypeError):
        yield f"{path.name} is missing or cannot be read: run `make codegen`"
        return
    for vendor in vendors:
        if not VENDOR_ID.fullmatch(vendor):
            yield (
                f"vendor id {vendor!r} cannot be part of names in AWS: it has 1 to 64 letters, digits, underscores "
                "and hyphens, and starts with a letter"
            )
    for plan in plans:
        if not PLAN_NAME.fullmatch(plan):
            yield f"usage plan {plan!r} cannot be part of names in AWS: run `make codegen`"


def zip_problems(root: Path, path: Path) -> Iterator[str]:
    """What in the zip is not what lies beside it: the modules, and the packages at their locked versions."""
    try:
        with zipfile.ZipFile(path) as archive:
            stale = sorted({*stale_sources(root, archive), *stale_packages(root, archive)})
    except FileNotFoundError:
        yield f"there is no zip at {path}: run `make package`"
        return
    except zipfile.BadZipFile:
        yield f"{path} is no zip: run `make package`"
        return
    if stale:
        more = f" and {len(stale) - SHOWN} more" if len(stale) > SHOWN else ""
        yield f"the zip at {path} is stale in {', '.join(stale[:SHOWN])}{more}: run `make package`"


def stale_sources(root: Path, archive: zipfile.ZipFile) -> Iterator[str]:
    """Files of ours that differ, are gone, or are not in the zip, which holds a part of generated/ alone."""
    names = {name for name in archive.namelist() if name.startswith(OURS) and not name.endswith(".pyc")}
    for name in names | {path.relative_to(root).as_posix() for path in (root / "handlers").rglob("*.py")}:
        source = root / name
        if name not in names or not source.is_file() or source.read_bytes() != archive.read(name):
            yield name


def stale_packages(root: Path, archive: zipfile.ZipFile) -> Iterator[str]:
    """Packages that are locked at another version than the zip holds."""
    installed = {found[1] for name in archive.namelist() if (found := INSTALLED.match(name))}
    for line in (root / "requirements" / "lambda.txt").read_text(encoding="utf-8").splitlines():
        if locked := LOCKED.match(line):
            name, version = locked.groups()
            if f"{name.replace('-', '_')}-{version}".lower() not in {one.lower() for one in installed}:
                yield f"{name} {version}"


def main() -> int:
    """Print the reasons, if any; the exit code says whether there were."""
    stage, action, component = sys.argv[1:]
    found = list(problems(stage, action, component))
    for problem in found:
        print(f"{stage} {action}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
