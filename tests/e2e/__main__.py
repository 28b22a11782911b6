"""Runs the configs against a deployment: `python -m tests.e2e [--config FILE …] [--target emulator|aws] …`.

On the emulator it deploys first, and at the end compares grants with calls, plans again and destroys. On an account the
deployment stands already, and its outputs are given.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.e2e import report, scenario
from tests.e2e.emulated_run import EmulatedRun
from tests.e2e.runner import Runner, State, Verdict
from tests.e2e.scenario import ConfigError, Scenario
from tests.e2e.subscription import subscribed
from tests.e2e.target import Target, real
from tests.e2e.vendors import credentials

CONFIGS = Path(__file__).with_name("configs")
LOG = Path("dist/e2e.emulator.log")


def main() -> int:
    # Ended from outside, it still ends what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    options = _options()
    try:
        scenarios = _scenarios(options.config, options.profile)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    if options.target == "aws":
        verdicts = _run_scenarios(real(options.outputs), scenarios)
    else:
        with tempfile.TemporaryDirectory(prefix="dvss-e2e-", ignore_cleanup_errors=True) as folder:
            whole = options.profile == "full" and not options.config
            run = EmulatedRun(Path(folder), whole=whole, log=LOG, said=_say)
            first = dict([next(iter(scenarios.items()))])
            verdicts = run.verdicts(
                lambda target: _run_scenarios(target, scenarios),
                lambda target: _run_scenarios(target, first, said=lambda _: None),
                keep=options.keep,
            )
    print(report.summary(verdicts, options.target))
    if options.junit:
        report.write_junit(options.junit, verdicts, options.target)
    return 1 if any(verdict.state is State.FAILED for verdict in verdicts) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.e2e", description=__doc__)
    parser.add_argument("--config", type=Path, action="append", help="run this config alone; may be repeated")
    parser.add_argument("--target", choices=("emulator", "aws"), default="emulator")
    parser.add_argument("--outputs", type=Path, help="with --target aws: dist/outputs.<suffix>.json")
    parser.add_argument("--profile", choices=("quick", "full"), default="full")
    parser.add_argument("--junit", type=Path, help="write the results here as JUnit XML")
    parser.add_argument("--keep", action="store_true", help="leave the emulator running until this is interrupted")
    options = parser.parse_args()
    if (options.target == "aws") != (options.outputs is not None):
        parser.error("--target aws and --outputs go together")
    return options


def _scenarios(paths: list[Path] | None, profile: str) -> dict[str, Scenario]:
    read = {path.stem: scenario.read(path) for path in paths or sorted(CONFIGS.glob("*.json"))}
    if paths:
        return read
    return {name: one for name, one in read.items() if profile == "full" or one.profile == "quick"}


def _run_scenarios(
    target: Target, scenarios: dict[str, Scenario], *, said: Callable[[Verdict], None] | None = None
) -> list[Verdict]:
    verdicts = []
    with credentials(target) as vendors, subscribed(target) as subscription:
        runner = Runner(target, vendors, subscription)
        for name, one in scenarios.items():
            verdicts.append(runner.run(name, one))
            (said or _say)(verdicts[-1])
    return verdicts


def _say(verdict: Verdict) -> None:
    print(report.line(verdict), flush=True)


if __name__ == "__main__":
    raise SystemExit(main())
