"""If it compiles, it maps: every valid payload becomes valid canonical events, or a rule that may fails."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.diagnostics import Diagnostics, Severity
from codegen.runtime import exact_json, json_forms
from generated.registry import REGISTRY
from generated.runtime.mapping import Rejected
from tests.codegen.cover import Cover
from tests.codegen.edges import Edges
from tests.codegen.effort import FACTOR, examples
from tests.codegen.mappings import Case, cases, mapper
from tests.codegen.payloads import envelopes, payloads
from tests.codegen.shapes import validator
from tests.codegen.structures import project as structure

if TYPE_CHECKING:
    from collections.abc import Mapping

    from generated.runtime.binding import EventBinding
    from tests.codegen.edges import Edge
    from tests.codegen.structures import Project

BINDINGS: dict[tuple[str, str], list[EventBinding]] = defaultdict(list)
"""The events of every vendor by the schema of their payload: one payload goes through all of them."""
for profile in filter(None, map(REGISTRY.vendor, REGISTRY.vendor_ids())):
    for declared in (version for versions in profile.events.values() for version in versions):
        BINDINGS[profile.vendor_id, declared.payload_schema].append(declared)
ENVELOPE: dict[str, Any] = {
    "vendorId": "acme",
    "externalEventId": "1",
    "eventType": "event",
    "occurredAt": "2026-01-30T20:15:12Z",
    "receivedAt": "2026-01-30T20:15:13Z",
    "headers": {},
    "tokenKey": "00" * 32,
}


def outcome(binding: EventBinding, payload: Any, envelope: Mapping[str, Any]) -> list[dict[str, Any]] | Rejected:
    """What a mapper makes of a payload, which it leaves as it was."""
    before = json_forms.dump(payload)
    try:
        return binding.mapper(payload, envelope)
    except Rejected as rejection:
        return rejection
    finally:
        assert json_forms.dump(payload) == before


def mistakes(schema: str, events: list[dict[str, Any]]) -> list[str]:
    """What is wrong with canonical events once they were written and read again."""
    read = [exact_json.parse(json_forms.dump(data)) for data in events]
    return [error.message for data in read for error in validator(schema).iter_errors(data)]


def is_placed(payload: Any, rejection: Rejected, *, one_path: bool) -> bool:
    """Whether a rejection's pointer leads to a value; what is missing, or had several paths to come by, need not."""
    places = [pointer for pointer, _ in exact_json.walk(payload)]
    return rejection.pointer in places or not one_path or "found absent" in rejection.message


@pytest.mark.parametrize("vendor_and_schema", BINDINGS, ids=" ".join)
def test_every_valid_payload_maps_or_is_rejected_where_the_mapping_says_so(vendor_and_schema: tuple[str, str]) -> None:
    vendor, name = vendor_and_schema
    contracts = REGISTRY._root / "schemas"
    schema = json.loads((contracts / f"{name}.json").read_text(encoding="utf-8"))
    rules = {rule.rule: rule for rule in REGISTRY.lineage(vendor)}
    mapped = Counter[str]()
    edges = Edges(schema)
    reached: set[Edge] = set()

    def check(text: bytes, envelope: dict[str, str]) -> None:
        reached.update(edges.reached(exact_json.parse(text)))
        for binding in BINDINGS[vendor_and_schema]:
            payload = exact_json.parse(text)
            found = outcome(binding, payload, envelope | {"eventType": binding.event_type})
            if isinstance(found, Rejected):
                rule = rules[found.rule].expression
                assert "quarantine" in rule
                # A list of what `[...]` leads to is empty where the array is absent.
                assert is_placed(payload, found, one_path="??" not in rule and "[" not in rule)
                assert REGISTRY.rule_location(vendor, found.rule)
                continue
            mapped[binding.event_type] += 1
            assert mistakes((contracts / f"{binding.canonical_schema}.json").read_text(encoding="utf-8"), found) == []

    for _, text in Cover(schema).documents():
        check(text, ENVELOPE)
    examples(200)(given(payloads(schema), envelopes(vendor, "any"))(check))()
    assert [edge for edge in edges.all if edge not in reached] == []
    assert all(mapped[binding.event_type] > 10 for binding in BINDINGS[vendor_and_schema])


def test_whatever_compiles_keeps_the_promise() -> None:
    compiled = Counter[bool]()

    @examples(500)
    @given(cases(), st.data())
    def check(case: Case, data: st.DataObject) -> None:
        module = mapper(case.sources, Diagnostics())
        compiled[module is not None] += 1
        if module is None:
            return
        rule = json.dumps(case.rule)
        for text in data.draw(st.lists(payloads(case.payload), min_size=1, max_size=8)):
            payload = exact_json.parse(text)
            found = outcome(module["PROFILE"].events["event"][0], payload, ENVELOPE)
            if isinstance(found, Rejected):
                assert "quarantine" in rule
                # A list of what `[...]` leads to is empty where the array is absent.
                assert is_placed(payload, found, one_path="??" not in rule and "[" not in rule)
            else:
                assert mistakes(json.dumps(case.canonical), found) == []

    check()
    assert compiled[True] > 60


def compiled(project: Project) -> tuple[Project, dict[str, Any]]:
    """The project without the rules that do not compile, and its mapper."""
    while True:
        diagnostics = Diagnostics()
        module = mapper(project.sources(), diagnostics)
        if module is not None:
            return project, module
        wrong = {found.span.line for found in diagnostics.sorted() if found.code.severity is Severity.ERROR}
        assert wrong & {1, *range(2, len(project.rules) + 2)}, diagnostics.sorted()
        project = project.without(wrong)


def hold(project: Project, module: dict[str, Any]) -> None:
    """Run payloads through a project that compiles."""
    canonical = json.dumps(project.canonical)

    @examples(10)
    @given(payloads(project.payload))
    def check(text: bytes) -> None:
        payload = exact_json.parse(text)
        found = outcome(module["PROFILE"].events["event"][0], payload, ENVELOPE)
        if isinstance(found, Rejected):
            field = found.rule.partition("/")[2].partition("(")[0].partition("/")[0]
            assert "quarantine" in json.dumps(project.rules.get(field, project.keys))
            assert is_placed(payload, found, one_path=False)
        else:
            assert mistakes(canonical, found) == []

    check()


def test_lists_arithmetic_and_blocks_keep_the_promise() -> None:
    kinds = Counter[str]()
    for seed in range(40 * FACTOR):
        project, module = compiled(structure(Random(seed)))
        kinds.update(next(iter(rule)) if isinstance(rule, dict) else "expression" for rule in project.rules.values())
        hold(project, module)
    assert {"expression", "each", "from", "list", "when"} <= kinds.keys()
