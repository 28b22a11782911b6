"""Versions side by side: a canonical event's and a payload's; the old ones go on mapping as before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from codegen.compiler import resolve
from codegen.diagnostics import Diagnostics
from codegen.evolution.comparison import compare
from codegen.evolution.contracts import Contracts
from codegen.evolution.rules import Rule
from codegen.runtime import json_forms
from codegen.source import read_sources
from tests.codegen.mappings import mapper
from tests.codegen.shapes import validator

HERE = Path(__file__).parent
ACME = "mappings/acme.yaml"
CANONICAL = "schemas/canonical/item-updated.v{}.schema.json"
ENVELOPE = {"vendorId": "acme", "externalEventId": "event-1", "eventType": "item"}
BEFORE = read_sources(HERE / "shared")
NEW_VERSION = """
      - version: '2'
        when: edition == 2
        payload:
          type: object
          required: [edition, key, qty]
          properties:
            edition: {type: integer, minimum: 2, maximum: 2}
            key: {type: string, minLength: 1, maxLength: 64}
            qty: {type: integer, minimum: 0, maximum: 1000}
        emits: ItemUpdated@2.0
        map:
          itemId: key
          status: {const: ACTIVE}
          amount: qty
"""


def with_new_versions() -> dict[str, str]:
    """The old event as it was, as the version without a `when:`, beside one that emits the new canonical version."""
    head, _, item = BEFORE[ACME].partition("  item:\n")
    lines = item.splitlines()
    old = "\n".join(["      - version: '1'", *(f"    {line}" for line in lines)])
    schema = BEFORE[CANONICAL.format(1)].replace('"quantity":', '"amount":')
    versions = f"{head}  item:\n    versions:\n{old}{NEW_VERSION}"
    return BEFORE | {ACME: versions, CANONICAL.format(2): schema}


def events(sources: dict[str, str], payload: Any) -> list[tuple[str, Any]]:
    """The canonical version and the data of what becomes of a payload."""
    diagnostics = Diagnostics()
    module = mapper(sources, diagnostics)
    assert module is not None, "\n".join(map(str, diagnostics.sorted()))
    profile = module["PROFILE"]
    binding = profile.binding("item", payload, ENVELOPE)
    project = resolve(sources, "acme", Diagnostics())
    assert project is not None
    bundle = next(schema.bundle for schema in project.schemas if schema.name == binding.canonical_schema)
    checker = validator(json_forms.dump(dict(bundle)).decode())
    found = binding.mapper(payload, ENVELOPE)
    assert all(checker.is_valid(data) for data in found)
    return [(binding.schema_version, data) for data in found]


OLD = {"id": "a-1", "state": "off", "qty": 7, "remark": "last ones"}


@pytest.mark.parametrize("payload", [OLD, {"id": "a-1", "state": "on", "qty": 0}])
def test_what_was_mapped_is_mapped_as_before(payload: Any) -> None:
    assert events(with_new_versions(), payload) == events(BEFORE, payload)


def test_both_canonical_versions_are_emitted() -> None:
    sources = with_new_versions()
    old = {"itemId": "a-1", "status": "PAUSED", "quantity": 7, "note": "last ones"}
    assert events(sources, OLD) == [("1.0", old)]
    new = {"itemId": "a-1", "status": "ACTIVE", "amount": 7}
    assert events(sources, {"edition": 2, "key": "a-1", "qty": 7}) == [("2.0", new)]


def test_the_new_versions_break_nobody() -> None:
    changes = compare(Contracts(BEFORE), Contracts(with_new_versions()))
    assert [change.rule for change in changes] == [Rule.SELECTION_CHANGED, Rule.READ_VERSION_ADDED]


def test_the_same_change_of_the_old_version_breaks_its_readers() -> None:
    path = CANONICAL.format(1)
    changed = BEFORE | {
        path: BEFORE[path].replace('"quantity":', '"amount":'),
        ACME: BEFORE[ACME].replace("quantity:", "amount:"),
    }
    rules = [change.rule for change in compare(Contracts(BEFORE), Contracts(changed))]
    assert rules == [Rule.FIELD_NO_LONGER_GIVEN, Rule.READ_REMOVED, Rule.RULE_ADDED, Rule.READ_ADDED]
