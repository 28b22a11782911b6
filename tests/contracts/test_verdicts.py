"""Near the edges of each vendor schema: the run time's verdict on the bytes is the schema files' own."""

from __future__ import annotations

import json
import os
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import jsonschema  # type: ignore[import-untyped]  # used here alone
import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

from generated.registry import REGISTRY
from generated.runtime import exact_json
from tests.codegen.edges import Edges
from tests.codegen.effort import examples
from tests.codegen.payloads import payloads
from tests.codegen.trees import Number, to_json
from tests.contracts.documents import SCHEMAS
from tests.contracts.steps import found, put, steps

VERDICTS = 10_000
"""Over all vendor schemas in the gate; a soak takes ten times as many."""
CHANGES = 20
"""Documents made of each valid one."""
NAMES = sorted(path.relative_to(SCHEMAS).as_posix() for path in SCHEMAS.glob("vendors/**/*.schema.json"))
EVENTS = sorted(
    {
        f"{binding.payload_schema}.schema.json"
        for profile in filter(None, map(REGISTRY.vendor, REGISTRY.vendor_ids()))
        for versions in profile.events.values()
        for binding in versions
    }
    & {*NAMES}
)
LIMITS = {"JSON_TOO_MANY_VALUES", "NUMBER_TOO_LONG", "STRING_TOO_LONG"}
"""What the parser may refuse before a schema is asked."""


@cache
def files() -> dict[str, Any]:
    """Every schema file as it is written, numbers exact."""
    return {
        f"https://dvss.example/{path.relative_to(SCHEMAS).as_posix()}": json.loads(
            path.read_text("utf-8"), parse_float=by_value
        )
        for path in sorted(SCHEMAS.rglob("*.schema.json"))
    }


@cache
def original(name: str) -> jsonschema_rs.Draft202012Validator:
    """jsonschema-rs over the files."""
    registry = jsonschema_rs.Registry(list(files().items()))
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"https://dvss.example/{name}"}, registry=registry, validate_formats=True, offline=True
    )


@cache
def second(name: str) -> jsonschema.Draft202012Validator:
    """python-jsonschema over the files. It asserts no formats: the packages that know them all are not here."""
    resources = [(address, Resource.from_contents(file, DRAFT202012)) for address, file in files().items()]
    registry: Registry[Any] = Registry().with_resources(resources)
    return jsonschema.Draft202012Validator({"$ref": f"https://dvss.example/{name}"}, registry=registry)


def by_value(text: str) -> int | Decimal:
    """A number read apart from our parser, an integer where its value is one: other decimals may be rounded."""
    value = Fraction(text)
    return int(value) if value.denominator == 1 else Decimal(text)


def ends_with_newline(document: Any) -> bool:
    """Whether python-jsonschema would misread a pattern: to Python `$` is also before a last newline."""
    return any(isinstance(value, str) and value.endswith("\n") for _, value in exact_json.walk(document))


@pytest.mark.parametrize("name", EVENTS)
def test_the_verdict_on_the_bytes_is_the_one_of_the_files(name: str) -> None:
    ours = REGISTRY.validator(name.removesuffix(".schema.json"))
    bundle = (REGISTRY._root / "schemas" / name.replace(".schema.json", ".json")).read_text(encoding="utf-8")
    without_formats = jsonschema_rs.Draft202012Validator(bundle, validate_formats=False)
    edges = Edges(json.loads(bundle))
    verdicts = Counter[str | bool]()

    def compare(text: str, *, twice: bool) -> None:
        try:
            document = exact_json.parse(text.encode())
        except exact_json.JsonError as error:
            verdicts[error.code] += 1
            return
        verdicts[ours.is_valid(document)] += 1
        # The standard library is another parser of the same text.
        assert ours.is_valid(document) == original(name).is_valid(json.loads(text, parse_float=by_value)), text
        if twice and not ends_with_newline(document):
            verdicts["twice"] += 1
            assert without_formats.is_valid(document) == second(name).is_valid(document), text

    @examples(max(VERDICTS // (len(EVENTS) * (CHANGES + 1)), 1) + 1)
    @given(payloads(json.loads(bundle)), st.data())
    def check(text: bytes, data: st.DataObject) -> None:
        compare(text.decode(), twice=True)
        tree = json.loads(text, parse_int=Number, parse_float=Number)
        places = list(edges.places(exact_json.parse(text)))
        for number in range(CHANGES):
            way, shape = data.draw(st.sampled_from(places))
            changed = data.draw(st.sampled_from(list(steps(shape, found(tree, way)))))
            compare(to_json(put(tree, way, changed)), twice=number == 0)

    check()
    refused = {said for said in verdicts if isinstance(said, str)} - {"twice"}
    assert refused <= LIMITS
    assert verdicts[True] > VERDICTS // len(EVENTS) // 20
    assert verdicts[False] > VERDICTS // len(EVENTS) // 20
    if os.environ.get("DVSS_SOAK"):
        print(name, dict(verdicts))
