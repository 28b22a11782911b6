"""Ids that try to leave their vendor's place are refused at the surface, leave nothing behind and forge no log line."""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

import pytest

from dvss.server.logs import JsonLines
from tests.apart.hostile_ids import VENDOR_IDS
from tests.handlers.world import envelope

if TYPE_CHECKING:
    from tests.handlers.world import Answer, World

ADMITTED = (
    "a/b", "../../vendorA", "#", "a#b", "C#inv-1#" + "0" * 64, "%2e%2e", "x" * 256, "a b", "'; --", "{}", "\\u0000",
)  # fmt: skip
REFUSED = (
    "", " ", " a", "a ", "a\nb", "a\r\nb", "a\x00b", "\x1b[2J", "x" * 257, "x" * 1_025, "x" * 10_240,
    "🗝️", "é", "e\u0301", "\u202ea", "\uff41", "a\u2028b",
)  # fmt: skip


def log_of(caplog: pytest.LogCaptureFixture) -> str:
    caplog.handler.flush()
    return "\n".join(JsonLines().format(record) for record in caplog.records)


def assert_no_line_is_forged(caplog: pytest.LogCaptureFixture) -> None:
    text = log_of(caplog)
    assert len(text.splitlines()) == len(caplog.records)
    assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
    assert text.isprintable() or text.replace("\n", "").isprintable()


@pytest.mark.parametrize("vendor_id", VENDOR_IDS)
def test_no_body_has_such_a_vendor(world: World, vendor_id: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answers = [world.post(envelope(vendorId=vendor_id)), world.post_batch(envelope(vendorId=vendor_id))]
    single, (item,) = answers[0], answers[1].body.get("results", [answers[1].body])
    assert single.status in {400, 403, 422}
    assert single.body["code"] == item["code"]
    assert world.traces() == (0, 0, 0)
    assert_no_line_is_forged(caplog)


@pytest.mark.parametrize("vendor_id", VENDOR_IDS)
def test_no_path_has_such_a_vendor(world: World, vendor_id: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    answer = world.call(
        "POST", "/v1/webhooks/{vendorId}/{topic}", b"{}", pathParameters={"vendorId": vendor_id, "topic": "events"}
    )
    assert answer.status in {400, 401, 404}
    assert "retry-after" not in answer.headers
    assert world.traces() == (0, 0, 0)
    assert_no_line_is_forged(caplog)


@pytest.mark.parametrize("name", ADMITTED)
def test_an_id_with_separators_is_an_id_and_in_no_key(
    world: World, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    assert world.post(envelope(name)).status == 202
    assert world.post(envelope(name)).status == 200
    (key,) = world.raw_keys()
    assert (key.split("/")[:2], key.count("/")) == (["raw", "vendorA"], 5)
    assert name not in key or name == "#"
    assert world.status_of(name).body["externalEventId"] == name
    assert_no_line_is_forged(caplog)
    assert world.drain() == []
    assert [event["externalEventId"] for event in world.feed()] == [name]


@pytest.mark.parametrize("name", REFUSED)
def test_an_id_that_is_none_is_refused_everywhere(world: World, name: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    single = world.post(envelope(name))
    assert single.status in {400, 422}
    (item,) = world.post_batch(envelope(name)).body.get("results", [{}])
    assert item.get("status", "REJECTED") == "REJECTED"
    assert world.traces() == (0, 0, 0)
    assert world.status_of(name).status == 404
    assert_no_line_is_forged(caplog)


def test_a_key_of_one_vendor_sends_nothing_as_another(world: World) -> None:
    before = world.metrics.total("dvss.ingest.failed_validation")
    bodies: list[Any] = [envelope(vendorId="square"), envelope(vendorId="nobody"), envelope(vendorId="VENDORA")]
    answers: list[Answer] = [world.post(body) for body in bodies]
    assert {(answer.status, answer.body["code"]) for answer in answers} == {(403, "VENDOR_MISMATCH")}
    # Whether there is such a vendor is not told.
    assert len({json.dumps(answer.body, sort_keys=True) for answer in answers}) == 1
    assert world.metrics.total("dvss.ingest.failed_validation") == before + 3
    batch = world.post_batch(envelope("mine"), envelope("theirs", vendorId="square"))
    assert [one["status"] for one in batch.body["results"]] == ["ACCEPTED", "REJECTED"]
    assert batch.body["results"][1]["code"] == "VENDOR_MISMATCH"
    assert world.traces() == (1, 1, 0)
