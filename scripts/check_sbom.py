"""Says whether bills of materials are CycloneDX, and list a lock's packages by the same names, versions and hashes.

Runs in .tools/security. How the packages are found in the lock is cyclonedx-py's own way, not that of scripts/sbom.py.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from pip_requirements_parser import RequirementsFile  # type: ignore[import-untyped]

type Listed = dict[str, tuple[str, frozenset[str]]]


def locked(path: Path) -> Listed:
    """Version and hashes of each package by its normal name."""
    return {
        re.sub(r"[-_.]+", "-", one.name).lower(): (
            one.get_pinned_version,
            frozenset(text.partition(":")[2] for text in one.hash_options),
        )
        for one in RequirementsFile.from_file(str(path)).requirements
    }


def main() -> int:
    faults = 0
    for argument in sys.argv[1:]:
        bill, _, lock = argument.partition("=")
        text = Path(bill).read_text(encoding="utf-8")
        if error := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
            print(f"{bill}: no CycloneDX 1.6: {error}", file=sys.stderr)
            faults += 1
        listed: Listed = {
            one["name"]: (
                one["version"],
                frozenset(digest["content"] for place in one["externalReferences"] for digest in place["hashes"]),
            )
            for one in json.loads(text)["components"]
        }
        if differing := sorted({name for name, _ in listed.items() ^ locked(Path(lock)).items()}):
            print(f"{bill}: not as in {lock}: {', '.join(differing)}", file=sys.stderr)
            faults += 1
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
