"""The lanes and the feed of this machine, and the log of failures."""

from __future__ import annotations

import threading
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

import pytest

from dvss.embedded.lanes import MOST_MESSAGES, LaneQueues
from handlers.values import BusMessage, Lane, TransientError
from tests.ports.examples import NOW, accepted_message, at_once, canonical_message

if TYPE_CHECKING:
    from dvss.embedded.backend import EmbeddedBackend
    from tests.ports.examples import ManualClock


class TestLanes:
    @pytest.fixture
    def lanes(self, clock: ManualClock) -> LaneQueues:
        return LaneQueues(clock, most_messages=3)

    def test_a_full_lane_refuses_and_the_others_do_not(self, lanes: LaneQueues) -> None:
        offered = [lanes.offer(Lane.LIVE, accepted_message(number)) for number in range(5)]
        assert offered == [True, True, True, False, False]
        assert lanes.offer(Lane.REPLAY, accepted_message(9))
        assert [lanes.depth(lane) for lane in (Lane.LIVE, Lane.REPLAY, Lane.WORKFLOW)] == [3, 1, 0]
        assert [entry.message for entry in lanes.take(Lane.LIVE, 10, 0)] == [accepted_message(n) for n in range(3)]
        assert lanes.offer(Lane.LIVE, accepted_message(4))

    def test_takes_no_more_than_asked_for_oldest_first(self, lanes: LaneQueues) -> None:
        for number in range(3):
            lanes.offer(Lane.LIVE, accepted_message(number))
        taken = [[entry.message for entry in lanes.take(Lane.LIVE, 2, 0)] for _ in range(3)]
        assert taken == [[accepted_message(0), accepted_message(1)], [accepted_message(2)], []]

    def test_waits_for_a_message(self, lanes: LaneQueues) -> None:
        begun = threading.Event()

        def offer() -> None:
            begun.wait()
            lanes.offer(Lane.LIVE, accepted_message())

        sender = threading.Thread(target=offer)
        sender.start()
        began = monotonic()
        begun.set()
        assert [entry.message for entry in lanes.take(Lane.LIVE, 1, wait_seconds=40)] == [accepted_message()]
        assert monotonic() - began < 20
        sender.join()

    def test_waits_no_longer_than_it_may(self, lanes: LaneQueues) -> None:
        began = monotonic()
        assert lanes.take(Lane.LIVE, 1, wait_seconds=0.05) == []
        assert 0.04 < monotonic() - began < 10

    def test_each_message_is_taken_once(self, clock: ManualClock) -> None:
        lanes = LaneQueues(clock)

        def offer_or_take(number: int) -> list[str]:
            if number % 2:
                for step in range(100):
                    assert lanes.offer(Lane.LIVE, accepted_message(100 * number + step))
                return []
            taken: list[str] = []
            while len(taken) < 100:
                taken += [entry.message.message_id for entry in lanes.take(Lane.LIVE, 1, wait_seconds=30)]
            return taken

        taken = sorted(message_id for own in at_once(offer_or_take) for message_id in own)
        assert taken == sorted(
            accepted_message(100 * n + step).message_id for n in range(1, 32, 2) for step in range(100)
        )

    def test_a_taken_message_goes_on_ageing(self, lanes: LaneQueues, clock: ManualClock) -> None:
        lanes.offer(Lane.LIVE, accepted_message())
        (taken,) = lanes.take(Lane.LIVE, 1, 0)
        clock.at = NOW + timedelta(seconds=90)
        assert lanes.age(taken) == timedelta(seconds=90)

    def test_a_lane_holds_a_hundred_thousand(self) -> None:
        assert MOST_MESSAGES == 100_000


class TestBus:
    def test_returns_what_a_full_lane_refused(self, backend: EmbeddedBackend, clock: ManualClock) -> None:
        backend.lanes._most_messages = 1
        messages = [accepted_message(1), canonical_message(), accepted_message(2), accepted_message(3, Lane.REPLAY)]
        assert backend.bus.publish(messages) == [accepted_message(2)]
        assert backend.lanes.depth(Lane.REPLAY) == backend.feed.latest_seq() == 1

    def test_failures_go_to_the_log_with_their_detail(
        self, backend: EmbeddedBackend, caplog: pytest.LogCaptureFixture
    ) -> None:
        backend.bus.publish([BusMessage("failed-1", "normalize.failed", b'{"reason":"NO_MAPPING","vendorId":"acme"}')])
        (line,) = caplog.records
        assert (line.name, line.levelname) == ("dvss.bus", "WARNING")
        assert (line.__dict__["reason"], line.__dict__["vendorId"]) == ("NO_MAPPING", "acme")

    def test_a_feed_that_cannot_be_written_is_a_transient_error(self, backend: EmbeddedBackend) -> None:
        backend._database.close()
        with pytest.raises(TransientError):
            backend.bus.publish([canonical_message()])


class TestFeed:
    def test_is_read_page_by_page_in_the_order_of_publication(self, backend: EmbeddedBackend) -> None:
        assert (backend.feed.latest_seq(), list(backend.feed.after(0, 10))) == (0, [])
        for number in (3, 1, 2, 1, 5, 4):
            backend.bus.publish([canonical_message(number)])
        seen: list[str] = []
        seq = 0
        while page := backend.feed.after(seq, 2):
            assert len(page) <= 2
            assert [entry.seq for entry in page] == sorted(entry.seq for entry in page)
            seen += [entry.message_id for entry in page]
            seq = page[-1].seq
        assert seen == [f"canonical-{number}" for number in (3, 1, 2, 5, 4)]
        assert seq == backend.feed.latest_seq()

    def test_keeps_bytes_and_type(self, backend: EmbeddedBackend) -> None:
        backend.bus.publish([canonical_message()])
        (entry,) = backend.feed.after(0, 10)
        assert (entry.detail_type, entry.detail) == ("InventoryUpdated", canonical_message().detail)

    def test_a_reader_that_goes_on_after_the_last_entry_misses_none(self, backend: EmbeddedBackend) -> None:
        done = threading.Event()
        seen: list[str] = []

        def follow() -> None:
            seq = 0
            while True:
                last_round = done.is_set()
                page = backend.feed.after(seq, 5)
                seen.extend(entry.message_id for entry in page)
                if page:
                    seq = page[-1].seq
                elif last_round:
                    return

        reader = threading.Thread(target=follow)
        reader.start()
        at_once(lambda number: [backend.bus.publish([canonical_message(100 * number + step)]) for step in range(10)])
        done.set()
        reader.join()
        expected = [f"canonical-{100 * number + step}" for number in range(32) for step in range(10)]
        assert sorted(seen) == sorted(expected)
