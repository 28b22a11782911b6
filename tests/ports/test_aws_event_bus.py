"""How messages go to EventBridge: so many a call, as references where they are large; and what becomes of the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from generated.runtime.json_forms import dump
from handlers.values import BusMessage, Lane, ObjectVersion, TransientError
from tests.ports.aws import CANONICAL_QUEUE, NORMALIZED_BUCKET
from tests.ports.aws_faults import json_error, refused_entries
from tests.ports.examples import accepted_message, canonical_message, sha256

if TYPE_CHECKING:
    from tests.ports.aws import Cloud

PUT_EVENTS = "eventbridge.PutEvents"
REFUSAL = json_error("AccessDeniedException")
STORED = ObjectVersion("normalized/OrderPlaced/1.json", "v1", sha256(b"{}"))


def sized(number: int, size: int, normalized: ObjectVersion | None = None) -> BusMessage:
    """A canonical message whose detail has exactly so many bytes."""
    event = {"ingestId": "01", "eventId": f"01-{number}", "revision": 2, "vendorId": "ключ", "data": {"name": ""}}
    event["data"] = {"name": "x" * (size - len(dump(event)))}
    detail = dump(event)
    assert len(detail) == size
    return BusMessage(f"01-{number}#2", "OrderPlaced", detail, normalized=normalized)


def test_ten_messages_go_in_a_call(cloud: Cloud) -> None:
    messages = [accepted_message(number) for number in range(21)]
    assert list(cloud.bus.publish(messages)) == []
    assert [len(sent["Entries"]) for sent in cloud.wire.bodies(PUT_EVENTS)] == [10, 10, 1]


def test_an_entry_names_its_source_and_its_message(cloud: Cloud) -> None:
    failed = BusMessage("failed-1", "normalize.failed", b"{}")
    cloud.bus.publish([accepted_message(1, Lane.REPLAY), canonical_message(1), failed])
    (sent,) = cloud.wire.bodies(PUT_EVENTS)
    assert [(one["Source"], one["DetailType"], one["Resources"], one["EventBusName"]) for one in sent["Entries"]] == [
        ("dvss.ingest", "ingest.accepted", ["accepted-1"], "dvss-test"),
        ("dvss.normalize", "InventoryUpdated", ["canonical-1"], "dvss-test"),
        ("dvss.normalize", "normalize.failed", ["failed-1"], "dvss-test"),
    ]
    assert sent["Entries"][1]["Detail"].encode() == canonical_message(1).detail


def test_a_call_stays_below_what_eventbridge_takes(cloud: Cloud) -> None:
    messages = [sized(number, size) for number, size in enumerate([100_000, 100_000, 100_000, 200_000, 30_000, 20_000])]
    assert list(cloud.bus.publish(messages)) == []
    calls = cloud.wire.bodies(PUT_EVENTS)
    assert [len(sent["Entries"]) for sent in calls] == [2, 1, 2, 1]
    for sent in calls:
        texts = [one[name] for one in sent["Entries"] for name in ("Detail", "Source", "DetailType")]
        assert sum(len(text.encode()) for text in texts) < 240_000


@pytest.mark.parametrize("size", [200_000, 200_001, 1_000_000])
def test_a_large_event_goes_as_a_reference(cloud: Cloud, size: int) -> None:
    message = sized(1, size, STORED)
    assert list(cloud.bus.publish([message])) == []
    (arrived,) = cloud.arrived(CANONICAL_QUEUE)
    assert arrived.message_id == message.message_id
    if size == 200_000:
        assert arrived.detail == message.detail
        return
    assert json.loads(arrived.detail) == {
        "ingestId": "01",
        "eventId": "01-1",
        "revision": 2,
        "vendorId": "ключ",
        "normalizedRef": {
            "bucket": NORMALIZED_BUCKET,
            "key": STORED.key,
            "versionId": "v1",
            "sha256": STORED.sha256,
        },
    }


def test_what_is_too_large_and_stored_nowhere_is_refused_and_stops_nothing(cloud: Cloud) -> None:
    large, small = sized(1, 240_000), canonical_message(1)
    assert list(cloud.bus.publish([small, large, accepted_message()])) == [large]
    assert cloud.arrived(CANONICAL_QUEUE) == [small]


def test_what_eventbridge_refuses_is_told(cloud: Cloud) -> None:
    messages = [canonical_message(number) for number in range(12)]
    cloud.wire.fail(PUT_EVENTS, refused_entries([0, 9]), refused_entries([1]))
    assert list(cloud.bus.publish(messages)) == [messages[0], messages[9], messages[11]]
    arrived = {message.message_id for message in cloud.arrived(CANONICAL_QUEUE)}
    assert arrived == {message.message_id for message in messages} - {"canonical-0", "canonical-9", "canonical-11"}
    cloud.wire.fail(PUT_EVENTS, refused_entries(range(3)))
    assert list(cloud.bus.publish(messages[:3])) == messages[:3]


def test_after_a_failure_the_rest_is_refused_and_not_sent(cloud: Cloud) -> None:
    messages = [sized(0, 240_000), *(accepted_message(number) for number in range(35))]
    cloud.wire.fail(PUT_EVENTS, refused_entries([2]), REFUSAL)
    assert list(cloud.bus.publish(messages)) == [messages[0], messages[3], *messages[11:]]
    assert cloud.wire.counted() == {PUT_EVENTS: 2}


def test_where_nothing_was_sent_the_failure_is_the_answer(cloud: Cloud) -> None:
    cloud.wire.fail(PUT_EVENTS, REFUSAL)
    with pytest.raises(TransientError):
        cloud.bus.publish([accepted_message(number) for number in range(35)])
    assert cloud.wire.counted() == {PUT_EVENTS: 1}
