"""Each folder is a case: raw bytes, and the canonical events or the quarantine that they become.

`DVSS_UPDATE=1 pytest tests/golden` writes what is expected anew; read the difference before it is committed.
"""

from __future__ import annotations

import json
import os
from itertools import chain
from pathlib import Path

import pytest

from generated.registry import REGISTRY
from generated.runtime.exact_json import parse
from tests.golden.cases import deliver, normalize, sent, text_of

HERE = Path(__file__).parent
FOLDER = HERE.parent.parent / "dvss" / "examples"
EXAMPLES = sorted(path for path in FOLDER.glob("*/*.json") if path.with_suffix(".canonical.json").exists())
CASES = sorted(path.parent for path in HERE.glob("*/*/*/raw.json"))


@pytest.mark.parametrize("case", CASES, ids=[str(case.relative_to(HERE)) for case in CASES])
def test_case(case: Path) -> None:
    vendor_id, event_type = case.relative_to(HERE).parts[:2]
    sent = case / "headers.json"
    headers = json.loads(sent.read_bytes()) if sent.exists() else {}
    results = list(map(normalize, deliver(vendor_id, event_type, (case / "raw.json").read_bytes(), headers)))
    canonical = [one.canonical for one in results if one.canonical is not None]
    quarantined = [one.quarantine for one in results if one.quarantine is not None]
    documents = {
        "canonical.json": list(chain(*canonical)) if canonical else None,
        "quarantine.json": quarantined if len(results) > 1 and quarantined else next(iter(quarantined), None),
    }
    for name, document in documents.items():
        expected = case / name
        if os.environ.get("DVSS_UPDATE"):
            expected.unlink(missing_ok=True)
            if document is not None:
                expected.write_text(text_of(document), encoding="utf-8")
        found = expected.read_text(encoding="utf-8") if expected.exists() else None
        assert found == (None if document is None else text_of(document))


@pytest.mark.parametrize("example", EXAMPLES, ids=[str(example.relative_to(FOLDER)) for example in EXAMPLES])
def test_an_example_becomes_the_canonical_events_beside_it(example: Path) -> None:
    vendor_id, event_type = example.parent.name, example.stem
    arrivals = deliver(vendor_id, event_type, sent(vendor_id, event_type, example.read_bytes()))
    canonical = [data for arrival in arrivals for data in normalize(arrival).canonical or ()]
    assert canonical == parse(example.with_suffix(".canonical.json").read_bytes())


def test_every_mapped_event_has_a_case_that_maps_and_one_that_does_not() -> None:
    for vendor_id in REGISTRY.vendor_ids():
        profile = REGISTRY.vendor(vendor_id)
        assert profile is not None
        for event_type in profile.events:
            folder = HERE / vendor_id / event_type
            assert list(folder.glob("*/canonical.json")), f"no case of {vendor_id} {event_type} maps"
            assert list(folder.glob("*/quarantine.json")), f"no case of {vendor_id} {event_type} is quarantined"
