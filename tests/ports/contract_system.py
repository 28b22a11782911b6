"""What every Clock and every IdFactory promise."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

import pytest
from ulid import ULID

from tests.ports.examples import NOW, THREADS, at_once

if TYPE_CHECKING:
    from handlers.ports import Clock, IdFactory

CROCKFORD = set("0123456789ABCDEFGHJKMNPQRSTVWXYZ")


class ClockContract:
    @pytest.fixture
    def clock(self) -> Clock:
        raise NotImplementedError

    def test_the_time_is_aware_in_utc_and_has_microseconds(self, clock: Clock) -> None:
        times = [clock.now() for _ in range(100)]
        assert {time.tzinfo for time in times} == {UTC}
        assert any(time.microsecond % 1000 for time in times)
        assert max(times) - min(times) < timedelta(minutes=1)


class IdFactoryContract:
    @pytest.fixture
    def ids(self) -> IdFactory:
        raise NotImplementedError

    def test_an_id_is_a_ulid_of_the_time_that_was_asked_for(self, ids: IdFactory) -> None:
        for at in (NOW, NOW + timedelta(days=20_000), NOW - timedelta(days=15_000)):
            new = ids.new_id(at)
            assert len(new) == 26
            assert set(new) <= CROCKFORD
            assert ULID.from_str(new).datetime == at.replace(microsecond=at.microsecond // 1000 * 1000)

    def test_ids_sort_by_their_time(self, ids: IdFactory) -> None:
        times = [NOW + timedelta(milliseconds=step) for step in range(50)]
        made = [ids.new_id(at) for at in reversed(times)]
        assert sorted(made) == made[::-1]

    def test_no_two_ids_are_equal(self, ids: IdFactory) -> None:
        made = at_once(lambda _: [ids.new_id(NOW) for _ in range(300)])
        assert len({new for some in made for new in some}) == THREADS * 300
