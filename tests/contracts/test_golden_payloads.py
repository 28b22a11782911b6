"""A golden case's name says whether its payload fits the vendor's schema."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from generated.registry import REGISTRY
from tests.contracts.documents import ROOT, schemas, validator
from tests.golden.cases import deliver

if TYPE_CHECKING:
    from pathlib import Path

GOLDEN = ROOT / "tests" / "golden"
SCHEMAS = {
    f"{profile.vendor_id}/{event_type}": f"{versions[0].payload_schema}.schema.json"
    for profile in filter(None, map(REGISTRY.vendor, REGISTRY.vendor_ids()))
    for event_type, versions in profile.events.items()
    if len(versions) == 1 and f"{versions[0].payload_schema}.schema.json" in schemas()
}
"""The payload's schema of each event; left out are several side by side, and those that stand inside a mapping."""
RAW = [path for event in SCHEMAS for path in sorted((GOLDEN / event).glob("*/raw.json"))]


@pytest.mark.parametrize("event", SCHEMAS)
def test_every_event_has_good_and_bad_cases(event: str) -> None:
    invalid = [path.name.startswith("invalid-") for path in (GOLDEN / event).iterdir()]
    assert set(invalid) == {True, False}


@pytest.mark.parametrize("path", RAW, ids=lambda path: path.parent.relative_to(GOLDEN).as_posix())
def test_a_case_is_invalid_when_its_name_says_so(path: Path) -> None:
    vendor, event, case = path.parent.relative_to(GOLDEN).parts
    payloads = [arrival.delivery.payload for arrival in deliver(vendor, event, path.read_bytes())]
    is_valid = validator(SCHEMAS[f"{vendor}/{event}"]).is_valid
    assert all(map(is_valid, payloads)) is not case.startswith("invalid-")
