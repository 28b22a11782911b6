from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

KILLS = "kills"


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str, int, int, list[str]], None]:
    """Adds a row to the table at the end of the run. The test's report carries it, also out of a worker's process."""

    def add(stage: str, kills: int, acknowledged: int, violations: list[str]) -> None:
        request.node.user_properties.append((KILLS, (stage, kills, acknowledged, len(violations))))

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = [
        row
        for kept in terminalreporter.stats.values()
        for report in kept
        if isinstance(report, pytest.TestReport) and report.when == "call"
        for name, row in report.user_properties
        if name == KILLS
    ]
    if rows:
        line = "{:<12}{:>8}{:>8}{:>12}".format
        terminalreporter.section("kills")
        terminalreporter.line(line("stage", "kills", "acked", "violations"))
        for row in rows:
            assert isinstance(row, tuple)
            terminalreporter.line(line(*row))
