"""The codes in the contracts are those that the handlers use: none is missing, none is invented."""

from __future__ import annotations

from handlers.values import ReasonCode, Stage, Status
from tests.contracts.documents import schemas

DEFINITIONS = {name: schema.get("$defs", {}) for name, schema in schemas().items()}
QUARANTINE = DEFINITIONS["event-status.schema.json"]["QuarantineStatus"]["properties"]


def test_reasons_of_quarantine() -> None:
    assert QUARANTINE["reason"]["enum"] == [reason.value for reason in ReasonCode]


def test_stages_of_quarantine() -> None:
    assert QUARANTINE["stage"]["enum"] == [stage.value for stage in Stage]


def test_states_of_an_event() -> None:
    assert DEFINITIONS["common.schema.json"]["Status"]["enum"] == [status.value for status in Status]
