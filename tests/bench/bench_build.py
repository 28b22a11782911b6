"""How long a build takes: `python -m tests.bench.bench_build [vendors]`, 200 where no number is given.

Makes a project of that many vendors in a temporary folder, each with two events of 20 fields, beside this project's
canonical events and surface. Prints seconds of a cold build, of one where nothing changed, of one where one mapping
changed, and of `check`, which is always cold.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).parents[2]
FIELDS = 20


def payload(event: str) -> dict[str, Any]:
    """The schema of one event: 20 fields, of which some are texts to convert, one is an array of objects."""
    texts = {f"text_{number}": {"type": "string", "minLength": 1, "maxLength": 40} for number in range(FIELDS - 6)}
    line = {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string", "maxLength": 60}}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Payload {event}",
        "type": "object",
        "required": ["site", "item", "on_hand"],
        "properties": {
            "site": {"type": "string", "minLength": 1, "maxLength": 40},
            "item": {"type": "string", "minLength": 1, "maxLength": 60},
            "on_hand": {"type": "string", "maxLength": 20},
            "counted": {"type": ["string", "null"], "format": "date-time"},
            "state": {"type": "string", "enum": ["in", "out"]},
            "lines": {"type": "array", "maxItems": 100, "items": line},
            **texts,
        },
    }


def mapping(vendor: str, note: str) -> str:
    """One vendor's mapping."""
    events = {
        event: {
            "payload": f"vendors/{vendor}/{event}.v1.schema.json",
            "emits": "InventoryUpdated@1.0",
            "map": {
                "warehouseId": "join('-', site, text_1)" if event == "stock" else "site",
                "sku": "item | trim | upper or quarantine",
                "quantityOnHand": "on_hand | integer or quarantine",
                "countedAt": "counted or omit | timestamp",
            },
        }
        for event in ("stock", "count")
    }
    return json.dumps({
        "vendor": vendor, "name": note, "priority": 1, "authentication": {"scheme": "api-key"},
        "limits": {"requests_per_second": 10, "burst": 20}, "events": events,
    }, indent=2)  # fmt: skip


def make(folder: Path, vendors: int) -> None:
    """The contracts of the project."""
    shutil.copytree(ROOT / "openapi", folder / "openapi")
    shutil.copytree(ROOT / "schemas", folder / "schemas", ignore=shutil.ignore_patterns("vendors"))
    (folder / "mappings").mkdir()
    for number in range(vendors):
        vendor = f"vendor{number:03}"
        schemas = folder / "schemas" / "vendors" / vendor
        schemas.mkdir(parents=True)
        for event in ("stock", "count"):
            (schemas / f"{event}.v1.schema.json").write_text(json.dumps(payload(event), indent=2))
        (folder / "mappings" / f"{vendor}.yaml").write_text(mapping(vendor, "Vendor"))


def timed(folder: Path, command: str) -> float:
    """Seconds of one run of the compiler, as a user starts it."""
    started = time.perf_counter()
    run = [sys.executable, "-m", "codegen", "--root", str(folder), command]
    subprocess.run(run, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    vendors = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with TemporaryDirectory() as name:
        folder = Path(name)
        make(folder, vendors)
        print(f"{vendors} vendors, two events of {FIELDS} fields each")
        print(f"cold build          {timed(folder, 'build'):6.1f} s")
        print(f"nothing changed     {timed(folder, 'build'):6.1f} s")
        changed = folder / "mappings" / "vendor000.yaml"
        changed.write_text(mapping("vendor000", "Another name"))
        print(f"one mapping changed {timed(folder, 'build'):6.1f} s")
        print(f"check, always cold  {timed(folder, 'check'):6.1f} s")


if __name__ == "__main__":
    main()
