"""Each folder is a case: raw bytes, and the canonical events or the quarantine that they become.

`make golden VENDOR=<id>` writes what is expected anew; read the difference before it is committed.
"""

from __future__ import annotations

import json
import os
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from generated.registry import REGISTRY
from generated.runtime.exact_json import parse
from tests.golden.cases import deliver, normalize, sent, text_of

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / "dvss" / "examples"
CASES = sorted(path.parent for path in HERE.glob("*/*/*/raw.json"))


def mapped_events() -> list[tuple[str, str]]:
    """Every vendor's events that have a mapping."""
    profiles = [profile for name in REGISTRY.vendor_ids() if (profile := REGISTRY.vendor(name)) is not None]
    return [(profile.vendor_id, event_type) for profile in profiles for event_type in profile.events]


EVENTS = mapped_events()
EXAMPLES = [path for vendor, event in EVENTS if (path := FOLDER / vendor / f"{event}.json").exists()]


def compare(expected: Path, document: Any) -> None:
    """What came of a case is what its file says; None is no file."""
    if os.environ.get("DVSS_UPDATE"):
        expected.unlink(missing_ok=True)
        if document is not None:
            expected.write_text(text_of(document), encoding="utf-8")
    found = expected.read_text(encoding="utf-8") if expected.exists() else None
    name = expected.relative_to(HERE.parent.parent)
    vendor = name.parts[2]
    way_out = f"If that is right, `make golden VENDOR={vendor}` writes it; read the difference before you commit it."
    assert found is not None or document is None, f"{name} is missing: it would be\n{text_of(document)}{way_out}"
    assert found is None or document is not None, f"{name} is no longer what comes of it. {way_out}"
    assert found is None or found == text_of(document), f"{name} differs. {way_out}"


@pytest.mark.parametrize("case", CASES, ids=[str(case.relative_to(HERE)) for case in CASES])
def test_case(case: Path) -> None:
    vendor_id, event_type = case.relative_to(HERE).parts[:2]
    sent = case / "headers.json"
    headers = json.loads(sent.read_bytes()) if sent.exists() else {}
    if REGISTRY.vendor(vendor_id) is None:
        pytest.fail(
            f"There is no compiled mapping of {vendor_id}: finish mappings/{vendor_id}.yaml, then `make codegen`."
        )
    results = list(map(normalize, deliver(vendor_id, event_type, (case / "raw.json").read_bytes(), headers)))
    canonical = [one.canonical for one in results if one.canonical is not None]
    quarantined = [one.quarantine for one in results if one.quarantine is not None]
    # The one that came of it first: its message shows what that is.
    whole = quarantined if len(results) > 1 and quarantined else next(iter(quarantined), None)
    compare(case / "quarantine.json", whole)
    compare(case / "canonical.json", list(chain(*canonical)) if canonical else None)


@pytest.mark.parametrize("example", EXAMPLES, ids=[str(example.relative_to(FOLDER)) for example in EXAMPLES])
def test_an_example_becomes_the_canonical_events_beside_it(example: Path) -> None:
    vendor_id, event_type = example.parent.name, example.stem
    arrivals = deliver(vendor_id, event_type, sent(vendor_id, event_type, example.read_bytes()))
    canonical = [data for arrival in arrivals for data in normalize(arrival).canonical or ()]
    expected = example.with_name(f"{event_type}.canonical.json")
    # These are pages to read, with white space of their own.
    if not expected.exists() or parse(expected.read_bytes()) != canonical:
        compare(expected, canonical)


@pytest.mark.parametrize(("vendor_id", "event_type"), EVENTS, ids=["-".join(event) for event in EVENTS])
def test_every_mapped_event_has_a_case_that_maps_and_one_that_does_not(vendor_id: str, event_type: str) -> None:
    cases = HERE / vendor_id / event_type
    for outcome, name in (("canonical", "as-sent"), ("quarantine", "invalid-missing-member")):
        assert list(cases.glob(f"*/{outcome}.json")), (
            f"No golden case of {vendor_id}'s event {event_type} has a {outcome}.json. Write what the vendor sends to "
            f"tests/golden/{vendor_id}/{event_type}/{name}/raw.json (see tests/golden/README.md); "
            f"then `make golden VENDOR={vendor_id}` writes what it becomes."
        )
