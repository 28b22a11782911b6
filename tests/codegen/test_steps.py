"""Every step does what its entry in the registry says."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.compiler import compile_project
from codegen.diagnostics import Diagnostics
from codegen.resolve.steps.registry import STEPS
from codegen.runtime import exact_json
from codegen.runtime import mapping as runtime
from tests.codegen.effort import examples
from tests.codegen.mappings import mapper
from tests.codegen.payloads import FORMATTED, WORDS
from tests.codegen.step_arguments import constants_of, types_of

DATE_TIME = jsonschema_rs.Draft202012Validator({"type": "string", "format": "date-time"}, validate_formats=True)
TOKEN_KEY = bytes(range(32)).hex()
KIND = {str: "string", int: "integer", Decimal: "number", bool: "boolean"}


def schema_of(value: Any) -> dict[str, Any]:
    """The schema of any value of its type."""
    if isinstance(value, list):
        return {"type": "array", "items": schema_of(value[0])}
    if isinstance(value, dict):
        members = {name: schema_of(member) for name, member in value.items()}
        return {"type": "object", "properties": members, "required": list(members), "additionalProperties": False}
    return {"type": KIND[type(value)]}


def result_of(name: str) -> tuple[Any, Any]:
    """What the registry's example gives, compiled and run, and what it says."""
    expression, given_value, result = STEPS[name].example
    field = re.match(r"\w+", expression)
    assert field
    value, expected = exact_json.parse(given_value.encode()), exact_json.parse(result.encode())
    given = schema_of(value)
    if STEPS[name].content_type:
        given |= {"contentMediaType": STEPS[name].content_type, "contentSchema": schema_of(expected)}
    payload = {"type": "object", "required": [field[0]], "properties": {field[0]: given}}
    document = {
        "vendor": "acme", "name": "Acme", "priority": 1, "authentication": {"scheme": "api-key"},
        "limits": {"requests_per_second": 1, "burst": 1},
        "events": {"event": {"payload": payload, "emits": "Thing@1.0", "map": {"out": expression}}},
    }  # fmt: skip
    canonical = {"title": "Thing", "type": "object", "required": ["out"], "properties": {"out": schema_of(expected)}}
    sources = {
        "mappings/acme.yaml": json.dumps(document),
        "schemas/canonical/thing.v1.schema.json": json.dumps(canonical),
    }
    diagnostics = Diagnostics()
    module = mapper(sources, diagnostics)
    assert module is not None, diagnostics.sorted()
    (data,) = module["PROFILE"].events["event"][0].mapper({field[0]: value}, {"tokenKey": TOKEN_KEY})
    return data["out"], expected


@pytest.mark.parametrize("name", STEPS)
def test_the_example_of_the_reference_is_true(name: str) -> None:
    found, expected = result_of(name)
    assert (found, type(found)) == (expected, type(expected))


@pytest.mark.parametrize("name", STEPS)
def test_a_step_says_when_it_fails_if_and_only_if_it_can(name: str) -> None:
    step = STEPS[name]
    arguments = types_of(constants_of(name)[0])
    can_fail = any(step.fallible(value, arguments) for value in _types(step.takes))
    assert can_fail == bool(step.fails)
    assert callable(getattr(runtime, step.function or name))


def _types(kinds: frozenset[str]) -> list[Any]:
    from codegen.resolve.types import ValueType

    numbers = ValueType(kind="number")
    return [ValueType(kind=kind, items=numbers if kind == "array" else None) for kind in kinds]


def test_the_editor_and_the_reference_name_every_step() -> None:
    root = Path(__file__).parents[2]
    editor = json.loads((root / "schemas" / "mapping.schema.json").read_text(encoding="utf-8"))
    named = editor["$defs"]["expression"]["description"].partition("Steps: ")[2].partition(".")[0]
    assert named.split(", ") == sorted(STEPS)
    page = (root / "docs" / "contract" / "mapping-language.md").read_text(encoding="utf-8")
    assert [name for name in STEPS if f"| `{name}` |" not in page and f"| `{name}(" not in page] == []


@examples(500)
@given(FORMATTED["date-time"])
def test_a_date_time_is_always_a_timestamp_of_the_same_moment(text: str) -> None:
    moved = runtime.timestamp(text)
    assert isinstance(moved, str) == DATE_TIME.is_valid(text)
    if isinstance(moved, str):
        assert DATE_TIME.is_valid(moved)
        assert runtime.timestamp(moved) == moved
        assert moment(moved) == moment(text)


def moment(text: str) -> tuple[int, int, str]:
    """Minutes since the year 0, second, and the fraction as it stands."""
    year, rest = int(text[:4]), text[4:].upper()
    fraction = re.search(r"\.(\d+)", rest)
    offset = re.search(r"([+-])(\d\d):(\d\d)$", rest)
    # 400 years later is the same day of the calendar, and inside of Python's.
    at = datetime.fromisoformat(f"{year % 4000 + 2000:04}{rest[:12]}:00").replace(tzinfo=UTC)
    minutes = (at - datetime(2000, 1, 1, tzinfo=UTC)) // timedelta(minutes=1)
    if offset:
        minutes -= int(f"{offset[1]}1") * (int(offset[2]) * 60 + int(offset[3]))
    return minutes, int(rest[13:15]), fraction[1] if fraction else ""


@examples(500)
@given(st.one_of(st.sampled_from(WORDS), st.text(alphabet="0123456789T:Zz+-. ", max_size=30), FORMATTED["date-time"]))
def test_whatever_is_a_timestamp_is_a_date_time(text: str) -> None:
    moved = runtime.timestamp(text)
    assert moved is runtime.FAILED or DATE_TIME.is_valid(moved)


def test_the_registry_is_the_only_home_of_a_step() -> None:
    page = compile_project({}).files["docs/contract/mapping-language.md"]
    for step in STEPS.values():
        for text in (*step.example, step.fails):
            assert text.replace("|", "\\|") in page
