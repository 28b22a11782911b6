"""What the compiler assumes of the contracts and of the run time is so."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.compiler import resolve
from codegen.diagnostics import Diagnostics
from codegen.frontend.schema_store import SchemaStore
from codegen.resolve.arrays import MAX_EVENTS
from codegen.resolve.scopes import ENVELOPE
from codegen.resolve.types import type_of_schema
from codegen.runtime import exact_json, json_forms
from codegen.runtime import mapping as runtime
from codegen.source import MAX_DIGITS, load_yaml, plain_value, read_sources
from tests.codegen.effort import examples
from tests.codegen.mappings import mapper, maybe
from tests.codegen.payloads import payloads
from tests.codegen.shapes import validator
from tests.contracts import documents

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
COMPILE = ROOT / "tests" / "compile"
EDITOR = jsonschema_rs.Draft202012Validator((ROOT / "schemas" / "mapping.schema.json").read_text(encoding="utf-8"))
MAPPINGS = sorted(ROOT.glob("mappings/*.yaml")) + sorted(
    path for path in COMPILE.glob("*/in/mappings/*.yaml") if (path.parents[2] / "out").exists()
)


def test_what_the_language_knows_of_the_envelope_is_what_the_envelope_says() -> None:
    diagnostics = Diagnostics()
    store = SchemaStore(read_sources(ROOT), diagnostics)
    envelope, normalized = (
        store.schema("schemas/envelope.schema.json"),
        store.schema("schemas/normalized-event.schema.json"),
    )
    assert envelope
    assert normalized
    members = {**normalized.properties, **envelope.properties}
    for name, known in ENVELOPE.items():
        says = type_of_schema(members[name])
        for attribute in ("kind", "nullable", "absent", "enum", "min_length", "max_length", "pattern", "format"):
            assert getattr(known, attribute) == getattr(says, attribute), (name, attribute)


def bundles() -> dict[str, Any]:
    project = resolve(read_sources(ROOT), None, Diagnostics())
    assert project
    return {schema.name: schema.bundle for schema in project.schemas}


BUNDLES = bundles()


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_accepts_what_its_files_accept(name: str) -> None:
    bundle = json_forms.dump(dict(BUNDLES[name])).decode()
    bundled, unbundled = validator(bundle).is_valid, documents.validator(f"{name}.schema.json").is_valid
    verdicts = set()

    @examples(20)
    @given(payloads(json.loads(bundle)), st.data())
    def check(text: bytes, data: st.DataObject) -> None:
        document = exact_json.parse(text)
        places = [(holder, key) for _, holder in exact_json.walk(document) for key in _keys(holder)]
        is_changed = data.draw(maybe)
        if places and is_changed:
            holder, key = data.draw(st.sampled_from(places))
            holder[key] = data.draw(st.sampled_from([None, -1, "", "x" * 300, [], {}, True, "2026-01-30T20:15:12Z"]))
        verdicts.add(bundled(document))
        assert bundled(document) == unbundled(document)

    check()
    assert True in verdicts


def _keys(holder: Any) -> Iterator[Any]:
    if isinstance(holder, dict):
        yield from holder
    elif isinstance(holder, list):
        yield from range(len(holder))


def as_read(path: Path) -> Any:
    node = load_yaml(path.name, path.read_text(encoding="utf-8"), Diagnostics())
    assert node
    return plain_value(node)


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_editor_takes_every_mapping_that_compiles(path: Path) -> None:
    assert [f"{error.instance_path}: {error.message}" for error in EDITOR.iter_errors(as_read(path))] == []


# Names that the author chooses stand below these keys.
OPEN = ("events", "map", "object", "cases", "payload")


def blocks(node: Any, key: str = "") -> Iterator[dict[str, Any]]:
    """Every block of the mapping whose keys are the language's own."""
    if key in ("payload", "lookups"):
        return
    if isinstance(node, dict):
        if key not in (*OPEN, "fragments"):
            yield node
        for name, below in node.items():
            yield from blocks(below, "map" if key == "fragments" else "" if key in OPEN else name)
    elif isinstance(node, list):
        for below in node:
            yield from blocks(below, key if key in ("map", "object") else "")


@pytest.mark.parametrize("path", MAPPINGS, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_the_editor_refuses_an_unknown_key_anywhere(path: Path) -> None:
    document = as_read(path)
    count = len(list(blocks(document)))
    assert count >= 4
    for number in range(count):
        changed = copy.deepcopy(document)
        list(blocks(changed))[number]["unheard_of"] = 1
        assert not EDITOR.is_valid(changed), list(blocks(document))[number].keys()


def test_the_compiler_and_the_run_time_have_the_same_limits() -> None:
    assert MAX_DIGITS == exact_json.DEFAULT_LIMITS.digits == exact_json.DEFAULT_LIMITS.exponent
    big = exact_json.parse(b"-" + b"9" * 1_000)
    assert runtime.string(big) == "-" + "9" * 1_000
    assert runtime.integer("9" * 1_000) == -big
    assert runtime.integer("9" * 1_001) is runtime.FAILED
    assert runtime.minor_units("9" * 998 + ".99", "USD") == int("9" * 1_000)
    assert runtime.minor_units("9" * 999 + ".99", "USD") is runtime.FAILED
    assert runtime.string(exact_json.parse(b"1e-1000")) == "0." + "0" * 999 + "1"
    assert exact_json.parse(json_forms.dump({"n": big})) == {"n": big}


def exploded(count: int, maximum: int | None) -> int | str:
    """How many events a payload of ``count`` items becomes, or the code of its rejection."""
    bound = {} if maximum is None else {"maxItems": maximum}
    items = {
        "type": "array",
        "items": {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}},
        **bound,
    }
    document = {
        "vendor": "acme", "name": "Acme", "priority": 1, "authentication": {"scheme": "api-key"},
        "limits": {"requests_per_second": 1, "burst": 1},
        "events": {
            "event": {
                "payload": {"type": "object", "required": ["items"], "properties": {"items": items}},
                "emits": "Thing@1.0",
                "explode": "items" if maximum else "items or quarantine",
                "map": {"out": "id"},
            }
        },
    }  # fmt: skip
    canonical = {"title": "Thing", "type": "object", "properties": {"out": {"type": "string"}}}
    sources = {
        "mappings/acme.yaml": json.dumps(document),
        "schemas/canonical/thing.v1.schema.json": json.dumps(canonical),
    }
    module = mapper(sources, Diagnostics())
    assert module
    try:
        return len(module["PROFILE"].events["event"][0].mapper({"items": [{"id": "x"}] * count}, {}))
    except runtime_rejected(module) as rejection:
        return str(rejection.code)


def runtime_rejected(module: dict[str, Any]) -> Any:
    return module["rt"].Rejected


def test_a_payload_becomes_a_thousand_events_and_no_more() -> None:
    assert exploded(MAX_EVENTS, None) == MAX_EVENTS
    assert exploded(MAX_EVENTS + 1, None) == "WRONG_COUNT"
    assert exploded(MAX_EVENTS, MAX_EVENTS) == MAX_EVENTS
