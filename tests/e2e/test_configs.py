"""The configs are data: what is wrong with one is said before anything runs."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from tests.e2e import report, scenario
from tests.e2e.matching import differences
from tests.e2e.runner import State, Verdict
from tests.e2e.scenario import ConfigError
from tests.e2e.templates import UnknownValueError, filled

_CONFIGS = sorted(Path(__file__).with_name("configs").glob("*.json"))


@pytest.mark.parametrize("path", _CONFIGS, ids=lambda path: path.stem)
def test_every_config_can_be_read(path: Path) -> None:
    assert scenario.read(path).steps


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ({"send": {"answers": [{"status": 202, "tims": 2}]}}, "/steps/0/send/answers/0/tims: Extra inputs"),
        ({"expect": {"rows": {"id": "1"}}}, "/steps/0/expect/rows: Extra inputs"),
        ({"send": {"answers": []}, "settle": 1.0}, "/steps/0: Value error, a step has exactly one of"),
        ({"send": {"answers": [{"status": "202"}]}}, "/steps/0/send/answers/0/status: Input should be a valid integer"),
        ({"expect": {"logged": {"function": "ingestion", "has": {}}}}, "/steps/0/expect/logged/function: Input should"),
    ],
)
def test_a_mistake_is_named_with_its_place(tmp_path: Path, step: dict[str, Any], said: str) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps({"title": "wrong", "profile": "quick", "steps": [step]}), encoding="utf-8")

    with pytest.raises(ConfigError) as refused:
        scenario.read(path)

    assert f"{path}: {said}" in str(refused.value)


def test_texts_are_filled_and_whole_values_keep_their_type() -> None:
    values = {"n": 7, "run": "ab", "plans": {"rate-1": "x"}}

    assert filled({"id": "e-${n}-${run}", "qty": "${n}", "plan": "${plans.rate-1}"}, values) == {
        "id": "e-7-ab",
        "qty": 7,
        "plan": "x",
    }
    assert filled({"$json": {"n": "${n}"}}, values) == '{"n": 7}'
    assert filled({"$text": 20}, values) == "lorem ipsum lorem ip"
    assert filled({"$body": "inventory_update", "id": "i-${run}", "qty": 1}, values)["externalEventId"] == "i-ab"
    with pytest.raises(UnknownValueError, match="nothing has set \\$\\{missing\\}"):
        filled("${missing}", values)


@pytest.mark.parametrize(
    ("expected", "actual", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {"b": 1}}, {"a": {}}, ["/a/b: is missing"]),
        ({"a": True}, {"a": 1}, ["/a: 1 is not True"]),
        ([1, 2], [1], ["/: [1] does not have 2 items"]),
        ({"$matches": "[0-9]+"}, "12", []),
        ({"$matches": "[0-9]+"}, "12a", ["/: '12a' does not match [0-9]+"]),
        ({"$atLeast": 2}, 1, ["/: 1 is not at least 2"]),
        ({"a": {"$any": True}}, {}, ["/a: is missing"]),
    ],
)
def test_differences_are_named(expected: Any, actual: Any, found: list[str]) -> None:
    assert differences(expected, actual) == found


def test_what_is_not_shown_is_never_a_pass(tmp_path: Path) -> None:
    verdicts = [
        Verdict("one", "first", State.PASSED, 1.5, not_shown=("step 2: the emulator lets everyone in",)),
        Verdict("two", "second", State.FAILED, 2, detail="step 1: answered 500"),
        Verdict("three", "third", State.NOT_SHOWN, 0, not_shown=("the emulator has no such thing",)),
    ]

    report.write_junit(tmp_path / "junit.xml", verdicts, "emulator")

    suite = ET.parse(tmp_path / "junit.xml").getroot()
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "skipped": "2",
    }
    said = report.summary(verdicts, "emulator")
    assert "emulator: 1 ok, 1 FAILED, 2 not shown" in said
    assert "one, step 2: the emulator lets everyone in" in said
