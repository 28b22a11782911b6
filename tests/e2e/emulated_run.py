"""A run on the emulator: package, deploy, the scenarios, and what only a whole run can tell."""

import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.e2e import deployment, grants
from tests.e2e.deployment import Deployment, DeploymentError
from tests.e2e.emulator import calls, launch
from tests.e2e.emulator.launch import Emulator, EmulatorError
from tests.e2e.leftovers import leftovers
from tests.e2e.runner import State, Verdict
from tests.e2e.target import Target, emulated

type Scenarios = Callable[[Target], list[Verdict]]

# Removed one after the other, each must make the first scenario fail: what passes without a grant proves nothing of it.
_MISSED = (
    ("ingest", "s3:PutObject"),
    ("ingest", "dynamodb:PutItem"),
    ("normalize", "s3:PutObject"),
    ("normalize", "sqs:ReceiveMessage"),
)
_BRIEF_PATIENCE = 5


@dataclass
class EmulatedRun:
    """Everything of it is in `folder`, and ends with `verdicts`."""

    folder: Path
    whole: bool
    """All scenarios run, so that a grant which nothing used is one too many; in the end everything is destroyed."""
    log: Path
    """Where the emulator's log is kept if something fails."""
    said: Callable[[Verdict], None]
    _verdicts: list[Verdict] = field(default_factory=list)

    def verdicts(self, scenarios: Scenarios, first: Scenarios, *, keep: bool) -> list[Verdict]:
        """`first` is the first scenario alone."""
        package = self.folder / "lambda.zip"
        if not self._part("package", "the zip is built for this machine", lambda: deployment.package(package)):
            return self._verdicts
        try:
            with launch.running(self.folder / "emulator") as emulator:
                deployed = deployment.of_repository(emulator, self.folder / "repository", package)
                if self._deployed(emulator, deployed):
                    target = emulated(emulator, deployed.outputs)
                    self._verdicts += scenarios(target)
                    if self.whole:
                        self._conclude(emulator, deployed, target, first)
                if keep:
                    _wait(emulator, deployed)
                self._keep_log(emulator)
        except EmulatorError as error:
            self._say(Verdict("emulator", "the emulator starts", State.FAILED, 0, detail=str(error)))
        return self._verdicts

    def _deployed(self, emulator: Emulator, deployed: Deployment) -> bool:
        def deploy() -> None:
            deployed.prepare()
            if self.whole:
                deployed.bootstrap()
            else:
                # The component that makes it waits a minute for its lifecycle rules.
                emulator.client("s3").create_bucket(Bucket=deployment.STATE_BUCKET)
            deployed.deploy()

        return self._part("deploy", "the components are applied by the scripts behind make", deploy)

    def _conclude(self, emulator: Emulator, deployed: Deployment, target: Target, first: Scenarios) -> None:
        made = calls.read(emulator.calls)
        self._part("grants", "each granted action is used, or has a reason", lambda: grants.problems(target, made))
        self._part("missing grants", "a role that lacks one fails", lambda: _not_missed(target, first))
        self._part("plan", "a plan after all this changes nothing", deployed.plan)
        # The apply that fails leaves its document in the state.
        self._part("unknown keyword", "an apply fails that would drop one", deployed.refused_gateway_document)
        self._part("destroy", "destroying leaves nothing", lambda: _destroyed(emulator, deployed))

    def _part(self, name: str, title: str, part: Callable[[], list[str] | None]) -> bool:
        started = time.monotonic()
        try:
            problems = part() or []
        except DeploymentError as error:
            problems = [str(error)]
        state = State.FAILED if problems else State.PASSED
        self._say(Verdict(name, title, state, time.monotonic() - started, detail="\n".join(problems)))
        return not problems

    def _keep_log(self, emulator: Emulator) -> None:
        if any(verdict.state is State.FAILED for verdict in self._verdicts):
            self.log.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(emulator.log, self.log)
            print(f"the emulator's log: {self.log}", flush=True)

    def _say(self, verdict: Verdict) -> None:
        self._verdicts.append(verdict)
        self.said(verdict)


def _not_missed(target: Target, first: Scenarios) -> list[str]:
    """The grants without which the first scenario still passes."""
    impatient = replace(target, patience=_BRIEF_PATIENCE)
    found = []
    for function, action in _MISSED:
        with grants.without(target, function, action):
            (verdict,) = first(impatient)
        if verdict.state is not State.FAILED:
            found.append(f"{function} does without {action}")
    return found


def _destroyed(emulator: Emulator, deployed: Deployment) -> list[str]:
    deployed.destroy()
    return leftovers(emulator, deployment.STATE_BUCKET)


def _wait(emulator: Emulator, deployed: Deployment) -> None:
    variables = "\n".join(f"export {name}={value}" for name, value in emulator.environment.items())
    print(f"kept until interrupted:\n{variables}\noutputs: {deployed.outputs}\nlog: {emulator.log}", flush=True)
    try:
        while True:
            time.sleep(1)
    except KeyboardInterrupt:
        return
