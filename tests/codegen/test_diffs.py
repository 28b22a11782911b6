"""What a reviewer sees when one rule of a mapping changes: that rule, and digests.

Each `diffs/<change>.diff` is the whole difference of everything generated. `DVSS_UPDATE=1` writes them anew.
"""

from __future__ import annotations

import os
import re
from difflib import unified_diff
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from codegen.compiler import compile_project
from codegen.source import read_sources

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
HERE = Path(__file__).parent / "diffs"
MAPPING = "mappings/square.yaml"
DIGEST = re.compile(r"[0-9a-f]{64}")

MATCH = """\
    locationId:
      match: data.object.payment.source_type or omit
      cases:
        CARD: online
      else: omit
    orderId: data.object.payment.order_id
"""
CHANGES = {
    "changed_path": ("      sku: catalog_object_id\n", "      sku: location_id\n"),
    "changed_step": ("calculated_at | timestamp\n", "calculated_at | trim | timestamp or omit\n"),
    "changed_constant": ("          CANCELED: CANCELLED\n", "          CANCELED: FAILED\n"),
    "rule_at_the_top": (
        "    paymentId: data.object.payment.id\n",
        "    locationId: data.object.payment.location_id\n    paymentId: data.object.payment.id\n",
    ),
    "match_at_the_top": ("    orderId: data.object.payment.order_id\n", MATCH),
}


def generated(mapping: str) -> Mapping[str, str]:
    result = compile_project(read_sources(ROOT) | {MAPPING: mapping})
    assert not result.failed, result.diagnostics
    # Below contracts/ lie copies of what people wrote: the change itself.
    return {path: text for path, text in result.files.items() if not path.startswith("generated/contracts/")}


def mapping_without(rule: str) -> str:
    return (ROOT / MAPPING).read_text(encoding="utf-8").replace(rule, "")


@cache
def before(name: str) -> Mapping[str, str]:
    """What is generated before the change; for the inserted rule, without it."""
    return generated(mapping_without("    locationId: data.object.payment.location_id\n" if "top" in name else ""))


@pytest.mark.parametrize("name", CHANGES)
def test_only_the_changed_rule_changes(name: str) -> None:
    old, new = CHANGES[name]
    source = mapping_without("    locationId: data.object.payment.location_id\n" if "top" in name else "")
    assert old in source
    first, second = before(name), generated(source.replace(old, new, 1))
    assert first.keys() == second.keys()
    lines: list[str] = []
    for path in sorted(first):
        old_text, new_text = (DIGEST.sub("<digest>", files[path]) for files in (first, second))
        changed_digests = sum(
            one != other
            for one, other in zip(first[path].splitlines(), second[path].splitlines(), strict=False)
            if DIGEST.search(one)
        )
        lines += unified_diff(old_text.splitlines(keepends=True), new_text.splitlines(keepends=True), path, path, n=1)
        if first[path] != second[path]:
            lines.append(f"# digests changed in {path}: {'yes' if changed_digests else 'no'}\n")
    found = "".join(lines)
    expected = HERE / f"{name}.diff"
    if os.environ.get("DVSS_UPDATE"):
        HERE.mkdir(exist_ok=True)
        expected.write_text(found, encoding="utf-8")
    assert found == expected.read_text(encoding="utf-8")
