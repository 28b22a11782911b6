"""Whether an action of Terraform may run at all: every reason why not, before anything is touched.

Called by scripts/terraform.sh for one component and by the scripts behind `make deploy | plan | destroy` for all of
them, so that a stale zip is found before the first component is applied. Needs nothing but Python's own library.
"""

from __future__ import annotations

import importlib.util
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
        if action in ("plan", "apply") and os.environ.get("TF_VAR_package_type", "Zip") == "Zip":
            yield from zip_problems(Path(os.environ.get("TF_VAR_lambda_zip_path") or ROOT / "dist" / "lambda.zip"))


def suffix_problems(stage: str, suffix: str) -> Iterator[str]:
    """What is wrong with the suffix; one of prod is never used for another stage, nor the other way round."""
    if not SUFFIX.fullmatch(suffix):
        yield (
            f"ENVIRONMENT_SUFFIX {suffix!r} cannot end names in AWS: it has 2 to 16 lower-case letters, digits and "
            "hyphens, starts with a letter and does not end in a hyphen"
        )
    elif (stage == "prod") != (suffix == "prod" or suffix.startswith("prod-")):
        yield f"ENVIRONMENT_SUFFIX {suffix!r} does not go with ENV={stage}: prod or prod-… is for prod, and for it alone"


def vendor_problems(path: Path) -> Iterator[str]:
    """What in the generated variables would break a resource's name."""
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        vendors, plans = found["vendors"], found["usage_plans"]
    except (OSError, ValueError, KeyError):
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


def zip_problems(path: Path) -> Iterator[str]:
    """What in the zip differs from the sources beside it."""
    try:
        with zipfile.ZipFile(path) as archive:
            stale = [name for name in sources() if not holds(archive, name)]
    except FileNotFoundError:
        yield f"there is no zip at {path}: run `make package`"
        return
    except zipfile.BadZipFile:
        yield f"{path} is no zip: run `make package`"
        return
    if stale:
        listed = ", ".join(stale[:3]) + (f" and {len(stale) - 3} more" if len(stale) > 3 else "")  # noqa: PLR2004
        yield f"the zip at {path} is stale: it differs from {listed}. Run `make package`"


def sources() -> list[str]:
    """The modules that a zip holds, as paths from the root."""
    return sorted(
        path.relative_to(ROOT).as_posix() for package in ("generated", "handlers") for path in (ROOT / package).rglob("*.py")
    )


def holds(archive: zipfile.ZipFile, name: str) -> bool:
    """Whether the zip has the module as it is now: its source, or bytecode that names the source's hash."""
    source = (ROOT / name).read_bytes()
    try:
        return archive.read(name) == source
    except KeyError:
        try:
            bytecode = archive.read(f"{name}c")
        except KeyError:
            return False
        return bytecode[8:16] == importlib.util.source_hash(source)


def main() -> int:
    """Print the reasons, if any; the exit code says whether there were."""
    stage, action, component = sys.argv[1:]
    found = list(problems(stage, action, component))
    for problem in found:
        print(f"{stage} {action}: {problem}", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    raise SystemExit(main())
