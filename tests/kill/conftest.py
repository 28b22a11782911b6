from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = pytest.StashKey[list[tuple[str, int, int, int]]]()


@pytest.fixture
def tell(request: pytest.FixtureRequest) -> Callable[[str, int, int, list[str]], None]:
    """Adds a row to the table at the end of the run."""
    rows = request.config.stash.setdefault(ROWS, [])

    def add(stage: str, kills: int, acknowledged: int, violations: list[str]) -> None:
        rows.append((stage, kills, acknowledged, len(violations)))

    return add


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    rows = config.stash.get(ROWS, [])
    if rows:
        terminalreporter.section("kills")
        terminalreporter.line(f"{'stage':<12}{'kills':>8}{'acked':>8}{'violations':>12}")
        for stage, kills, acknowledged, violations in rows:
            terminalreporter.line(f"{stage:<12}{kills:>8}{acknowledged:>8}{violations:>12}")
