"""The judge of histories tells those that can be from those that cannot."""

from __future__ import annotations

import pytest

from tests.faults.history import ACCEPTED, CONFLICT, DUPLICATE, History, Operation, contradictions

UNANSWERED = Operation("a", "one", 1)


def told(invoked: int, answered: int, verdict: str, payload: str = "one", ingest_id: str = "1") -> Operation:
    return Operation("a", payload, invoked, answered, verdict, ingest_id)


@pytest.mark.parametrize(
    "operations",
    [
        [],
        [UNANSWERED],
        [told(1, 2, ACCEPTED), told(3, 4, DUPLICATE), told(5, 6, CONFLICT, "two")],
        # The first that was sent need not be the first that is told.
        [told(1, 6, ACCEPTED), told(2, 3, DUPLICATE), told(4, 5, CONFLICT, "two")],
        [UNANSWERED, told(2, 3, DUPLICATE)],
        [UNANSWERED, told(2, 3, CONFLICT, "two")],
        [told(1, 2, ACCEPTED), Operation("b", "two", 3, 4, ACCEPTED, "2")],
    ],
)
def test_a_history_of_a_sound_system_is_not_contradicted(operations: list[Operation]) -> None:
    assert list(contradictions(operations)) == []


@pytest.mark.parametrize(
    ("operations", "found"),
    [
        ([told(1, 2, ACCEPTED), told(3, 4, ACCEPTED)], "ACCEPTED 2 times"),
        ([told(1, 2, ACCEPTED), told(3, 4, DUPLICATE, ingest_id="2")], "answers name 2 ingest ids"),
        ([told(1, 2, ACCEPTED), told(3, 4, DUPLICATE, "two")], "2 payloads were taken for one"),
        ([told(1, 2, ACCEPTED), told(3, 4, CONFLICT)], "both taken and refused"),
        ([told(2, 1, ACCEPTED)], "told before it was asked for"),
        ([told(1, 2, DUPLICATE)], "DUPLICATE of nothing"),
        ([told(1, 4, DUPLICATE), told(2, 3, DUPLICATE)], "nobody ACCEPTED"),
        ([told(1, 2, CONFLICT)], "CONFLICT with nothing"),
        ([told(1, 2, CONFLICT), Operation("a", "two", 3)], "CONFLICT with nothing"),
        ([UNANSWERED, told(2, 3, DUPLICATE), told(4, 5, ACCEPTED)], "told before the ACCEPTED one was sent"),
    ],
)
def test_a_history_that_cannot_be_is_contradicted(operations: list[Operation], found: str) -> None:
    assert any(found in one for one in contradictions(operations))


def test_a_history_orders_what_it_is_told() -> None:
    history = History()
    first = history.invoke("a", "one")
    second = history.invoke("a", "one")
    history.answer(second, ACCEPTED, "1")
    history.answer(first, DUPLICATE, "1")
    assert list(history.operations()) == [told(1, 4, DUPLICATE), told(2, 3, ACCEPTED)]
    assert list(contradictions(history.operations())) == []
