"""`dvss try`: what a payload becomes, without a server, under a mapping as it is at that moment."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dvss.demo.steps import EXAMPLES
from generated.runtime.exact_json import parse
from generated.runtime.json_forms import digest
from tests.dvss.program import Ran, dvss, envelope
from tests.handlers.test_split_webhooks import body, contracts, level

ROOT = Path(__file__).parent.parent.parent
STOCK = EXAMPLES / "vendorA" / "inventory_update.json"


def test_a_payload_becomes_its_canonical_event() -> None:
    ran = dvss("try", "vendorA", STOCK, "--event", "inventory_update", "--json")
    assert (ran.code, ran.document["eventType"]) == (0, "InventoryUpdated")
    assert ran.document["events"] == [{"warehouseId": "ROA", "sku": "ABC-001", "quantityOnHand": 12}]


def test_the_lineage_names_source_steps_and_rule() -> None:
    ran = dvss("try", "vendorA", STOCK, "--event", "inventory_update", "--explain", "--json")
    sku = next(entry for entry in ran.document["lineage"] if entry["target"] == "/sku")
    line = int(sku["place"].removeprefix("mappings/vendorA.yaml:"))
    assert "sku: sku | trim | upper" in (ROOT / "mappings" / "vendorA.yaml").read_text().splitlines()[line - 1]
    assert sku["sources"] == [{"pointer": "/sku", "value": '" abc-001"'}]
    assert (sku["steps"], sku["value"]) == (["trim", "upper"], '"ABC-001"')
    shown = dvss("try", "vendorA", STOCK, "--event", "inventory_update", "--explain").out
    assert f"mappings/vendorA.yaml:{line}" in shown


def leaves(value: Any) -> int:
    """How many values that are neither an object nor a list."""
    if isinstance(value, dict):
        return sum(map(leaves, value.values()))
    return sum(map(leaves, value)) if isinstance(value, list) else 1


def test_every_field_of_a_nested_event_has_its_rule() -> None:
    order = EXAMPLES / "shopify" / "orders_create.json"
    ran = dvss("try", "shopify", order, "--event", "orders_create", "--explain", "--json").document
    assert ran["envelope"]["externalEventId"] == f"orders_create/{digest(parse(order.read_bytes()))}"
    (event,) = ran["events"]
    assert len(ran["lineage"]) == leaves(event)
    prices = [entry for entry in ran["lineage"] if entry["target"].endswith("/unitPrice/amount")]
    assert [entry["target"] for entry in prices] == ["/lines/0/unitPrice/amount", "/lines/1/unitPrice/amount"]
    assert [entry["sources"][0]["pointer"] for entry in prices] == ["/line_items/0/price", "/line_items/1/price"]


def test_an_exploded_payload_shows_each_event() -> None:
    counts = EXAMPLES / "square" / "inventory.count.updated.json"
    ran = dvss("try", "square", counts, "--event", "inventory.count.updated", "--explain", "--json").document
    assert [event["quantityOnHand"] for event in ran["events"]] == [12, 100]
    assert {entry["event"] for entry in ran["lineage"]} == {0, 1}


def test_an_envelope_names_its_event_type(tmp_path: Path) -> None:
    file = tmp_path / "envelope.json"
    file.write_text(json.dumps(envelope("tried", 5)), encoding="utf-8")
    ran = dvss("try", "vendorA", file, "--json")
    assert ran.document["events"][0]["quantityOnHand"] == 5
    assert ran.document["envelope"]["externalEventId"] == "tried"


def test_a_refused_payload_says_why_and_where() -> None:
    words = EXAMPLES / "vendorA" / "inventory_update_in_words.json"
    ran = dvss("try", "vendorA", words, "--event", "inventory_update", "--json")
    assert ran.code == 1
    assert ran.document["reason"] == "PAYLOAD_INVALID"
    assert ran.document["violations"][0]["pointer"] == "/qty"


def test_a_rejecting_rule_is_named_by_file_and_line(tmp_path: Path) -> None:
    order = json.loads((EXAMPLES / "shopify" / "orders_create.json").read_bytes()) | {"total_price": "1.234"}
    file = tmp_path / "order.json"
    file.write_text(json.dumps(order), encoding="utf-8")
    ran = dvss("try", "shopify", file, "--event", "orders_create")
    line = 1 + next(
        number
        for number, text in enumerate((ROOT / "mappings" / "shopify.yaml").read_text().splitlines())
        if "total_price | minor_units" in text
    )
    assert ran.code == 1
    assert "MAPPING_REJECTED" in ran.out
    assert "/total_price  " in ran.out
    assert f"mappings/shopify.yaml:{line}" in ran.out
    assert "1.234" not in ran.out


def trial_of(content: bytes, folder: Path, monkeypatch: pytest.MonkeyPatch, *options: str) -> Ran:
    """A trial under contracts in which square posts several events in a body."""
    monkeypatch.setattr("generated.registry.REGISTRY", contracts())
    file = folder / "body.json"
    file.write_bytes(content)
    return dvss("try", "square", file, "--event", "events", "--json", *options)


def test_each_event_of_a_webhooks_body_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = body(level("a"), level("b", qty=7), level("c", qty="many"))
    ran = trial_of(content, tmp_path, monkeypatch, "--header", "X-Sent-At: 2026-01-30T20:15:13Z")
    first, second, third = ran.lines
    assert [one["events"][0]["quantityOnHand"] for one in (first, second)] == [12, 7]
    assert first["envelope"] == {
        "vendorId": "square",
        "externalEventId": "a",
        "eventType": "stock",
        "occurredAt": "2026-01-30T20:15:13Z",
        "receivedAt": "2026-01-30T20:15:12Z",
        "headers": {"x-sent-at": "2026-01-30T20:15:13Z"},
    }
    assert (ran.code, third["reason"]) == (1, "PAYLOAD_INVALID")


@pytest.mark.parametrize(
    ("content", "option", "expected"),
    [
        (body(), "X-Sent-At: 1", (1, "The body holds no event")),
        (b"{}", "X-Sent-At: 1", (1, "(/data/levels: each element of the array here is an event")),
        (body(level("a")), "X-Sent-At: 1", (1, "(: the time that the mapping reads is no RFC 3339 time)")),
        (body(level("a")), "X-Sent-At", (2, "'X-Sent-At' is no header. Write it as 'Name: value'.")),
    ],
)
def test_a_webhook_that_cannot_be_tried_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, option: str, expected: tuple[int, str]
) -> None:
    ran = trial_of(content, tmp_path, monkeypatch, "--header", option)
    assert (ran.code, ran.out) == (expected[0], "")
    assert expected[1] in ran.err


MISTAKES = {
    ("nobody", str(STOCK)): (1, "There is no mapping for vendor nobody. Vendors with one: "),
    ("vendorA", str(STOCK)): (2, "Name the event type with --event: inventory_update, order_status."),
    ("vendorA", "nowhere.json"): (2, "nowhere.json cannot be read"),
    ("mappings/nobody.yaml", str(STOCK)): (2, "mappings/nobody.yaml does not exist."),
    ("vendorA", str(ROOT / "Makefile")): (2, "The document is not JSON"),
}


@pytest.mark.parametrize("arguments", MISTAKES, ids=lambda arguments: arguments[0])
def test_a_mistake_is_one_sentence(arguments: tuple[str, str]) -> None:
    ran = dvss("try", *arguments)
    code, text = MISTAKES[arguments]
    assert ran.code == code
    assert text in ran.err
    assert ran.err.count("\n") == 1


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for folder in ("mappings", "schemas", "openapi"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def try_file(project: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as it must be: the fresh contracts take the place of the installed ones."""
    command = [sys.executable, "-m", "dvss", "try", str(project / "mappings" / "vendorA.yaml"), str(STOCK)]
    return subprocess.run(
        [*command, "--event", "inventory_update", *options], check=False, capture_output=True, text=True, cwd=ROOT
    )


def test_a_mapping_file_is_tried_as_it_is_now(project: Path) -> None:
    mapping = project / "mappings" / "vendorA.yaml"
    mapping.write_text(mapping.read_text().replace("sku: sku | trim | upper", "sku: sku | trim | lower"))
    ran = try_file(project, "--json")
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["events"] == [{"warehouseId": "ROA", "sku": "abc-001", "quantityOnHand": 12}]


def test_a_mapping_that_does_not_compile_shows_the_compilers_words(project: Path) -> None:
    mapping = project / "mappings" / "vendorA.yaml"
    mapping.write_text(mapping.read_text().replace("quantityOnHand: qty", "quantityOnHand: qyt"))
    line = 1 + next(n for n, text in enumerate(mapping.read_text().splitlines()) if "qyt" in text)
    ran = try_file(project)
    assert ran.returncode == 1
    assert f"mappings/vendorA.yaml:{line}:" in ran.stderr
    assert "error[DV" in ran.stderr
    assert "did you mean 'qty'?" in ran.stderr
    assert "Traceback" not in ran.stderr
