"""Every need of real payloads has cases: `tests/compile/NEEDS.md` says which, and what their mappings say for it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from generated.registry import REGISTRY

TESTS = Path(__file__).parents[1]
PAGE = (TESTS / "compile" / "NEEDS.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ([0-9]+|[a-z]) \| [^|]+ \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
SHOWN = re.compile(r"`([^`]+)` by `([^`]+)`")


@dataclass(frozen=True)
class Shown:
    """A case, and what its mapping says for the need of this row."""

    row: str
    case: str
    words: str


def shown(column: int) -> list[Shown]:
    return [Shown(row[1], *found) for row in ROW.finditer(PAGE) for found in SHOWN.findall(row[column])]


def test_the_page_has_every_need() -> None:
    rows = [row[1] for row in ROW.finditer(PAGE)]
    assert rows == [*map(str, range(1, 26)), *"abcde"]
    assert {one.row for one in shown(2)} == set(rows)
    assert set(rows) - {one.row for one in shown(3)} == {"16", "23", "25"}


@pytest.mark.parametrize("one", shown(2), ids=lambda one: f"{one.row}-{one.case}")
def test_a_case_of_the_compiler_shows_the_need(one: Shown) -> None:
    folder = TESTS / "compile" / one.case
    assert (folder / "examples.json").exists()
    assert one.words in (folder / "in" / "mappings" / "acme.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("one", shown(3), ids=lambda one: f"{one.row}-{one.case}")
def test_a_golden_case_shows_the_need(one: Shown) -> None:
    vendor, topic, case = one.case.split("/")
    assert any((TESTS / "golden" / vendor / topic / case).glob("*.json"))
    rules = [rule for rule in REGISTRY.lineage(vendor) if re.split("[/@]", rule.rule)[0] in (topic, "webhook")]
    assert any(one.words in text for rule in rules for text in (rule.expression, *rule.sources))
