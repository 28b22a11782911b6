"""Runs a scenario's steps and says what came of them."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from tests.e2e.expectations import expect
from tests.e2e.operator_calls import call, expect_call
from tests.e2e.run import MismatchError, Run
from tests.e2e.scenario import Scenario, Step
from tests.e2e.sending import send
from tests.e2e.subscription import Subscription
from tests.e2e.target import Target
from tests.e2e.templates import UnknownValueError
from tests.e2e.vendors import CredentialError, Vendors

_FAILURES = (
    MismatchError,
    UnknownValueError,
    CredentialError,
    LookupError,
    ClientError,
    BotoCoreError,
    HTTPError,
    OSError,
)


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_SHOWN = "not shown"


@dataclass(frozen=True)
class Verdict:
    """What came of a scenario, or of a part of the run that is none."""

    name: str
    title: str
    state: State
    seconds: float
    detail: str = ""
    not_shown: tuple[str, ...] = ()
    """Steps that were left out on this target, each with the reason."""


@dataclass(frozen=True)
class Runner:
    target: Target
    vendors: Vendors
    subscription: Subscription

    def run(self, name: str, scenario: Scenario) -> Verdict:
        """Every step in order until one fails; what the scenario ends with is done in any case."""
        reason = scenario.not_shown.get(self.target.name)
        if reason:
            return Verdict(name, scenario.title, State.NOT_SHOWN, 0, not_shown=(reason,))
        started = time.monotonic()
        run = Run(self.target, self.vendors, self.subscription, {"run": secrets.token_hex(4)})
        problems, left_out = _run_steps(run, scenario.steps, "step", stop=True)
        problems += _run_steps(run, scenario.finally_, "at the end, step", stop=False)[0]
        return Verdict(
            name,
            scenario.title,
            State.FAILED if problems else State.PASSED,
            time.monotonic() - started,
            detail="\n".join(problems),
            not_shown=tuple(left_out),
        )


def _run_steps(run: Run, steps: Sequence[Step], what: str, *, stop: bool) -> tuple[list[str], list[str]]:
    problems: list[str] = []
    left_out: list[str] = []
    for number, step in enumerate(steps, start=1):
        reason = step.not_shown.get(run.target.name)
        if reason:
            left_out.append(f"{what} {number}: {reason}")
            continue
        try:
            _do(run, step)
        except _FAILURES as error:
            said = step.model_dump_json(exclude_defaults=True, by_alias=True)
            problems.append(f"{what} {number}: {type(error).__name__}: {error}\n  in {said[:1000]}")
            if stop:
                break
    return problems, left_out


def _do(run: Run, step: Step) -> None:
    if step.send:
        send(run, step.send)
    elif step.call:
        call(run, step.call)
    elif step.expect_call:
        expect_call(run, step.expect_call)
    elif step.expect:
        expect(run, step.expect)
    elif step.settle and run.target.name == "aws":
        time.sleep(step.settle)
