"""The pages of the language and of the diagnostics say what is so."""

from __future__ import annotations

import inspect
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from codegen.diagnostics import Code, Diagnostics
from codegen.frontend import events, fields, mapping
from codegen.frontend.syntax import Action, Comparison, Condition
from tests.codegen.mappings import mapper

CONTRACT = Path(__file__).parents[2] / "docs" / "contract"
LANGUAGE = (CONTRACT / "mapping-language.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", LANGUAGE, re.MULTILINE | re.DOTALL)
TEXT: dict[str, Any] = {"type": "string"}
MONEY = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {"amount": {"type": "integer"}, "currency": TEXT},
}


def test_every_key_and_word_of_the_language_is_on_its_page() -> None:
    readers = "".join(map(inspect.getsource, (mapping, events, fields)))
    listed = re.findall(r'\(\s*((?:"\w+",\s*)*"\w+"(?:, \*\w+)?,?)\s*\)', readers)
    keys = {key for keys in listed for key in re.findall(r'"(\w+)"', keys)}
    assert {"vendor", "explode", "cases", "from", "then", "digest_without", "requests_per_second"} <= keys
    words = {*keys, *(word.value for kind in (Action, Comparison, Condition) for word in kind)} - {"value", "failure"}
    assert [word for word in sorted(words) if not re.search(rf"`[^`]*{re.escape(word)}[^`]*`", LANGUAGE)] == []


def test_every_code_is_on_its_page_and_stands_for_one_thing() -> None:
    page = (CONTRACT / "diagnostics.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(DV\d+)` \| (error|warning) \| (.+) \| (.+) \|$", page, re.MULTILINE)
    assert [row[:2] for row in rows] == sorted((code.number, code.severity.value) for code in Code)
    assert len({number for number, *_ in rows}) == len(rows)


def project(event: dict[str, Any], payload: dict[str, Any], canonical: dict[str, Any], name: str) -> dict[str, str]:
    document = {
        "vendor": "acme", "name": "Acme", "priority": 1, "authentication": {"scheme": "api-key"},
        "limits": {"requests_per_second": 1, "burst": 1},
        "events": {"event": {"emits": f"{name}@1.0", **event, "payload": payload}},
    }  # fmt: skip
    return {
        "mappings/acme.yaml": json.dumps(document),
        "schemas/canonical/event.v1.schema.json": json.dumps({"title": name, "type": "object", **canonical}),
    }


def run(sources: dict[str, str], payload: dict[str, Any]) -> Any:
    diagnostics = Diagnostics()
    module = mapper(sources, diagnostics)
    assert module, "\n".join(map(str, diagnostics.sorted()))
    assert diagnostics.sorted() == []
    return module["PROFILE"].events["event"][0].mapper(payload, {})


def test_the_example_of_an_event_compiles_and_maps() -> None:
    event = yaml.safe_load(BLOCKS[0])["events"]["stock_report"]
    item = {
        "type": "object",
        "required": ["code", "count", "state"],
        "properties": {"code": {"type": "string", "maxLength": 9}, "count": TEXT, "state": TEXT},
    }
    payload = {
        "type": "object",
        "required": ["warehouse", "items"],
        "properties": {"warehouse": TEXT, "items": {"type": "array", "maxItems": 9, "items": item}},
    }
    canonical = {
        "required": ["warehouseId", "sku", "quantityOnHand"],
        "properties": {
            "warehouseId": TEXT,
            "sku": {"type": "string", "minLength": 1},
            "quantityOnHand": {"type": "integer", "minimum": 0},
        },
    }
    items = [{"code": " a ", "count": "3", "state": "IN_STOCK"}, {"code": "b", "count": "x", "state": "SOLD"}]
    found = run(project(event, payload, canonical, "InventoryUpdated"), {"warehouse": "W", "items": items})
    assert found == [{"warehouseId": "W", "sku": "A", "quantityOnHand": 3}]


def test_the_example_of_the_blocks_compiles_and_maps() -> None:
    rules = yaml.safe_load(BLOCKS[1])
    line = {
        "type": "object",
        "required": ["id", "quantity", "price"],
        "properties": {"id": TEXT, "quantity": {"type": "integer"}, "price": TEXT},
    }
    buyer = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer"}, "email": {"type": ["string", "null"]}},
    }
    payload = {
        "type": "object",
        "required": ["total", "currency", "items"],
        "properties": {
            "state": TEXT,
            "total": TEXT,
            "currency": TEXT,
            "buyer": buyer,
            "items": {"type": "array", "items": line},
        },
    }
    lines = {"type": "object", "properties": {"lineId": TEXT, "quantity": {"type": "integer"}, "unitPrice": MONEY}}
    canonical = {
        "properties": {
            "status": {"type": "string", "enum": ["PAID", "SHIPPED"]},
            "total": MONEY,
            "customer": {"type": "object", "properties": {"customerId": TEXT, "email": TEXT}},
            "lines": {"type": "array", "items": lines},
        }
    }
    order = {
        "state": "paid",
        "total": "1.50",
        "currency": "EUR",
        "buyer": {"id": 7, "email": None},
        "items": [{"id": "a", "quantity": 2, "price": "0.75"}, {"id": "b", "quantity": 0, "price": "?"}],
    }
    (found,) = run(project(rules, payload, canonical, "OrderPlaced"), order)
    assert found == {
        "status": "PAID",
        "total": {"amount": 150, "currency": "EUR"},
        "customer": {"customerId": "7"},
        "lines": [{"lineId": "a", "quantity": 2, "unitPrice": {"amount": 75, "currency": "EUR"}}],
    }


EXPRESSIONS = re.findall(r"`([^`|]*(?:\\\|[^`|]*)*)`", LANGUAGE.partition("### Outcomes")[2].partition("### Steps")[0])


@pytest.mark.parametrize("expression", [text for text in EXPRESSIONS if " or " in text])
def test_the_examples_of_outcomes_can_be_written(expression: str) -> None:
    field = expression.partition(" ")[0]
    payload = {"type": "object", "properties": {field: {"type": ["string", "null"]}}}
    canonical = {"properties": {"out": {"type": ["string", "null"]}}}
    assert len(run(project({"map": {"out": expression}}, payload, canonical, "Thing"), {field: "x"})) == 1
