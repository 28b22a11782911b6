"""Writes the software bill of materials of a lock as CycloneDX 1.6 in JSON.

One lists what runs in the functions (``lambda``), one what a developer's machine has (``dev``). The same lock gives the
same bytes: no time, no serial number. Licences are those that the packages of .venv state; of a package that is not for
this machine none is known.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from locks import ROOT, normal, read

if TYPE_CHECKING:
    from locks import Locked

LONGEST_LICENSE = 60
"""In characters; some packages put a whole licence where its name belongs."""


def bill(lock: str) -> dict[str, Any]:
    """The bill of requirements/``lock``.txt."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    packages = sorted(read(ROOT / "requirements" / f"{lock}.txt").values(), key=lambda one: one.name)
    ours = f"pkg:generic/{project['name']}@{project['version']}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "bom-ref": ours,
                "type": "application",
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"expression": project["license"]}],
            },
            "properties": [{"name": "dvss:lock", "value": f"requirements/{lock}.txt"}],
        },
        "components": [_component(one) for one in packages],
        "dependencies": _dependencies(ours, packages),
    }


def _purl(package: Locked) -> str:
    return f"pkg:pypi/{package.name}@{package.version}"


def _component(package: Locked) -> dict[str, Any]:
    url = f"https://pypi.org/project/{package.name}/{package.version}/"
    files = [{"alg": "SHA-256", "content": digest} for digest in sorted(package.hashes)]
    component: dict[str, Any] = {
        "bom-ref": _purl(package),
        "type": "library",
        "name": package.name,
        "version": package.version,
        "purl": _purl(package),
        # The lock allows any of these files, a component's own hash would name one.
        "externalReferences": [{"type": "distribution", "url": url, "hashes": files}],
    }
    if licenses := _licenses(package):
        component["licenses"] = licenses
    if package.marker:
        component["properties"] = [{"name": "dvss:marker", "value": package.marker}]
    return component


def _licenses(package: Locked) -> list[dict[str, Any]]:
    """As the package states them: an SPDX expression, or names. Raises ValueError where .venv has another version."""
    try:
        stated = metadata(package.name)
    except PackageNotFoundError:
        return []
    if stated["Version"] != package.version:
        message = f".venv has {package.name} {stated['Version']}, the lock {package.version}; run `make setup`"
        raise ValueError(message)
    if expression := stated.get("License-Expression"):
        return [{"expression": expression}]
    classifiers = [one for one in stated.get_all("Classifier") or () if one.startswith("License :: ")]
    named = [one.rpartition(" :: ")[2] for one in classifiers if one != "License :: OSI Approved"]
    text = (stated.get("License") or "").strip()
    if not named and text and "\n" not in text and len(text) <= LONGEST_LICENSE:
        named = [text]
    return [{"license": {"name": name}} for name in sorted(set(named))]


def _dependencies(ours: str, packages: list[Locked]) -> list[dict[str, Any]]:
    """Who asked for what, as the lock notes it."""
    wants: dict[str, list[str]] = {ours: []} | {_purl(one): [] for one in packages}
    purls = {one.name: _purl(one) for one in packages}
    for one in packages:
        for by in one.asked_by:
            asking = ours if by.startswith("-r ") else purls.get(normal(by.partition("[")[0]))
            if asking is not None:
                wants[asking].append(_purl(one))
    return [{"ref": ref, "dependsOn": sorted(set(wanted))} for ref, wanted in sorted(wants.items())]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lock", choices=("lambda", "dev"), help="the lock whose packages are listed")
    parser.add_argument("--output", type=Path, required=True, help="the file to write")
    options = parser.parse_args()
    try:
        document = bill(options.lock)
    except ValueError as error:
        print(f"sbom: {error}", file=sys.stderr)
        return 1
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
