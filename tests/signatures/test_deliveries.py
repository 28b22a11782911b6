"""Signed requests through the entry point: taken once, however they are sent again; refused without a trace."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from codegen.frontend import mapping
from generated.registry import REGISTRY
from handlers.core.envelopes import MAX_EVENT_BYTES
from handlers.core.signatures.requests import SignatureFault
from tests.handlers.deployments import profile_of
from tests.handlers.world import envelope
from tests.signatures.deliveries import SENDERS, Sender, post, several, statuses
from tests.signatures.signers import SIGNERS, Signed, adyen_body
from tests.signatures.test_matrix import WINDOWS

if TYPE_CHECKING:
    from tests.handlers.world import Answer, World

SECOND = timedelta(seconds=1)
senders = pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)


def assert_refused(answer: Answer) -> None:
    """By the one refusal that says nothing."""
    assert (answer.status, answer.body["code"]) == (401, "UNAUTHENTICATED")
    assert answer.body["detail"] == "The signature is missing or does not hold."


def test_there_is_a_sender_for_each_scheme() -> None:
    assert {*SENDERS} == {*SIGNERS}


@senders
def test_a_captured_request_that_is_sent_again_is_a_duplicate(world: World, sender: Sender) -> None:
    sender.install(world)
    captured = sender.sign(world)
    first = post(world, sender, captured)
    assert first.status == 202
    assert statuses(first) <= {"ACCEPTED"}
    before = world.traces()
    world.clock.advance(seconds=59)
    again = post(world, sender, captured)
    # What the vendor does not sign, anybody may change.
    changed = {name.replace("-", "_"): f"{value}-changed" for name, value in sender.unsigned.items()}
    otherwise = post(world, sender, captured, **changed, x_request_id="1", idempotency_key="2")
    for answer in (again, otherwise):
        assert answer.status == 200
        assert statuses(answer) <= {"DUPLICATE"}
    if statuses(first) and "ingestId" in first.body:
        assert first.body["ingestId"] == again.body["ingestId"] == otherwise.body["ingestId"]
    assert world.traces() == before
    world.drain()
    told = [event["eventId"] for event in world.feed()]
    assert told
    assert len(told) == len(set(told))


@senders
def test_a_request_that_is_sent_again_after_a_day_is_refused_where_its_time_is_signed(
    world: World, sender: Sender
) -> None:
    sender.install(world)
    captured = sender.sign(world)
    assert post(world, sender, captured).status == 202
    before = world.traces()
    world.clock.advance(days=4)
    answer = post(world, sender, captured)
    if sender.scheme in WINDOWS:
        assert_refused(answer)
    else:
        assert answer.status == 200
    assert world.traces() == before


@senders
def test_a_request_that_is_not_the_vendor_s_leaves_no_trace(world: World, sender: Sender) -> None:
    sender.install(world)
    good = sender.sign(world)
    document = json.loads(good.body)
    flipped = good.body.replace(b'"success": "true"', b'"success": "false"', 1)
    bodies = [flipped if sender.scheme == "adyen" else good.body[:-1] + b" " + good.body[-1:]]
    if sender.scheme != "adyen":
        bodies.append(json.dumps(document, separators=(",", ":"), sort_keys=True).encode())
    requests = [replace(good, body=body) for body in bodies if body != good.body]
    requests.append(sender.sign(world, secret=sender.signer.other))
    requests.append(replace(good, headers={}, body=sender.body))
    assert len(requests) >= 3
    for request in requests:
        assert_refused(post(world, sender, request))
    assert world.traces() == (0, 0, 0)


@senders
def test_the_log_says_why_a_request_is_refused_and_the_answer_does_not(
    world: World, sender: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    def reason(signed: Signed, by: Sender = sender) -> str:
        caplog.clear()
        assert_refused(post(world, by, signed))
        (record,) = caplog.records
        found = record.__dict__["reason"]
        assert found in {*SignatureFault}
        return str(found)

    caplog.set_level("INFO", "dvss.ingest")
    sender.install(world)
    good = sender.sign(world)
    for stranger in ("nobody", "vendorA"):
        assert reason(good, replace(sender, vendor_id=stranger)) == "NO_VENDOR"
    assert reason(replace(good, headers={}, body=b"{}")) == "NOT_SIGNED"
    assert reason(sender.sign(world, secret=sender.signer.other)) == "SIGNATURE_WRONG"
    if sender.scheme in WINDOWS:
        past, ahead = WINDOWS[sender.scheme]
        assert reason(sender.sign(world, later=-past - SECOND)) == "TIME_NOT_NEAR"
        assert reason(sender.sign(world, later=ahead + SECOND)) == "TIME_NOT_NEAR"
    if sender.scheme == "paypal":
        world.clock.advance(days=31)
        assert reason(sender.sign(world)) == "CERTIFICATE_NOT_VALID"
    assert world.traces() == (0, 0, 0)


@pytest.mark.parametrize("scheme", WINDOWS)
def test_a_signed_time_is_taken_up_to_its_edge_and_not_a_second_beyond(world: World, scheme: str) -> None:
    sender = SENDERS[scheme]
    sender.install(world)
    past, ahead = WINDOWS[scheme]
    for later in (-past - SECOND, ahead + SECOND, timedelta(seconds=-301) if scheme != "paypal" else -past - SECOND):
        assert_refused(post(world, sender, sender.sign(world, later=later)))
    assert_refused(post(world, sender, sender.sign(world, later=timedelta(seconds=301))))
    assert world.traces() == (0, 0, 0)
    for later in (-past, ahead):
        assert post(world, sender, sender.sign(world, later=later)).status in {202, 200}


def test_of_several_items_one_bad_signature_refuses_them_all(world: World) -> None:
    sender = SENDERS["adyen"]
    sender.install(world)
    good = sender.sign(world, body=several(sender, 3))
    items = [one["NotificationRequestItem"] for one in json.loads(good.body)["notificationItems"]]
    assert len(items) == 3
    for place in range(3):
        changed = {"success": "false" if items[place]["success"] == "true" else "true"}
        bad = [item | changed if number == place else item for number, item in enumerate(items)]
        assert_refused(post(world, sender, replace(good, body=adyen_body(*bad))))
        assert world.traces() == (0, 0, 0)
    answer = post(world, sender, good)
    assert (answer.status, answer.text) == (202, "[accepted]")
    assert world.traces() == (1, 3, 0)
    again = post(world, sender, good)
    assert (again.status, again.text) == (200, "[accepted]")
    assert world.traces() == (1, 3, 0)


UNKNOWN = ("nobody", "vendorA", "amazon", "../x", "a/b", "A" * 65, "square\n", "ключ", "")


@pytest.mark.parametrize("scheme", SENDERS)
def test_a_vendor_that_there_is_not_is_refused_as_a_wrong_signature_is(world: World, scheme: str) -> None:
    sender = SENDERS[scheme]
    sender.install(world)
    wrong = sender.sign(world, secret=sender.signer.other)
    known = post(world, sender, wrong)
    assert_refused(known)
    for vendor_id in UNKNOWN:
        other = replace(sender, vendor_id=vendor_id)
        answer = post(world, other, wrong)
        assert (answer.status, answer.text, answer.headers) == (known.status, known.text, known.headers)
        # Nor is a good signature of a known vendor good elsewhere.
        assert_refused(post(world, other, sender.sign(world)))
    assert world.traces() == (0, 0, 0)


def test_the_log_tells_a_wrong_secret_from_a_wrong_path(embedded: World, caplog: pytest.LogCaptureFixture) -> None:
    sender = SENDERS["square"]
    wrong = sender.sign(embedded, secret=sender.signer.other)
    caplog.set_level("INFO")
    for vendor_id in ("square", "nobody"):
        post(embedded, replace(sender, vendor_id=vendor_id), wrong)
    assert [getattr(record, "vendorId", None) for record in caplog.records] == ["square", None]


def test_no_vendor_s_limit_shows_before_its_signature(world: World) -> None:
    """A body over a vendor's own limit is too large for the vendor alone; over everybody's, for everybody."""
    assert mapping.MAX_PAYLOAD_BYTES == MAX_EVENT_BYTES
    limit = profile_of("square").max_payload_bytes
    assert limit < MAX_EVENT_BYTES
    sender = SENDERS["square"]
    sender.install(world)
    large = sender.sign(world, body=b" " * (limit + 1))
    answer = post(world, sender, large)
    assert (answer.status, answer.body["code"]) == (413, "PAYLOAD_TOO_LARGE")
    for body, status in ((large.body, 401), (b" " * MAX_EVENT_BYTES, 401), (b" " * (MAX_EVENT_BYTES + 1), 413)):
        for vendor_id in ("square", "shopify", "nobody"):
            unsigned = replace(large, headers={}, body=body)
            assert post(world, replace(sender, vendor_id=vendor_id), unsigned).status == status
    assert world.traces() == (0, 0, 0)


def test_what_is_no_topic_is_not_found_whoever_is_asked_for(world: World) -> None:
    for vendor_id in ("square", "vendorA", "nobody"):
        for topic in ("", "a/b", "../x", "a b", "é", "x" * 129):
            sender = replace(SENDERS["square"], vendor_id=vendor_id, topic=topic)
            answer = post(world, sender, sender.sign(world))
            assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND"), (vendor_id, topic)


def test_where_no_vendor_signs_a_webhook_is_refused_all_the_same(world: World) -> None:
    class Unsigned:
        """Contracts without a webhook."""

        def vendor(self, vendor_id: str) -> object:
            profile = REGISTRY.vendor(vendor_id)
            return profile and replace(profile, webhook=None)

        def __getattr__(self, name: str) -> object:
            return getattr(REGISTRY, name)

    sender = SENDERS["square"]
    sender.install(world)
    world.use(Unsigned())  # type: ignore[arg-type] # a registry in all that is asked of it
    assert_refused(post(world, sender, sender.sign(world)))


def test_a_body_that_names_another_vendor_than_its_key_is_refused_counted_and_not_kept(world: World) -> None:
    for vendor_id in ("square", "nobody"):
        answer = world.post(envelope(vendorId=vendor_id))
        assert (answer.status, answer.body["code"]) == (403, "VENDOR_MISMATCH")
    assert world.traces() == (0, 0, 0)
    counted = {name: count for (name, _), count in world.metrics.counts.items()}
    assert counted == {"dvss.ingest.failed_validation": 2}
