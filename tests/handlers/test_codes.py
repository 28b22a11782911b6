"""Codes that answers, logs, records and commands tell: each is its name, as others keep it and compare it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handlers.core.acceptance import Outcome
from handlers.core.audit_report import OrphanCause
from handlers.core.findings import EXPLANATIONS, Problem
from handlers.core.lifecycle import Step
from handlers.core.normalization import Result
from handlers.core.problems import ProblemCode
from handlers.core.replaying import ReplayOutcome
from handlers.values import CompletionResult, ReasonCode, Status

if TYPE_CHECKING:
    from enum import StrEnum

CODES: list[type[StrEnum]] = [
    *(CompletionResult, OrphanCause, Outcome, Problem, ProblemCode, ReasonCode, ReplayOutcome, Result, Status, Step)
]


@pytest.mark.parametrize("codes", CODES, ids=lambda codes: codes.__name__)
def test_a_code_is_its_name(codes: type[StrEnum]) -> None:
    assert [code.value for code in codes] == [code.name for code in codes]


def test_each_problem_has_an_explanation() -> None:
    assert EXPLANATIONS.keys() == set(Problem)
