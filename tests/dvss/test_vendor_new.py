"""`dvss vendor new`: what is drafted from samples, what is refused, and that no sample becomes code."""

from __future__ import annotations

import json
import re
import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.compiler import resolve
from codegen.diagnostics import Diagnostics
from codegen.source import read_sources
from dvss.onboarding.inference import infer, payload_schema
from dvss.onboarding.vendor_files import Drafted, draft_vendor
from generated.runtime.exact_json import parse
from generated.runtime.json_forms import dump
from tests.codegen.effort import examples
from tests.codegen.test_hostile import HOSTILE, unfit
from tests.dvss.program import Ran, dvss

ROOT = Path(__file__).parent.parent.parent
SCHEMAS = {path: text for path, text in read_sources(ROOT).items() if path.startswith("schemas/canonical/")}
ORDER = {
    "orderRef": "NW-2026-00417",
    "state": "paid",
    "placed": "2026-01-30 15:15:12",
    "ccy": "EUR",
    "totals": {"gross": "119.90", "vat": "19.98"},
    "buyer": {"id": 77120045, "email": "mira@castell.example"},
    "shipTo": {"name": "Mira Castell", "street": "14 Harbour Row", "town": "Porthaven", "zip": "04614"},
    "items": [
        {"pos": 1, "article": "LAMP-OAK", "text": "Oak desk lamp", "qty": "2", "unit_price": "39.95"},
        {"pos": 2, "article": None, "text": "Chair", "qty": "1", "unit_price": "40.00", "note": "gift"},
    ],
    "tags": ["vip", "web"],
}
STOCK = {"depot": "ROA", "takenAt": "2026-01-30T20:15:12Z", "levels": [{"sku": "A-1", "available": 5}]}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with canonical events and no vendor, in which the command runs."""
    shutil.copytree(ROOT / "schemas" / "canonical", tmp_path / "schemas" / "canonical")
    for folder in ("mappings", "dvss/examples", "tests/golden"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def new(project: Path, samples: dict[str, Any], *options: str, vendor: str = "northwind") -> Ran:
    """Run the command with files of those names and contents."""
    arguments = []
    for name, content in samples.items():
        (project / name).write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        arguments += ["--sample", name]
    return dvss("vendor", "new", vendor, *arguments, *options)


def written(project: Path) -> set[str]:
    """Every file of the project but samples and canonical schemas."""
    found = {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}
    return {path for path in found if "/" in path and not path.startswith("schemas/canonical/")}


def uncommented(mapping: str) -> str:
    """The mapping with every guessed rule taken."""
    head, events = mapping.split("\nevents:\n")
    return f"{head}\nevents:\n" + re.sub(r"^( *)# (?!#)", r"\1", events, flags=re.MULTILINE)


def said(sources: dict[str, str]) -> list[str]:
    """What the compiler says about contracts."""
    diagnostics = Diagnostics()
    resolve(SCHEMAS | sources, None, diagnostics)
    return [str(one) for one in diagnostics.sorted()]


def sources_of(drafted: Drafted) -> dict[str, str]:
    contracts = {path: text.decode() for path, text in drafted.files.items() if path.startswith(("map", "schemas"))}
    return {path: uncommented(text) if path.endswith(".yaml") else text for path, text in contracts.items()}


def test_it_writes_what_a_vendor_needs_and_says_what_comes_next(project: Path) -> None:
    ran = new(project, {"order_created.json": ORDER, "stock.json": STOCK})
    assert (ran.code, ran.err) == (0, "")
    assert written(project) == {
        "mappings/northwind.yaml",
        *(
            place
            for event in ("order_created", "stock")
            for place in (
                f"schemas/vendors/northwind/{event}.v1.schema.json",
                f"dvss/examples/northwind/{event}.json",
                f"tests/golden/northwind/{event}/sample-1/raw.json",
                f"tests/golden/northwind/{event}/invalid-missing-member/raw.json",
            )
        ),
    }
    assert all(path in ran.out for path in written(project))
    assert "order_created becomes OrderPlaced@1.0" in ran.out
    assert "stock becomes InventoryUpdated@1.0" in ran.out
    assert "made-up values for email, name, street, zip" in ran.out
    assert "make codegen" in ran.out


def test_before_a_rule_is_chosen_the_compiler_names_what_is_required(project: Path) -> None:
    new(project, {"stock.json": STOCK})
    mapping = (project / "mappings/northwind.yaml").read_text()
    found = said(read_sources(project) | {"mappings/northwind.yaml": mapping.replace("    map:", "    map: {}")})
    assert [re.sub("^.*?: ", "", line) for line in found] == [
        f"error[DV203]: required field '{name}' of InventoryUpdated has no rule; add `{name}: <path>`"
        for name in ("quantityOnHand", "sku", "warehouseId")
    ]


def test_the_guesses_are_rules_that_compile(project: Path) -> None:
    new(project, {"order_created.json": ORDER, "stock.json": STOCK})
    mapping = uncommented((project / "mappings/northwind.yaml").read_text())
    assert said(read_sources(project) | {"mappings/northwind.yaml": mapping}) == []
    for rule in (
        "orderId: orderRef or quarantine",
        "placedAt: placed | local_timestamp('UTC') or quarantine",
        "amount: totals.gross | minor_units(ccy) or quarantine",
        "lineId: pos | string",
        "sku: article or omit",
        "quantity: qty | integer or quarantine",
        "currency: parent.ccy or quarantine",
        "explode: levels",
        "warehouseId: parent.depot or quarantine",
        "quantityOnHand: available",
        "countedAt: parent.takenAt | timestamp",
    ):
        assert rule in mapping


def test_arrays_in_arrays_codes_and_zones_are_guessed(project: Path) -> None:
    shipment = {
        "shipmentNo": 40021873,
        "state": "delivered",
        "stateChanged": "30.01.2026 14:05",
        "deliverTo": {"city": "Porthaven", "countryIso2": "pt"},
        "parcels": [{"tracking": "JD1", "contents": [{"rowId": 1, "articleNo": "LAMP-OAK", "qty": "1"}]}],
    }
    new(project, {"shipment_update.json": shipment})
    mapping = uncommented((project / "mappings/northwind.yaml").read_text())
    assert not [one for one in said(read_sources(project) | {"mappings/northwind.yaml": mapping}) if "error" in one]
    for rule in (
        "emits: FulfilmentUpdated@1.0",
        "delivered: DELIVERED",
        "\"stateChanged | local_timestamp('UTC', 'DD.MM.YYYY HH:mm') or quarantine\"  # which zone is it?",
        "each: parcels[*].contents[*] or quarantine",
        "trackingNumber: tracking or omit",
        "from: deliverTo",
        "countryCode: countryIso2 | upper or omit",
    ):
        assert rule in mapping


def test_events_in_arrays_of_arrays_are_exploded(project: Path) -> None:
    stock = {"warehouses": [{"wh": "ROA", "stock": [{"sku": "A-1", "free": "5.000"}]}], "created": "2026-01-30"}
    new(project, {"stock.json": stock})
    mapping = uncommented((project / "mappings/northwind.yaml").read_text())
    for rule in (
        "explode: warehouses[*].stock[*]",
        "warehouseId: parent.wh or quarantine",
        "free | integer or quarantine",
    ):
        assert rule in mapping
    (found,) = said(read_sources(project) | {"mappings/northwind.yaml": mapping})
    assert "error[DV311]" in found


def test_money_in_cents_and_a_currency_in_lower_case(project: Path) -> None:
    payment = {
        "paymentId": "p-7",
        "state": "captured",
        "amountCents": 11990,
        "currency": "eur",
        "updatedAt": 1769804112345,
    }
    new(project, {"payment.json": payment})
    mapping = uncommented((project / "mappings/northwind.yaml").read_text())
    assert said(read_sources(project) | {"mappings/northwind.yaml": mapping}) == []
    assert "amount: amountCents\n" in mapping
    assert "currency: currency | upper or quarantine" in mapping
    assert "updatedAt: updatedAt | epoch_milliseconds or quarantine" in mapping


def test_what_was_not_found_is_asked_for(project: Path) -> None:
    new(
        project,
        {"change.json": {"ref": "A-1", "state": "gone fishing", "at": 1769804112}},
        "--emits",
        "OrderStatusChanged@1.0",
    )
    mapping = uncommented((project / "mappings/northwind.yaml").read_text())
    assert "changedAt: at | epoch_seconds or quarantine" in mapping
    (found,) = said(read_sources(project) | {"mappings/northwind.yaml": mapping})
    assert "error[DV310]: 'say_which' does not fit '/status'; known: CANCELLED, COMPLETED" in found


ANY = ["string", "number", "boolean", "object", "array", "null"]
WIDE = {"minimum": -(10**12), "maximum": 10**12}


def test_samples_of_one_event_make_one_schema() -> None:
    one = {"price": "2", "seen": "2026-01-30", "at": "2026-01-30T20:15:12+01:00", "lines": [], "new": True, "id": 1}
    other = {"price": "1.50", "seen": None, "at": "2026-01-30T20:15:12Z", "lines": [{"n": 7}, {}], "id": "A"}
    assert payload_schema("acme", "price_list", [one, other]) == {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "AcmePriceList",
        "description": "acme's event price_list, as 2 samples had it. What is not listed is let through and kept.",
        "type": "object",
        "required": ["price", "seen", "at", "lines", "id"],
        "additionalProperties": True,
        "properties": {
            "price": {"description": "Price.", "type": "string", "maxLength": 255, "examples": ["2", "1.50"]},
            "seen": {"description": "Seen.", "type": ["string", "null"], "format": "date", "examples": ["2026-01-30"]},
            "at": {"description": "At.", "type": "string", "format": "date-time", "examples": [one["at"], other["at"]]},
            "lines": {
                "description": "Lines.",
                "type": "array",
                "maxItems": 1000,
                "items": {
                    "description": "Lines.",
                    "type": "object",
                    "additionalProperties": True,
                    "properties": {"n": {"description": "N.", "type": "integer", **WIDE, "examples": [7]}},
                },
            },
            "new": {"description": "New.", "type": "boolean", "examples": [True]},
            "id": {"description": "Id: of several types in the samples. Say what it may be.", "type": ANY},
        },
        "examples": [one],
    }


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([5, 820982911946154508], {"type": "integer", "minimum": -(10**30), "maximum": 10**30}),
        ([10**40], {"type": "integer", "minimum": -(10**43), "maximum": 10**43}),
        ([Decimal("0.5"), 2], {"type": "number", **WIDE}),
        ([Decimal("1234567890123456.5")], {"type": "number"}),
        (["0e4d2f7b-61c8-4a95-b3e0-9f1c7d5a8b26"], {"type": "string", "format": "uuid"}),
        (["https://carrier.example/1"], {"type": "string", "format": "uri"}),
        (["urn:sku:1"], {"type": "string", "maxLength": 255}),
        (["2026-01-30T20:15:12Z", ""], {"type": "string", "maxLength": 255}),
        (["x" * 64], {"type": "string", "maxLength": 1024}),
        ([None, 4], {"type": ["integer", "null"], **WIDE}),
    ],
)
def test_types_formats_and_bounds(values: list[Any], expected: dict[str, Any]) -> None:
    examples = [value for value in values if value is not None]
    assert infer(values, "it") == {"description": "It.", **expected, "examples": examples}


def test_what_was_never_seen_may_be_anything() -> None:
    why = "Eta: null in every sample, or never there. Say what it may be."
    assert infer([None], "eta") == {"description": why, "type": ANY}
    assert infer([[]], "eta") == {
        "description": "Eta.",
        "type": "array",
        "maxItems": 1000,
        "items": {"description": why, "type": ANY},
    }


@pytest.mark.parametrize(
    ("name", "above", "is_marked"),
    [
        ("email", "", True),
        ("firstName", "buyer", True),
        ("Phone2", "", True),
        ("name", "product", True),
        ("productName", "", False),
        ("sku_name", "", False),
        ("displayName", "item", False),
    ],
)
def test_names_of_personal_data_are_marked_and_give_no_examples(name: str, above: str, *, is_marked: bool) -> None:
    schema = infer(["x"], name, above)
    assert (schema.get("x-sensitive", False), "examples" not in schema) == (is_marked, is_marked)


def test_a_draft_keeps_the_rules_for_every_contract(project: Path) -> None:
    new(project, {"order_created.json": ORDER | {"gone": None, "mixed": [1, "a", 2.5], "none": []}})
    schema = json.loads((project / "schemas/vendors/northwind/order_created.v1.schema.json").read_bytes())
    for pointer, place in all_places("", schema):
        kind = place["type"]
        assert kind == ANY or isinstance(kind, str) or kind[1:] == ["null"], pointer
        kind = kind if kind == ANY or isinstance(kind, str) else kind[0]
        assert place["description"], pointer
        assert kind not in ("integer", "number") or {"minimum", "maximum"} <= place.keys(), pointer
        assert kind != "string" or ("format" in place) != ("maxLength" in place), pointer
        assert kind != "array" or {"items", "maxItems"} <= place.keys(), pointer


def all_places(pointer: str, schema: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """A schema and everything below it."""
    below = {f"{pointer}/{name}": one for name, one in schema.get("properties", {}).items()}
    below |= {f"{pointer}/*": schema["items"]} if "items" in schema else {}
    return [(pointer, schema), *(place for at, one in below.items() for place in all_places(at, one))]


def test_an_envelope_is_unwrapped_and_names_its_event(project: Path) -> None:
    envelope = {"vendorId": "x", "externalEventId": "1", "eventType": "stock.level", "payload": STOCK}
    assert new(project, {"any.json": envelope, "other.json": envelope}).code == 0
    assert parse((project / "dvss/examples/northwind/stock.level.json").read_bytes()) == STOCK
    cases = sorted(path.name for path in (project / "tests/golden/northwind/stock.level").iterdir())
    assert cases == ["invalid-missing-member", "sample-1", "sample-2"]


def test_a_payload_keeps_its_bytes(project: Path) -> None:
    text = b'{ "total": 1.50, "id": 820982911946154508, "n": 1E2 }'
    assert new(project, {"a.json": text}, "--emits", "OrderPlaced@1.0").code == 0
    assert text in (project / "tests/golden/northwind/a/sample-1/raw.json").read_bytes()
    assert (project / "dvss/examples/northwind/a.json").read_bytes() == text + b"\n"


@pytest.mark.parametrize(
    ("content", "options", "expected"),
    [
        (
            STOCK,
            ["--emits", "StockMoved@1.0"],
            "There is no canonical event 'StockMoved@1.0'. There are: FulfilmentUpdated@1.0,",
        ),
        ([STOCK], [], "stock.json: the payload is no JSON object."),
        ({}, [], "stock.json: the payload is an empty object."),
        (b"\xff{}", [], "stock.json: Byte 0 is not UTF-8."),
        (b"{", [], "stock.json: The document is not JSON"),
        (b'{"a": 1, "a": 2}', [], "stock.json: The document is refused: "),
        (b" " * 1_048_577, [], "stock.json has more than 1,048,576 bytes"),
        (STOCK, ["--event", "../up"], "stock.json: '../up' cannot name an event's files"),
        (STOCK, ["--sample", "nowhere.json"], "nowhere.json cannot be read (No such file or directory)."),
        (STOCK, ["--sample", "mappings"], "mappings cannot be read (Is a directory)."),
    ],
)
def test_what_cannot_be_taken_is_refused(project: Path, content: Any, options: list[str], expected: str) -> None:
    ran = new(project, {"stock.json": content}, *options)
    assert (ran.code, ran.out) == (1, "")
    assert ran.err.startswith(f"dvss: {expected}")
    assert written(project) == set()


@pytest.mark.parametrize("vendor", ["", "../x", "a b", "1st", "x" * 65, "a\nb", "é"])
def test_a_name_that_is_no_id_is_refused(project: Path, vendor: str) -> None:
    ran = new(project, {"stock.json": STOCK}, vendor=vendor)
    assert ran.code == 1
    assert "is no vendor's id" in ran.err
    assert written(project) == set()


@pytest.mark.parametrize("taken", ["mappings/Northwind.yaml", "tests/golden/northwind/stock/sample-1/raw.json"])
def test_nothing_is_overwritten(project: Path, taken: str) -> None:
    path = project / taken
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("mine")
    ran = new(project, {"stock.json": STOCK})
    assert (ran.code, f"{taken} exists already" in ran.err) == (1, True)
    assert written(project) == {taken}
    assert path.read_text() == "mine"


def test_outside_of_a_project_it_says_where_to_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = new(tmp_path, {"stock.json": STOCK})
    assert (ran.code, "Run the command in the project's folder." in ran.err) == (1, True)


@pytest.mark.parametrize(
    "broken",
    ["{", '["type"]', '{"type": "object"}', '{"title": "X", "type": "object", "properties": {"a": {"$ref": "#"}}}'],
)
def test_a_canonical_event_that_cannot_be_read_is_named(project: Path, broken: str) -> None:
    (project / "schemas/canonical/broken.v1.schema.json").write_text(broken)
    ran = new(project, {"stock.json": STOCK})
    expected = "schemas/canonical/broken.v1.schema.json cannot be used. `make codegen` says what is wrong in it."
    assert (ran.code, ran.err) == (1, f"dvss: {expected}\n")


TEXTS = st.one_of(st.sampled_from([text for text in HOSTILE if len(text) < 1_000]), st.text(max_size=20)).map(
    lambda text: text.encode("utf-8", "replace").decode().replace("\0", "")
)
NAMES = st.one_of(
    st.sampled_from(["id", "sku", "warehouse", "qty", "status", "lines", "total", "currency", "at", "parent", "name"]),
    TEXTS,
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**40), 10**40),
    TEXTS,
    st.sampled_from(["12.50", "EUR", "2026-01-30", "paid"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(NAMES, inner, max_size=4)),
    max_leaves=12,
)


@given(st.lists(st.dictionaries(NAMES, VALUES, min_size=1, max_size=6), min_size=1, max_size=2), st.data())
@examples(100)
def test_no_sample_becomes_anything_but_data(
    tmp_path_factory: pytest.TempPathFactory, payloads: list[dict[str, Any]], data: st.DataObject
) -> None:
    """Whatever the samples hold, the draft compiles with all its rules taken, or the compiler says why not."""
    folder = tmp_path_factory.mktemp("samples")
    paths = []
    for number, payload in enumerate(payloads):
        paths.append(folder / f"{number}.json")
        paths[-1].write_bytes(dump(payload))
    emits = data.draw(st.sampled_from(["InventoryUpdated@1.0", "OrderPlaced@1.0", "OrderStatusChanged@1.0", None]))
    drafted = draft_vendor(ROOT, "hostile", paths, "event", emits)
    mapping = drafted.files["mappings/hostile.yaml"].decode()
    assert all(line.isprintable() for line in mapping.split("\n"))
    assert unfit(SCHEMAS | sources_of(drafted)) == {}
