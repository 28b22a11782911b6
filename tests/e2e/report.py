"""Says what came of a run: a line for each scenario as it ends, a table at the end, JUnit for machines."""

import textwrap
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree as ET

from tests.e2e.runner import State, Verdict

_WORDS = {State.PASSED: "ok", State.FAILED: "FAILED", State.NOT_SHOWN: "not shown"}


def line(verdict: Verdict) -> str:
    said = f"{_WORDS[verdict.state]:<9} {verdict.seconds:7.1f} s  {verdict.name}: {verdict.title}"
    return said + ("\n" + textwrap.indent(verdict.detail, "    ") if verdict.detail else "")


def summary(verdicts: Sequence[Verdict], target: str) -> str:
    """The table, and what the target would have let pass whatever happens."""
    rows = [f"{_WORDS[verdict.state]:<9} {verdict.seconds:7.1f} s  {verdict.name}" for verdict in verdicts]
    left_out = [f"  {verdict.name}, {reason}" for verdict in verdicts for reason in verdict.not_shown]
    states = (State.PASSED, State.FAILED)
    counts = [f"{sum(one.state is state for one in verdicts)} {_WORDS[state]}" for state in states]
    said = ", ".join([*counts, f"{len(left_out)} {_WORDS[State.NOT_SHOWN]}"])
    parts = ["", f"{target}: {said}", *rows]
    if left_out:
        parts += ["", f"Not shown by {target}:", *left_out]
    return "\n".join(parts)


def write_junit(path: Path, verdicts: Sequence[Verdict], target: str) -> None:
    """One case for each scenario, and a skipped one for each thing that is not shown."""
    suite = ET.Element("testsuite", name=f"dvss.e2e.{target}")
    failures = skipped = 0
    for verdict in verdicts:
        case = _case(suite, verdict.name, verdict.seconds)
        if verdict.state is State.FAILED:
            failures += 1
            ET.SubElement(case, "failure", message=verdict.title).text = verdict.detail
        if verdict.state is State.NOT_SHOWN:
            skipped += 1
            ET.SubElement(case, "skipped", message="; ".join(verdict.not_shown))
            continue
        for reason in verdict.not_shown:
            skipped += 1
            ET.SubElement(_case(suite, f"{verdict.name}, {reason}", 0), "skipped", message=reason)
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(failures))
    suite.set("skipped", str(skipped))
    path.parent.mkdir(parents=True, exist_ok=True)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


def _case(suite: ET.Element, name: str, seconds: float) -> ET.Element:
    return ET.SubElement(suite, "testcase", classname=suite.get("name", ""), name=name, time=f"{seconds:.3f}")
