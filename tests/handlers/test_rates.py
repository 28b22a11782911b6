from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from handlers.rates import TokenBuckets

AT = datetime(2026, 2, 1, 12, 0, tzinfo=UTC)


def take(buckets: TokenBuckets, seconds: float = 0, vendor: str = "a") -> int | None:
    return buckets.take(vendor, per_second=2, burst=3, at=AT + timedelta(seconds=seconds))


def test_a_burst_passes_and_what_follows_waits_for_a_token() -> None:
    buckets = TokenBuckets()
    assert [take(buckets) for _ in range(4)] == [None, None, None, 1]
    assert [take(buckets, 0.5), take(buckets, 0.5)] == [None, 1]
    # However long it fills, it holds no more than a burst.
    assert [take(buckets, 9_999) for _ in range(4)] == [None, None, None, 1]


def test_one_vendor_does_not_use_up_anothers_tokens() -> None:
    buckets = TokenBuckets()
    assert [take(buckets) for _ in range(4)][-1] == 1
    assert take(buckets, vendor="b") is None


def test_the_items_of_a_batch_are_paid_off_before_anything_else_passes() -> None:
    buckets = TokenBuckets()
    assert take(buckets) is None
    buckets.charge("a", 99)
    assert take(buckets) == 49
    assert [take(buckets, 48.4), take(buckets, 49)] == [1, None]


def test_a_clock_that_is_set_back_drains_nothing() -> None:
    buckets = TokenBuckets()
    assert [take(buckets, 10), take(buckets, 10)] == [None, None]
    assert [take(buckets, -3600), take(buckets, -3600)] == [None, 1]
    assert take(buckets, 10.5) is None


def test_a_bucket_fills_at_once_after_a_clock_that_was_an_hour_ahead() -> None:
    buckets = TokenBuckets()
    assert [take(buckets, 3600) for _ in range(3)] == [None] * 3
    assert [take(buckets), take(buckets, 0.5), take(buckets, 0.5)] == [1, None, 1]


def test_requests_that_come_out_of_order_fill_nothing_twice() -> None:
    buckets = TokenBuckets()
    assert [take(buckets, 10) for _ in range(3)] == [None] * 3
    assert [take(buckets, at) for at in (9.7, 10, 9.7, 10, 9.7, 10)] == [1] * 6


@given(
    st.integers(1, 2_000), st.integers(1, 4_000), st.lists(st.tuples(st.integers(0, 10**7), st.integers(0, 300))),
)  # fmt: skip
def test_who_waits_as_long_as_told_is_served(per_second: int, burst: int, sendings: list[tuple[int, int]]) -> None:
    buckets, now = TokenBuckets(), AT
    for microseconds, items in sendings:
        now += timedelta(microseconds=microseconds)
        wait = buckets.take("a", per_second=per_second, burst=burst, at=now)
        if wait is not None:
            now += timedelta(seconds=wait)
            assert buckets.take("a", per_second=per_second, burst=burst, at=now) is None
        buckets.charge("a", items)
