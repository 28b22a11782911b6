"""What the steps on times make of texts and counts: one line a fact, the edges of clocks and calendars among them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codegen.resolve.steps.time_formats import format_fault
from codegen.runtime import exact_json
from codegen.runtime import mapping as runtime
from codegen.runtime.mapping import FAILED
from codegen.runtime.zones import zone
from tests.codegen.effort import examples

if TYPE_CHECKING:
    from decimal import Decimal

TIMES: list[tuple[str, str, tuple[str, ...], Any]] = [
    ("timestamp", "31/01/2026 23:15:12 -05:00", ("DD/MM/YYYY HH:mm:ss Z",), "2026-02-01T04:15:12Z"),
    ("timestamp", "1/2/2026 0:05 +0530", ("D/M/YYYY H:mm Z",), "2026-01-31T18:35:00Z"),
    ("timestamp", "01/02/2026 12:05 AM z", ("MM/DD/YYYY hh:mm A Z",), "2026-01-02T00:05:00Z"),
    ("timestamp", "01/02/2026 12:05 pm z", ("MM/DD/YYYY hh:mm A Z",), "2026-01-02T12:05:00Z"),
    ("timestamp", "01/02/2026 1:05 pm z", ("MM/DD/YYYY h:mm A Z",), "2026-01-02T13:05:00Z"),
    ("timestamp", "01/02/2026 13:05 pm z", ("MM/DD/YYYY hh:mm A Z",), FAILED),
    ("timestamp", "01/02/2026 00:05 pm z", ("MM/DD/YYYY hh:mm A Z",), FAILED),
    ("timestamp", "02 DEC 2026Z", ("DD MMM YYYYZ",), "2026-12-02T00:00:00Z"),
    ("timestamp", "02 jan 2026Z", ("DD MMM YYYYZ",), "2026-01-02T00:00:00Z"),
    ("timestamp", "2026-01-30T20:15:12.1234567890Z", ("YYYY-MM-DDTHH:mm:ss.SZ",), "2026-01-30T20:15:12.1234567890Z"),
    ("timestamp", "2026-01-30 20 Uhr -23:59", ("YYYY-MM-DD HH [Uhr] Z",), "2026-01-31T19:59:00Z"),
    ("timestamp", "2026-01-30Z", ("DD.MM.YYYYZ", "YYYY-MM-DDZ"), "2026-01-30T00:00:00Z"),
    ("timestamp", "03.04.2026Z", ("DD.MM.YYYYZ", "MM.DD.YYYYZ"), "2026-04-03T00:00:00Z"),
    ("timestamp", "03.13.2026Z", ("DD.MM.YYYYZ", "MM.DD.YYYYZ"), "2026-03-13T00:00:00Z"),
    ("timestamp", "2016-12-31T23:59:60Z", ("YYYY-MM-DDTHH:mm:ssZ",), "2016-12-31T23:59:60Z"),
    ("timestamp", "2017-01-01T00:59:60.5+01:00", ("YYYY-MM-DDTHH:mm:ss.SZ",), "2016-12-31T23:59:60.5Z"),
    ("timestamp", "2016-12-31T23:58:60Z", ("YYYY-MM-DDTHH:mm:ssZ",), FAILED),
    ("timestamp", "2016-12-31T23:59:61Z", ("YYYY-MM-DDTHH:mm:ssZ",), FAILED),
    ("timestamp", "2026-02-29Z", ("YYYY-MM-DDZ",), FAILED),
    ("timestamp", "2024-02-29Z", ("YYYY-MM-DDZ",), "2024-02-29T00:00:00Z"),
    ("timestamp", "2026-13-01Z", ("YYYY-MM-DDZ",), FAILED),
    ("timestamp", "0000-01-01Z", ("YYYY-MM-DDZ",), FAILED),
    ("timestamp", "0001-01-01Z", ("YYYY-MM-DDZ",), "0001-01-01T00:00:00Z"),
    ("timestamp", "0001-01-01+00:01", ("YYYY-MM-DDZ",), FAILED),
    ("timestamp", "9999-12-31T23:59:59-00:01", ("YYYY-MM-DDTHH:mm:ssZ",), FAILED),
    ("timestamp", "2026-01-30+24:00", ("YYYY-MM-DDZ",), FAILED),
    ("timestamp", "2026-01-30 24Z", ("YYYY-MM-DD HHZ",), FAILED),
    ("timestamp", "2026-01-3Z", ("YYYY-MM-DDZ",), FAILED),
    ("timestamp", "\uff12026-01-30Z", ("YYYY-MM-DDZ",), FAILED),
    ("timestamp", "2026-01-30Z\n", ("YYYY-MM-DDZ",), FAILED),
    ("timestamp", "", ("YYYY-MM-DDZ",), FAILED),
    ("timestamp", "2026.01.30Z", ("YYYY-MM-DDZ",), FAILED),
    ("local_timestamp", "2026-01-30T21:15:12", ("Europe/Paris",), "2026-01-30T20:15:12Z"),
    ("local_timestamp", "2026-07-30 21:15:12.250", ("Europe/Paris",), "2026-07-30T19:15:12.250Z"),
    ("local_timestamp", "2026-07-30T21:15:12.5", ("UTC",), "2026-07-30T21:15:12.5Z"),
    ("local_timestamp", "2026-01-30T21:15", ("+02:00",), "2026-01-30T19:15:00Z"),
    ("local_timestamp", "2026-01-30 21:15", ("-03:30",), "2026-01-31T00:45:00Z"),
    ("local_timestamp", "2026-01-30T21:15:12Z", ("UTC",), FAILED),
    ("local_timestamp", "2026-01-30", ("UTC",), FAILED),
    ("local_timestamp", "30/01/2026", ("America/New_York", "YYYY-MM-DD", "DD/MM/YYYY"), "2026-01-30T05:00:00Z"),
    ("local_timestamp", "2026-01-30", ("UTC", "YYYY[]-MM-DD"), "2026-01-30T00:00:00Z"),
    ("local_timestamp", "2026-03-29T01:59:59", ("Europe/Paris",), "2026-03-29T00:59:59Z"),
    ("local_timestamp", "2026-03-29T02:00:00", ("Europe/Paris",), FAILED),
    ("local_timestamp", "2026-03-29T02:59:59", ("Europe/Paris",), FAILED),
    ("local_timestamp", "2026-03-29T03:00:00", ("Europe/Paris",), "2026-03-29T01:00:00Z"),
    ("local_timestamp", "2026-10-25T01:59:59", ("Europe/Paris",), "2026-10-24T23:59:59Z"),
    ("local_timestamp", "2026-10-25T02:00:00", ("Europe/Paris",), FAILED),
    ("local_timestamp", "2026-10-25T02:59:59", ("Europe/Paris",), FAILED),
    ("local_timestamp", "2026-10-25T03:00:00", ("Europe/Paris",), "2026-10-25T02:00:00Z"),
    # Samoa went from one side of the date line to the other and had no 30 December.
    ("local_timestamp", "2011-12-30T12:00", ("Pacific/Apia",), FAILED),
    ("local_timestamp", "1800-01-01T00:00", ("Europe/Paris",), "1799-12-31T23:50:39Z"),
    ("local_timestamp", "2100-07-01T00:00", ("Europe/Paris",), "2100-06-30T22:00:00Z"),
    ("local_timestamp", "0001-01-01T00:00", ("+00:01",), FAILED),
    ("local_timestamp", "9999-12-31T23:59:59", ("UTC",), "9999-12-31T23:59:59Z"),
    ("local_timestamp", "9999-12-31T23:59:59", ("-00:01",), FAILED),
    ("local_timestamp", "2017-01-01T00:59:60", ("Europe/Paris",), "2016-12-31T23:59:60Z"),
    ("local_timestamp", "2017-01-01T23:59:60", ("Europe/Paris",), FAILED),
]  # fmt: skip
EPOCHS = [
    ("epoch_seconds", "0", "1970-01-01T00:00:00Z"),
    ("epoch_seconds", '"1769804112"', "2026-01-30T20:15:12Z"),
    ("epoch_seconds", "1769804112.50", "2026-01-30T20:15:12.5Z"),
    ("epoch_seconds", '"1769804112.500"', "2026-01-30T20:15:12.5Z"),
    ("epoch_seconds", "-0.5", "1969-12-31T23:59:59.5Z"),
    ("epoch_seconds", "1E-990", f"1970-01-01T00:00:00.{'0' * 989}1Z"),
    ("epoch_seconds", "-62135596800", "0001-01-01T00:00:00Z"),
    ("epoch_seconds", "-62135596800.1", FAILED),
    ("epoch_seconds", "253402300799.9", "9999-12-31T23:59:59.9Z"),
    ("epoch_seconds", "253402300800", FAILED),
    ("epoch_seconds", "1E400", FAILED),
    ("epoch_seconds", '""', FAILED),
    ("epoch_seconds", '"now"', FAILED),
    ("epoch_milliseconds", "1769804112001", "2026-01-30T20:15:12.001Z"),
    ("epoch_milliseconds", "1769804112100", "2026-01-30T20:15:12.1Z"),
    ("epoch_milliseconds", "1769804112000.25", "2026-01-30T20:15:12.00025Z"),
    ("epoch_milliseconds", "-1", "1969-12-31T23:59:59.999Z"),
    ("epoch_milliseconds", "253402300799999", "9999-12-31T23:59:59.999Z"),
    ("epoch_milliseconds", "253402300800000", FAILED),
    ("epoch_microseconds", "1769804112000001", "2026-01-30T20:15:12.000001Z"),
    ("epoch_microseconds", "-62135596800000000", "0001-01-01T00:00:00Z"),
    ("epoch_microseconds", "-62135596800000001", FAILED),
]
FAULTS = [
    ("YYYY-MM-DD", True, "an offset (Z) is missing; for a zone's local times use local_timestamp"),
    ("YYYY-MM-DDZ", False, "the zone says the offset; leave Z out, or use timestamp"),
    ("YYYY-MM-DD", False, None),
    ("YYYY-MM-DD HH:mm:ss.S", False, None),
    ("D MMM YYYY h A", False, None),
    ("[D]D.M.YYYY", False, None),
    ("MM-DD", False, "a year (YYYY) is missing"),
    ("YYYY-DD", False, "a month (MM, M or MMM) is missing"),
    ("YYYY-MM", False, "a day (DD or D) is missing"),
    ("", False, "a year (YYYY) is missing"),
    ("YYYY-MM-M-DD", False, "the month stands twice"),
    ("YYYY-MM-MMM-DD", False, "the month stands twice"),
    ("YYYY-MM-DD HH:mm:ss.SSS", False, "the fraction stands twice"),
    ("YYYY-MM-DD HH hh A", False, "HH and hh are two hours"),
    ("YYYY-MM-DD hh:mm", False, "hh needs A, which tells AM from PM"),
    ("YYYY-MM-DD HH A", False, "the half day stands without the half day hour"),
    ("YYYY-MM-DD mm", False, "the minute stands without the hour"),
    ("YYYY-MM-DD HH:ss", False, "the second stands without the minute"),
    ("YYYY-MM-DD HH:mm S", False, "the fraction stands without the second"),
    ("YYYYMDD", False, "M varies in length, so that something must stand between it and DD"),
    ("YYYY-MM-D[1]", False, "D varies in length, so that something must stand between it and '1'"),
    ("DMMMYYYY", False, None),
    ("YYYY-MM-DDTHH:mm:ss.SZ", True, None),
    ("YYYY-MM-DD at", False, "'a' is no token; put texts in [brackets]"),
    ("YYYY-MM-DD 12", False, "'1' is no token; put texts in [brackets]"),
    ("YYYY-MM-DD [", False, "'[' is no token; put texts in [brackets]"),
]


@pytest.mark.parametrize(("step", "text", "arguments", "result"), TIMES)
def test_a_text_is_a_moment(step: str, text: str, arguments: tuple[str, ...], result: Any) -> None:
    assert getattr(runtime, step)(text, *arguments) == result


def test_months_have_english_names() -> None:
    names = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    found = [runtime.timestamp(f"2 {name} 2026Z", "D MMM YYYYZ") for name in names]
    assert found == [f"2026-{month:02}-02T00:00:00Z" for month in range(1, 13)]


@pytest.mark.parametrize(("step", "count", "result"), EPOCHS)
def test_a_count_is_a_moment(step: str, count: str, result: Any) -> None:
    assert getattr(runtime, step)(exact_json.parse(count.encode())) == result


@pytest.mark.parametrize(("form", "has_offset", "fault"), FAULTS)
def test_a_format_names_one_moment(form: str, has_offset: bool, fault: str | None) -> None:
    said = f"format '{form}': {fault}" if fault else None
    assert format_fault(form, has_offset=has_offset) == said


@pytest.mark.parametrize(
    "name", ["Europe/Pari", "localtime", "", "utc", "+2", "+24:00", "02:00", "../zones", "zone.tab"]
)
def test_there_is_no_zone_of_another_name(name: str) -> None:
    assert zone(name) is None
    assert runtime.local_timestamp("2026-01-30T21:15:12", name) is FAILED


@examples(300)
@given(
    st.integers(-(2**31), 2**32).map(lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)),
    st.sampled_from(["Europe/Paris", "America/New_York", "Asia/Kolkata", "Pacific/Apia", "Africa/Casablanca"]),
)
def test_a_local_time_is_the_only_moment_at_which_the_clocks_show_it(clock: datetime, name: str) -> None:
    place = zone(name)
    # Every offset of a zone is within a day of the clock's own time.
    offsets = {(clock + timedelta(hours=hours)).astimezone(place).utcoffset() for hours in range(-26, 27)}
    moments = [clock - (offset or timedelta()) for offset in offsets]
    shown = [moment for moment in moments if moment.astimezone(place).replace(tzinfo=UTC) == clock]
    expected = shown[0].isoformat().replace("+00:00", "Z") if len(shown) == 1 else FAILED
    assert runtime.local_timestamp(clock.replace(tzinfo=None).isoformat(), name) == expected


@examples(300)
@given(st.decimals(-62135596800, 253402300799, places=9, allow_nan=False))
def test_a_count_of_seconds_is_as_far_from_1970_as_it_says(count: Decimal) -> None:
    moment = runtime.epoch_seconds(count)
    assert isinstance(moment, str)
    whole, _, fraction = moment.removesuffix("Z").partition(".")
    seconds = (datetime.fromisoformat(f"{whole}Z") - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)
    assert seconds * 10**9 + int(fraction.ljust(9, "0")) == count * 10**9
