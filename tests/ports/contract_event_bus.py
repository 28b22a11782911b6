"""What every EventBus and every Lanes promise."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from handlers.values import BusMessage, Lane
from tests.ports.examples import THREADS, accepted_message, at_once, canonical_message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handlers.ports import EventBus, Lanes


class EventBusContract:
    @pytest.fixture
    def bus(self) -> EventBus:
        raise NotImplementedError

    def received(self, lane: Lane) -> Sequence[BusMessage]:
        """Take what has arrived in the queue of a lane."""
        raise NotImplementedError

    def delivered(self) -> Sequence[BusMessage]:
        """The canonical events that reached their consumers, each message id once."""
        raise NotImplementedError

    def test_accepted_events_arrive_in_their_lane(self, bus: EventBus) -> None:
        messages = {lane: accepted_message(number, lane) for number, lane in enumerate(Lane)}
        assert list(bus.publish(list(messages.values()))) == []
        for lane, message in messages.items():
            assert list(self.received(lane)) == [message]

    def test_canonical_events_reach_the_consumers_and_no_lane(self, bus: EventBus) -> None:
        messages = [canonical_message(number) for number in range(3)]
        assert list(bus.publish(messages)) == []
        assert sorted(self.delivered(), key=lambda message: message.message_id) == messages
        assert [message for lane in Lane for message in self.received(lane)] == []

    def test_a_message_that_is_sent_again_counts_once(self, bus: EventBus) -> None:
        bus.publish([canonical_message(), canonical_message()])
        bus.publish([canonical_message()])
        assert list(self.delivered()) == [canonical_message()]

    def test_failures_leave_without_reaching_lanes_or_canonical_consumers(self, bus: EventBus) -> None:
        assert list(bus.publish([BusMessage("failed-1", "normalize.failed", b'{"reason":"NO_MAPPING"}')])) == []
        assert list(self.delivered()) == []
        assert [message for lane in Lane for message in self.received(lane)] == []

    def test_messages_of_every_kind_travel_together(self, bus: EventBus) -> None:
        failed = BusMessage("failed-1", "normalize.failed", b"{}")
        assert list(bus.publish([canonical_message(), failed, accepted_message()])) == []
        assert list(self.delivered()) == [canonical_message()]
        assert list(self.received(Lane.LIVE)) == [accepted_message()]

    def test_nothing_to_publish_is_no_error(self, bus: EventBus) -> None:
        assert list(bus.publish([])) == []

    def test_many_threads_publish_at_once(self, bus: EventBus) -> None:
        refused = at_once(lambda number: bus.publish([accepted_message(number), canonical_message(number)]))
        assert [list(messages) for messages in refused] == [[]] * THREADS
        assert {message.message_id for message in self.delivered()} == {f"canonical-{n}" for n in range(THREADS)}
        arrived = [message.message_id for message in self.received(Lane.LIVE)]
        assert sorted(arrived) == sorted(f"accepted-{number}" for number in range(THREADS))


class LanesContract:
    @pytest.fixture
    def lanes(self) -> Lanes:
        raise NotImplementedError

    def send(self, message: BusMessage) -> None:
        """Put a message into its lane, now."""
        raise NotImplementedError

    def take(self, lane: Lane) -> None:
        """Take the oldest message out of a lane, for good."""
        raise NotImplementedError

    def wait(self, period: timedelta) -> None:
        """Let time pass."""
        raise NotImplementedError

    def test_an_empty_lane_has_no_age(self, lanes: Lanes) -> None:
        assert [lanes.oldest_message_age(lane) for lane in Lane] == [timedelta(0)] * 3

    def test_the_oldest_message_gives_its_lane_its_age(self, lanes: Lanes) -> None:
        self.send(accepted_message(1))
        self.wait(timedelta(seconds=100))
        self.send(accepted_message(2))
        self.wait(timedelta(seconds=30))
        assert lanes.oldest_message_age(Lane.LIVE) == timedelta(seconds=130)
        assert lanes.oldest_message_age(Lane.REPLAY) == timedelta(0)
        self.take(Lane.LIVE)
        assert lanes.oldest_message_age(Lane.LIVE) == timedelta(seconds=30)
        self.take(Lane.LIVE)
        assert lanes.oldest_message_age(Lane.LIVE) == timedelta(0)
