"""Every group of the official suite is refused by a keyword's name, or inside the profile and every verdict agrees."""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path
from types import ModuleType

import pytest

from codegen.diagnostics import Diagnostics
from codegen.frontend.schema_store import SchemaStore
from codegen.memo import Memo
from codegen.models import generate_models
from codegen.resolve.contracts import ContractCompiler
from generated.runtime.exact_json import JsonError
from tests.codegen.trees import to_json
from tests.schema_suite.suite import PATH, Group, Refusal, compiled, document, groups

LANGUAGE = Path(__file__).parents[2] / "docs" / "contract" / "mapping-language.md"
ASSERTED = ("date format", "date-time format", "email format", "uri format", "uuid format")
"""The suite's required part takes a format for an annotation. Here it is asserted, as its optional part has it."""
REFUSED = {
    "$dynamicAnchor": 3,
    "$dynamicRef": 14,
    "$ref": 26,
    "$schema": 2,
    "const": 1,
    "enum": 1,
    "format": 14,
}
"""How many groups each keyword keeps outside; constants only where they hold U+0000, which no document may."""
OPTIONAL = (
    "optional/float-overflow.json",
    "optional/non-bmp-regex.json",
    *(f"optional/format/{name}.json" for name in ("date", "date-time", "email", "uri", "uuid")),
)


def verdicts(group: Group, folder: Path) -> dict[str, tuple[bool, bool]] | Refusal:
    """For each document our verdict and the suite's; one that the parser refuses would raise."""
    validator = compiled(group.schema, folder)
    if isinstance(validator, Refusal):
        return validator
    return {test["description"]: (validator.is_valid(document(test)), test["valid"]) for test in group.tests}


@pytest.mark.parametrize("group", groups(), ids=str)
def test_a_group_is_refused_or_every_verdict_agrees(group: Group, tmp_path: Path) -> None:
    found = verdicts(group, tmp_path)
    if isinstance(found, Refusal):
        assert found.keyword in REFUSED
        return
    differing = [description for description, (ours, theirs) in found.items() if ours is not theirs]
    kind = group.description.removesuffix(" format")
    annotated = [f"invalid {kind} string is only an annotation by default"]
    assert differing == (annotated if group.file == "format" and group.description in ASSERTED else [])


@pytest.mark.parametrize("group", [group for part in OPTIONAL for group in groups(part)], ids=str)
def test_every_verdict_of_the_optional_groups_on_formats_and_numbers_agrees(group: Group, tmp_path: Path) -> None:
    found = verdicts(group, tmp_path)
    assert not isinstance(found, Refusal)
    assert [description for description, (ours, theirs) in found.items() if ours is not theirs] == []


def test_the_page_says_how_many_groups_are_inside_and_which_keywords_keep_the_others_out(tmp_path: Path) -> None:
    found = [compiled(group.schema, tmp_path) for group in groups()]
    refused = Counter(one.keyword for one in found if isinstance(one, Refusal))
    assert refused == REFUSED
    inside = len(found) - refused.total() - len(ASSERTED)
    assert inside >= 0.6 * len(found)
    assert f"{inside} of its {len(found)} required groups" in LANGUAGE.read_text(encoding="utf-8")


def test_the_parser_refuses_only_the_documents_with_the_character_nul() -> None:
    refused = []
    for group in groups():
        for test in group.tests:
            try:
                document(test)
            except JsonError as error:
                refused.append((str(group), test["description"], error.code.value))
    assert refused == [
        ("const: nul characters in strings", "match string with nul", "NUL_CHARACTER"),
        ("enum: nul characters in strings", "match string with nul", "NUL_CHARACTER"),
    ]


@pytest.mark.filterwarnings("ignore:The `MISSING` sentinel:DeprecationWarning")
def test_a_model_is_made_of_every_group_inside_or_the_schema_is_said_to_take_nothing() -> None:
    refused = []
    for group in groups():
        diagnostics = Diagnostics()
        store = SchemaStore({PATH: to_json(group.schema)}, diagnostics)
        source, tree = store.source(PATH), store.schema(PATH)
        if source is None or tree is None:
            continue
        contracts = ContractCompiler(store, diagnostics)
        contracts.add("group", source, tree)
        files = generate_models(contracts.all(), diagnostics, Memo({}))
        if files:
            module = ModuleType("group_model")
            sys.modules[module.__name__] = module
            exec(compile(files["group.py"], "group.py", "exec"), module.__dict__)
            continue
        (said,) = diagnostics.sorted()
        assert "unsatisfiable" in said.message
        refused.append(str(group))
    assert refused == [
        "allOf: allOf with boolean schemas, some false",
        "allOf: allOf with boolean schemas, all false",
        "anyOf: anyOf with boolean schemas, all false",
        "oneOf: oneOf with boolean schemas, all false",
    ]
