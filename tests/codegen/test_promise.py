"""If it compiles, it maps: every valid payload becomes valid canonical events, or a rule that may fails."""

from __future__ import annotations

import json
import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codegen.diagnostics import Diagnostics
from codegen.runtime import exact_json
from generated.registry import REGISTRY
from generated.runtime.mapping import Rejected
from tests.codegen.mappings import Case, cases, mapper
from tests.codegen.payloads import envelopes, payloads, validator


EXAMPLES = 2_000 if os.environ.get("DVSS_SOAK") else 200
EVENTS = [
    pytest.param(vendor, event, id=f"{vendor}/{event}")
    for vendor in REGISTRY.vendor_ids()
    for event in REGISTRY.vendor(vendor).events
]
ENVELOPE = {
    "vendorId": "acme",
    "externalEventId": "1",
    "eventType": "event",
    "occurredAt": "2026-01-30T20:15:12Z",
    "receivedAt": "2026-01-30T20:15:13Z",
}
thorough = settings(
    max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True
)


def schema_of(name: str) -> dict[str, Any]:
    return json.loads((REGISTRY._root / "schemas" / f"{name}.json").read_text(encoding="utf-8"))


def fallible_rules(vendor: str) -> set[str]:
    return {rule.rule for rule in REGISTRY.lineage(vendor) if "quarantine" in rule.expression}


def is_placed(payload: Any, rejection: Rejected, *, one_path: bool) -> bool:
    """Whether a rejection's pointer leads to a value; what is missing, or had several paths to come by, need not."""
    places = [pointer for pointer, _ in exact_json.walk(payload)]
    return rejection.pointer in places or not one_path or "found absent" in rejection.message


@pytest.mark.parametrize(("vendor", "event"), EVENTS)
def test_every_valid_payload_maps_or_is_rejected_where_the_mapping_says_so(vendor: str, event: str) -> None:
    binding = REGISTRY.vendor(vendor).events[event]
    canonical = REGISTRY.validator(binding.canonical_schema)
    fallible = fallible_rules(vendor)
    mapped = []

    @thorough
    @given(payloads(schema_of(binding.payload_schema)), envelopes(vendor, event))
    def check(text: bytes, envelope: dict[str, str]) -> None:
        payload = exact_json.parse(text)
        before = exact_json.dump(payload)
        try:
            events = binding.mapper(payload, envelope)
        except Rejected as rejection:
            assert rejection.rule in fallible
            assert is_placed(payload, rejection, one_path=True)
            assert REGISTRY.rule_location(vendor, rejection.rule)
            return
        mapped.append(len(events))
        for data in events:
            assert [error.message for error in canonical.iter_errors(exact_json.parse(exact_json.dump(data)))] == []
        assert exact_json.dump(payload) == before

    check()
    assert sum(mapped) > EXAMPLES // 20


def test_whatever_compiles_keeps_the_promise() -> None:
    compiled = Counter[str]()

    @settings(thorough, max_examples=15 * EXAMPLES)
    @given(cases(), st.data())
    def check(case: Case, data: st.DataObject) -> None:
        found = mapper(case.sources, Diagnostics())
        compiled[str(found is not None)] += 1
        if found is None:
            return
        canonical = validator(json.dumps(case.canonical))
        rule = json.dumps(case.rule)
        for text in data.draw(st.lists(payloads(case.payload), min_size=1, max_size=8)):
            payload = exact_json.parse(text)
            try:
                events = found["PROFILE"].events["event"].mapper(payload, ENVELOPE)
            except Rejected as rejection:
                assert "quarantine" in rule
                assert is_placed(payload, rejection, one_path="??" not in rule)
                continue
            for event in events:
                assert canonical.is_valid(exact_json.parse(exact_json.dump(event))), (text, event)

    check()
    assert compiled["True"] > EXAMPLES
