"""`dvss explain` and what it joins: lineage, the elements behind an event's elements, and what a contract hides."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codegen.compiler import compile_project
from codegen.emit import write
from codegen.source import read_sources
from dvss.bootstrap import opened
from dvss.lineage import Run, trace
from dvss.pointers import ABSENT, expanded, resolved, value_at
from dvss.sensitivity import MASKED, Sensitivity
from generated.registry import REGISTRY
from generated.runtime.binding import Registry
from handlers.core.acceptance import accept
from handlers.core.mapping import Mapped, normalize_payload
from handlers.core.reading import mapper_envelope
from handlers.core.webhooks import read_webhook
from tests.dvss.program import accept_directly, dvss, envelope

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.dvss.program import Ran

ROOT = Path(__file__).parent.parent.parent
MAPPING = """
vendor: acme
name: Acme
priority: 50
authentication: {scheme: api-key}
limits: {requests_per_second: 10, burst: 10}
events:
  sent:
    payload:
      type: object
      required: [id, at, items, boxes]
      properties:
        id: {type: string, minLength: 1, maxLength: 20}
        at: {type: string, format: date-time}
        person: {type: string, maxLength: 100, x-sensitive: true}
        items:
          type: array
          maxItems: 100
          items:
            type: object
            required: [code, count]
            properties:
              code: {type: string, minLength: 1, maxLength: 9}
              count: {type: integer, minimum: 0, maximum: 10}
        boxes:
          type: array
          maxItems: 10
          items:
            type: object
            required: [by, numbers]
            properties:
              by: {type: string, maxLength: 9}
              numbers: {type: array, maxItems: 9, items: {type: string, minLength: 1, maxLength: 9}}
    emits: FulfilmentUpdated@1.0
    map:
      fulfilmentId: id
      status: {const: SHIPPED}
      updatedAt: at | timestamp
      locationId: items[-1].code or omit
      lines: LINES
      packages:
        each: boxes[*].numbers[*]
        map:
          carrier: parent.by
          trackingNumber: $
      destination:
        object:
          name: person or omit
          region: person or omit | sha256
          city: envelope.eventType
"""
EACH = "{each: items, where: count > 0, map: {lineId: code, quantity: count}}"
GROUP = "{group: items, by: code, map: {lineId: key, quantity: 'items[*].count | sum or quarantine'}}"
MOVED = """
  stock_move:
    payload: vendors/vendorA/inventory_update.v1.schema.json
    emits: InventoryUpdated@1.0
    map: {warehouseId: warehouse, sku: sku | trim | upper or quarantine, quantityOnHand: qty}
"""
PAYLOAD = {
    "id": "F-1",
    "at": "2026-01-30T20:15:12Z",
    "person": "Mira Castell",
    "items": [
        {"code": "A", "count": 0},
        {"code": "B", "count": 2},
        {"code": "C", "count": 0},
        {"code": "B", "count": 3},
    ],
    "boxes": [{"by": "UPS", "numbers": []}, {"by": "DHL", "numbers": ["n1", "n2"]}, {"by": "GLS", "numbers": ["n3"]}],
}


def contracts(tmp_path: Path, lines: str) -> Registry:
    """The contracts of a vendor whose one event builds its lines in this way."""
    sources = {path: text for path, text in read_sources(ROOT).items() if not path.startswith("mappings/")}
    result = compile_project(sources | {"mappings/acme.yaml": MAPPING.replace("LINES", lines)}, vendor="acme")
    assert not result.failed, result.diagnostics
    write(tmp_path, result.files)
    names: dict[str, Any] = {}
    exec((tmp_path / "generated/mappers/acme.py").read_text(), names)

    class Compiled(Registry):
        def _vendor(self, vendor_id: str) -> Any:
            return names["PROFILE"] if vendor_id == "acme" else None

    return Compiled("generated", tmp_path / "generated", {"acme": "acme"})


def explained(registry: Registry, vendor_id: str, event_type: str, payload: Any) -> dict[str, tuple[str, ...]]:
    """Pointers of the sources by canonical field; the number of an event of several in front of it."""
    told = {"vendor_id": vendor_id, "external_event_id": "1", "event_type": event_type, "schema_version": None}
    times = {"occurred_at": "2026-01-30T20:15:12Z", "received_at": "2026-01-30T20:15:12Z"}
    given = mapper_envelope(**told, **times, headers={}, token_key=bytes(32))  # type: ignore[arg-type]
    profile = registry.vendor(vendor_id)
    assert profile is not None
    mapped = normalize_payload(registry, profile, event_type, payload, given)
    assert isinstance(mapped, Mapped), mapped
    found = trace(Run(registry, vendor_id, payload, given, mapped))
    return {f"{one.event}{one.target}": tuple(origin.pointer for origin in one.sources) for one in found}


def test_elements_that_where_left_out_are_not_counted(tmp_path: Path) -> None:
    found = explained(contracts(tmp_path, EACH), "acme", "sent", PAYLOAD)
    assert (found["0/lines/0/lineId"], found["0/lines/1/lineId"]) == (("/items/1/code",), ("/items/3/code",))
    assert found["0/lines/1/quantity"] == ("/items/3/count",)


def test_each_over_two_levels_names_both_indexes(tmp_path: Path) -> None:
    found = explained(contracts(tmp_path, EACH), "acme", "sent", PAYLOAD)
    assert [found[f"0/packages/{number}/trackingNumber"] for number in range(3)] == [
        ("/boxes/1/numbers/0",),
        ("/boxes/1/numbers/1",),
        ("/boxes/2/numbers/0",),
    ]
    assert found["0/packages/2/carrier"] == ("/boxes/2/by",)


def test_a_group_names_no_element_for_it_has_several(tmp_path: Path) -> None:
    found = explained(contracts(tmp_path, GROUP), "acme", "sent", PAYLOAD)
    assert found["0/lines/1/quantity"] == ("/items/*/count",)


def test_an_index_from_the_end_is_shown_from_the_start(tmp_path: Path) -> None:
    assert explained(contracts(tmp_path, EACH), "acme", "sent", PAYLOAD)["0/locationId"] == ("/items/3/code",)


def test_a_filtered_explode_names_the_element_of_each_event() -> None:
    payload = json.loads((ROOT / "dvss/examples/square/inventory.count.updated.json").read_bytes())
    counts = payload["data"]["object"]["inventory_counts"]
    counts.insert(1, counts[0] | {"state": "SOLD"})
    found = explained(REGISTRY, "square", "inventory.count.updated", payload)
    place = "/data/object/inventory_counts"
    assert [found[f"{n}/quantityOnHand"] for n in (0, 1)] == [(f"{place}/0/quantity",), (f"{place}/2/quantity",)]


def test_every_leaf_of_every_example_has_a_rule_and_real_indexes() -> None:
    for vendor_id in REGISTRY.vendor_ids():
        profile = REGISTRY.vendor(vendor_id)
        assert profile is not None
        for event_type in profile.events:
            example = ROOT / "dvss/examples" / vendor_id / f"{event_type}.json"
            ran = dvss("try", vendor_id, example, "--event", event_type, "--explain", "--json")
            assert ran.code == 0, ran.err
            for one in ran.document["lineage"]:
                path, _, line = one["place"].rpartition(":")
                assert int(line) <= len((ROOT / path).read_text().splitlines())
                if re.search(r"/\d+/", one["target"]):
                    stars = [o for o in one["sources"] if o["pointer"].count("*") == 1 and o["value"] != "[]"]
                    assert stars == [], one


def test_what_is_sensitive_is_masked_and_what_no_longer_shows_it_is_not(tmp_path: Path) -> None:
    registry = contracts(tmp_path, EACH)
    marks = Sensitivity(registry.schema("vendors/acme/sent"))
    assert [marks.at(pointer) for pointer in ("/person", "/id", "/items/0/code", "")] == [True, False, False, True]
    profile = registry.vendor("acme")
    assert profile is not None
    given = {"headers": {}, "eventType": "sent", "tokenKey": "00" * 32}
    mapped = normalize_payload(registry, profile, "sent", PAYLOAD, given)
    assert isinstance(mapped, Mapped)
    found = {one.target: one for one in trace(Run(registry, "acme", PAYLOAD, given, mapped))}
    assert found["/destination/name"].value == MASKED
    assert [origin.value for origin in found["/destination/region"].sources] == [MASKED]
    assert re.fullmatch('"[0-9a-f]{64}"', found["/destination/region"].value)
    assert [(origin.pointer, origin.value) for origin in found["/status"].sources] == [("const:SHIPPED", '"SHIPPED"')]
    assert [(o.pointer, o.value) for o in found["/destination/city"].sources] == [("envelope:eventType", '"sent"')]


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"properties": {"a": {"$ref": "#/$defs/A"}}, "$defs": {"A": {"x-sensitive": True}}}, True),
        ({"properties": {"a": {"$ref": "#anchor"}}}, True),
        ({"properties": {"a": {"anyOf": [{"x-sensitive": True}, {}]}}}, True),
        ({"properties": {"a": {"items": {"properties": {"b": {"x-sensitive": True}}}}}}, True),
        ({"patternProperties": {"^a": {"x-sensitive": True}}}, True),
        ({"properties": {"a": {}, "b": {"x-sensitive": True}}}, False),
    ],
)
def test_a_mark_is_found_wherever_a_schema_has_it(schema: dict[str, Any], *, expected: bool) -> None:
    assert Sensitivity(json.dumps(schema)).at("/a") is expected


def test_pointers_with_stars_and_indexes_from_the_end() -> None:
    document = {"a": [{"b/c": [1, 2]}, {"b/c": [3]}, {}]}
    assert expanded(document, "/a/*/b~1c/*") == ["/a/0/b~1c/0", "/a/0/b~1c/1", "/a/1/b~1c/0"]
    assert value_at(document, "/a/*/b~1c/*") == [1, 2, 3]
    assert value_at(document, "/a/7") is ABSENT
    assert (resolved(document, "/a/-2/b~1c"), resolved(document, "/a/-9")) == ("/a/1/b~1c", "/a/-9")


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., Ran]:
    """The command on a folder with a good event and one in quarantine."""
    with opened(tmp_path / "data") as deployment:
        accept_directly(deployment, [envelope("good", 1), envelope("words", "two")])
        deployment.finish([])
    return lambda name, *options: dvss(
        "explain", name, "--vendor", "vendorA", "--data-dir", tmp_path / "data", *options
    )


def test_an_event_is_explained_field_by_field(run: Callable[..., Ran]) -> None:
    shown = run("good", "--json").document
    line = 1 + (ROOT / "mappings/vendorA.yaml").read_text().splitlines().index(
        "      sku: sku | trim | upper or quarantine"
    )
    assert shown["lineage"][1] == {
        "event": 0,
        "target": "/sku",
        "sources": [{"pointer": "/sku", "value": '" abc-001"'}],
        "steps": ["trim", "upper"],
        "expression": "sku | trim | upper or quarantine",
        "place": f"mappings/vendorA.yaml:{line}",
        "value": '"ABC-001"',
    }
    assert (shown["notes"], shown["mappingVersion"]) == ([], shown["deployedMappingVersion"])
    text = run("good").out
    assert "/quantityOnHand" in text
    assert f"mappings/vendorA.yaml:{line}" in text


def test_a_quarantined_event_shows_what_refused_it(run: Callable[..., Ran]) -> None:
    shown = run("words", "--json").document
    assert shown["lineage"] == []
    assert [one["pointer"] for one in shown["quarantine"]["violations"]] == ["/qty"]
    assert "/qty  TYPE" in run("words").out


def test_a_mapping_of_another_version_is_said_plainly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = tmp_path / "data"
    with opened(data) as deployment:
        accept_directly(deployment, [envelope("good", 1), envelope("moved", 1, eventType="stock_move")])
        deployment.finish([])
    mapping = (ROOT / "mappings/vendorA.yaml").read_text().replace("sku: sku | trim | upper or", "sku: sku | lower or")
    mapping += MOVED
    result = compile_project(read_sources(ROOT) | {"mappings/vendorA.yaml": mapping}, vendor="vendorA")
    write(tmp_path, result.files)
    names: dict[str, Any] = {}
    exec((tmp_path / "generated/mappers/vendor_a.py").read_text(), names)

    class Compiled(Registry):
        def _vendor(self, vendor_id: str) -> Any:
            return names["PROFILE"]

    registry = Compiled("generated", tmp_path / "generated", {"vendorA": "vendor_a"})
    before = REGISTRY.vendor("vendorA")
    assert before is not None
    monkeypatch.setattr("generated.registry.REGISTRY", registry)
    good, moved = (
        dvss("explain", name, "--vendor", "vendorA", "--data-dir", data, "--json").document
        for name in ("good", "moved")
    )
    differs = (
        f"It was mapped by {before.mapping_version}, but {names['PROFILE'].mapping_version} is in force now: "
        "rules and lines here are the latter's."
    )
    assert good["notes"] == [
        differs,
        "The mapping in force makes something else of it: `dvss replay` would change the event.",
    ]
    assert good["lineage"][1]["value"] == '" abc-001"'
    assert moved["notes"] == [differs, "The mapping in force takes it: `dvss quarantine release` normalizes it anew."]
    assert moved["quarantine"]["reason"] == "NO_MAPPING"


def test_an_unknown_event_is_one_sentence(run: Callable[..., Ran]) -> None:
    ran = run("nobody")
    assert (ran.code, ran.err) == (
        1,
        "dvss: Vendor vendorA has no event nobody. `dvss events list` shows what there is.\n",
    )


def test_an_event_that_the_mapping_ignores_says_so(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with opened(data) as deployment:
        application = deployment.application
        profile = application.registry.vendor("woocommerce")
        assert profile is not None
        body = b'{"id": 5, "date_modified_gmt": "2026-01-30T20:15:12"}'
        deliveries = read_webhook(application.registry, profile, "order.deleted", {}, body)
        (verdict,) = accept(application, deliveries, batch=False)
        deployment.finish([])
    shown = dvss("explain", verdict.ingest_id, "--data-dir", data, "--json").document
    assert (shown["lineage"], len(shown["notes"])) == ([], 1)
    assert "is ignored by the mapping" in shown["notes"][0]
