"""The codes in the contracts are those that the handlers use: none is missing, none is invented."""

from __future__ import annotations

from generated.runtime.exact_json import JsonFault
from handlers.core import envelopes
from handlers.core.acceptance import Outcome
from handlers.core.problems import STATUS, ProblemCode
from handlers.values import ReasonCode, Stage, Status
from tests.contracts.documents import openapi, schemas

DEFINITIONS = {name: schema.get("$defs", {}) for name, schema in schemas().items()}
PROBLEM_CODES = DEFINITIONS["problem.schema.json"]["ProblemCode"]
QUARANTINE = DEFINITIONS["event-status.schema.json"]["QuarantineStatus"]["properties"]


def test_reasons_of_quarantine() -> None:
    assert QUARANTINE["reason"]["enum"] == [reason.value for reason in ReasonCode]


def test_stages_of_quarantine() -> None:
    assert QUARANTINE["stage"]["enum"] == [stage.value for stage in Stage]


def test_states_of_an_event() -> None:
    assert DEFINITIONS["common.schema.json"]["Status"]["enum"] == [status.value for status in Status]


def test_codes_of_problems() -> None:
    codes = [*JsonFault, *ProblemCode]
    assert PROBLEM_CODES["enum"] == [code.value for code in codes]
    assert [code for code in codes if f"`{code}`" not in PROBLEM_CODES["description"]] == []


def test_problems_are_documented_under_the_status_that_they_are_sent_with() -> None:
    found = {
        example["value"]["code"]: example["value"]["status"]
        for response in openapi()["components"]["responses"].values()
        for example in response["content"]["application/problem+json"]["examples"].values()
    }
    assert found == STATUS | {JsonFault.NOT_JSON: 400, JsonFault.NUMBER_TOO_LONG: 400}


def test_verdicts_on_deliveries() -> None:
    outcomes = [outcome.value for outcome in Outcome]
    assert schemas()["accepted.schema.json"]["properties"]["status"]["enum"] == outcomes
    item = DEFINITIONS["batch-result.schema.json"]["ItemResult"]["properties"]
    assert item["status"]["enum"] == [*outcomes, "REJECTED"]


def test_ids_that_webhooks_are_read_with() -> None:
    common = DEFINITIONS["common.schema.json"]
    for pattern, name in ((envelopes.PRINTABLE_ID, "ExternalEventId"), (envelopes.EVENT_TYPE, "EventType")):
        assert common[name]["pattern"] == f"^{pattern.pattern.replace('(?:', '(')}$"
