"""Each scenario on the page of fault scenarios is shown by a test that there is."""

from __future__ import annotations

import ast
import re

import pytest

from tests.docs.markdown import ROOT, page

SCENARIOS = page("docs/architecture/fault-scenarios.md")
ROW = re.compile(r"^\| (\d+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
TEST = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
CONFIG = re.compile(r"`(tests/e2e/configs/\w+\.json)`")
COUNT = 66

rows = {int(number): shown_by for number, _, _, shown_by in ROW.findall(SCENARIOS.text)}


def test_the_scenarios_are_numbered_without_a_gap() -> None:
    assert list(rows) == list(range(1, COUNT + 1))


@pytest.mark.parametrize("number", range(1, COUNT + 1))
def test_a_scenario_is_shown_by_a_test(number: int) -> None:
    tests, configs = TEST.findall(rows[number]), CONFIG.findall(rows[number])
    assert tests or configs or rows[number].startswith("not shown: ")
    assert [name for path, name in tests if name not in functions(path)] == []
    assert [path for path in configs if not (ROOT / path).is_file()] == []


def functions(path: str) -> set[str]:
    """The names of a file's functions and methods."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
