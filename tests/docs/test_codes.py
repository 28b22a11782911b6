"""The tables of codes and limits on the pages against the code."""

from __future__ import annotations

import re
from datetime import timedelta
from importlib import import_module
from typing import Any

from dvss.deployment import LEFT
from generated.runtime.exact_json import JsonFault
from handlers.core.findings import Problem
from handlers.core.problems import STATUS
from handlers.core.replaying import ReplayOutcome
from handlers.values import ReasonCode, Status
from tests.docs.markdown import page, rows


def codes(text: str) -> list[str]:
    return [row[0].strip("`") for row in rows(text)]


def test_the_run_book_explains_every_reason_code_once() -> None:
    table = page("docs/spec/runbook.md").section("### Reason codes")
    assert sorted(codes(table)) == sorted(ReasonCode)


def test_the_run_book_explains_every_outcome_of_a_replay() -> None:
    table = codes(page("docs/spec/runbook.md").section("## Replay"))
    assert set(table) >= set(ReplayOutcome) - {ReplayOutcome.STARTED}
    assert set(table) <= set(ReplayOutcome) | set(Status) | {LEFT}


def test_the_run_book_explains_every_finding_of_an_audit() -> None:
    table = rows(page("docs/spec/runbook.md").section("## Audit"))
    named = [name for row in table for name in re.findall(r"`([A-Z_]+)`", row[0])]
    assert sorted(named) == sorted(Problem)


def test_every_problem_code_is_explained_with_its_status() -> None:
    table = rows(page("docs/spec/errors.md").text)
    wanted = {str(code): str(status) for code, status in STATUS.items()} | dict.fromkeys(map(str, JsonFault), "400")
    assert {row[0].strip("`"): row[1] for row in table} == wanted
    assert len(table) == len(wanted)


def test_the_limits_on_the_page_are_those_of_the_code() -> None:
    table = rows(page("docs/architecture/README.md").section("## Sizes and limits"))
    assert len(table) > 10
    wrong = []
    for what, value, where in table:
        if not where:
            continue
        module, _, names = where.strip("`").partition(":")
        found: Any = import_module(module)
        for name in names.split("."):
            found = getattr(found, name)
        number = int(found.total_seconds() if isinstance(found, timedelta) else found)
        if f"{number:,}" not in value:
            wrong.append((what, value, number))
    assert wrong == []
