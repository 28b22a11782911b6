"""One folder a change: `base/` and `head/` over `shared/`, and `expected.txt` with what is said of it.

`DVSS_UPDATE=1` writes the expectations anew: read the difference before you keep it.
"""

from __future__ import annotations

import os
import re
from datetime import date
from pathlib import Path

import pytest

from codegen.compiler import resolve
from codegen.diagnostics import Diagnostics
from codegen.evolution.comparison import compare
from codegen.evolution.contracts import Contracts
from codegen.evolution.report import report
from codegen.evolution.rules import Rule, Verdict
from codegen.source import read_sources
from tests.docs.markdown import page, rows

HERE = Path(__file__).parent
SHARED = read_sources(HERE / "shared")
CASES = sorted(path.name for path in HERE.glob("*/") if (path / "expected.txt").exists())
UPDATE = bool(os.environ.get("DVSS_UPDATE"))
FAILING = (Verdict.BREAKING, Verdict.UNPROVEN)


def said(case: str) -> str:
    after = SHARED | read_sources(HERE / case / "head")
    diagnostics = Diagnostics()
    assert resolve(after, None, diagnostics), "\n".join(map(str, diagnostics.sorted()))
    base = Contracts(SHARED | read_sources(HERE / case / "base"))
    found = report("the base", compare(base, Contracts(after)), [], date(2026, 1, 30))
    faults = "".join(f"the base: {fault}\n" for fault in base.faults())
    return f"{faults}{found.text}exit {1 if found.failed else 0}\n"


@pytest.mark.parametrize("case", CASES)
def test_a_change_is_said_to_be_what_it_is(case: str) -> None:
    expected = HERE / case / "expected.txt"
    text = said(case)
    if UPDATE:
        expected.write_text(text, encoding="utf-8")
    assert expected.read_text(encoding="utf-8") == text


def codes_of_cases() -> dict[str, set[str]]:
    return {case: set(re.findall(r"\[(EV\d+)\]", (HERE / case / "expected.txt").read_text())) for case in CASES}


def test_a_case_is_named_after_a_rule_that_it_shows() -> None:
    named = {case: case.partition("-")[0].upper() for case in CASES if case.startswith("ev")}
    shown = codes_of_cases()
    assert [case for case, code in named.items() if code not in shown[case]] == []


def test_every_rule_has_a_case_and_as_many_pass_as_fail() -> None:
    shown = set().union(*codes_of_cases().values())
    assert [rule.code for rule in Rule if rule.code not in shown] == []
    failing = [case for case in CASES if (HERE / case / "expected.txt").read_text().endswith("exit 1\n")]
    assert len(failing) <= len(CASES) - len(failing)


def test_the_page_lists_every_rule() -> None:
    listed = [tuple(row[:3]) for row in rows(page("docs/spec/evolution.md").text) if row[0].startswith("EV")]
    assert listed == [(rule.code, rule.verdict.value, rule.meaning) for rule in Rule]
