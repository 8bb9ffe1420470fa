"""Minutes become days of the person's own calendar, and what is not known stays unknown."""

from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from waw_desktop.core.history import (
    Minute,
    Period,
    Scale,
    Totals,
    bounds,
    looked_at,
    minute_of,
    overview,
    period,
    spans,
    total,
)

VIENNA = ZoneInfo("Europe/Vienna")
MONDAY = date(2026, 3, 2)
NINE = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)  # in Vienna
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def minute(at=NINE, **fields):
    return Minute(
        **{
            "message_id": UUID(int=int(at.timestamp())),
            "started_at": at,
            "duration_ms": 60_000,
            "seen_ms": 60_000,
            "blinks": 12,
            "partial": 3,
            "long_closures": 1,
            "closed_ms": 700,
            "blinks_ms": 2400,
        }
        | fields
    )


def test_what_stays_of_a_message(make_message):
    kept = minute_of(make_message(1, closures=(80, 79), durations_ms=(200, 300)))

    assert (kept.blinks, kept.partial, kept.blinks_ms) == (2, 1, 500)
    assert (kept.long_closures, kept.closed_ms, kept.seen_ms) == (1, 700, 59_000)
    assert (kept.message_id.int, kept.duration_ms) == (1, 60_000)


@pytest.mark.parametrize(
    "minutes, rate, share",
    [
        ([minute()], 12, 0.25),
        ([minute(seen_ms=30_000)], 24, 0.25),
        ([minute(blinks=0, partial=0)], 0, None),
        ([minute(), minute(seen_ms=6_000, blinks=0, partial=0)], 12 / 1.1, 0.25),
        ([minute(seen_ms=0)], None, 0.25),
    ],
)
def test_rates_are_over_seen_time(minutes, rate, share):
    totals = total(minutes)

    assert totals is not None
    assert totals.rate_per_min == (None if rate is None else pytest.approx(rate))
    assert totals.incomplete_share == share


def test_nothing_measured_is_not_zero():
    assert total([]) is None


def test_totals_add_up():
    assert total([minute(), minute(seen_ms=30_000)]) == Totals(90_000, 24, 6, 2, 1400)


@pytest.mark.parametrize(
    "scale, day, first_weekday, first, end",
    [
        (Scale.DAY, MONDAY, 0, MONDAY, date(2026, 3, 3)),
        (Scale.WEEK, MONDAY, 0, MONDAY, date(2026, 3, 9)),
        (Scale.WEEK, date(2026, 3, 8), 0, MONDAY, date(2026, 3, 9)),
        (Scale.WEEK, MONDAY, 6, date(2026, 3, 1), date(2026, 3, 8)),
        (Scale.WEEK, date(2027, 1, 1), 0, date(2026, 12, 28), date(2027, 1, 4)),
        (Scale.MONTH, date(2026, 2, 28), 0, date(2026, 2, 1), date(2026, 3, 1)),
        (Scale.MONTH, date(2028, 2, 29), 0, date(2028, 2, 1), date(2028, 3, 1)),
        (Scale.MONTH, date(2026, 12, 31), 0, date(2026, 12, 1), date(2027, 1, 1)),
    ],
)
def test_periods_of_the_calendar(scale, day, first_weekday, first, end):
    assert period(scale, day, first_weekday) == Period(scale, first, end)


@pytest.mark.parametrize(
    "_case, zone, day, hours",
    [
        ("as usual", VIENNA, MONDAY, 24),
        ("clocks go forward", VIENNA, date(2026, 3, 29), 23),
        ("clocks go back", VIENNA, date(2026, 10, 25), 25),
        ("by half an hour", ZoneInfo("Australia/Lord_Howe"), date(2026, 4, 5), 24.5),
        ("midnight is skipped", ZoneInfo("Asia/Beirut"), date(2026, 3, 29), 23),
        ("the day was skipped", ZoneInfo("Pacific/Apia"), date(2011, 12, 30), 0),
        ("a fixed offset", timezone(timedelta(hours=5, minutes=45)), MONDAY, 24),
    ],
)
def test_days_have_the_hours_that_they_have(_case, zone, day, hours):
    found = overview(period(Scale.DAY, day), [], NINE, zone)

    assert len(found.spans) == 4 * hours
    start, end = bounds(found.period, zone)
    assert end - start == timedelta(hours=hours)
    assert all(span.totals is None for span in found.spans)


def test_a_time_that_comes_twice_is_counted_apart():
    """02:30 in Vienna, in summer time and again an hour later."""
    first = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    minutes = [minute(first), minute(first + timedelta(hours=1), blinks=5)]

    found = overview(period(Scale.DAY, date(2026, 10, 25)), minutes, NINE, VIENNA).spans

    measured = [(span.start, span.totals) for span in found if span.totals]
    assert [(f"{at:%H:%M}", at.fold, totals.blinks) for at, totals in measured] == [
        ("02:30", 0, 12),
        ("02:30", 1, 5),
    ]


def test_midnight_divides_days():
    midnight = datetime(2026, 3, 2, 23, 0, tzinfo=UTC)  # Tuesday in Vienna
    minutes = [minute(midnight - MINUTE, blinks=1), minute(midnight, blinks=2)]

    found = overview(period(Scale.WEEK, MONDAY), minutes, NINE, VIENNA).spans

    assert [span.totals and span.totals.blinks for span in found] == [1, 2, *[None] * 5]


def test_the_same_minutes_seen_from_elsewhere():
    """Who travels sees their history in the time of where they are."""
    evening = datetime(2026, 3, 2, 23, 30, tzinfo=UTC)
    whole_week = period(Scale.WEEK, MONDAY)

    there = overview(whole_week, [minute(evening)], NINE, ZoneInfo("America/New_York")).spans
    here = overview(whole_week, [minute(evening)], NINE, VIENNA).spans

    assert [span.totals is not None for span in there[:2]] == [True, False]
    assert [span.totals is not None for span in here[:2]] == [False, True]


@pytest.mark.parametrize(
    "offset, counted", [(-MINUTE, 0), (0 * MINUTE, 1), (DAY - MINUTE, 1), (DAY, 0)]
)
def test_what_lies_outside_is_left_out(offset, counted):
    """Of the figures of the whole as of each part."""
    start, _end = bounds(period(Scale.DAY, MONDAY), VIENNA)

    found = overview(period(Scale.DAY, MONDAY), [minute(start + offset)], NINE, VIENNA)

    assert sum(span.totals is not None for span in found.spans) == counted
    assert (found.totals is not None) == bool(counted)


def test_between_instants():
    edges = [NINE, NINE + 5 * MINUTE, NINE + 10 * MINUTE]
    minutes = [minute(NINE + number * MINUTE) for number in (-1, 0, 4, 5, 10)]

    found = spans(minutes, edges)

    assert [(span.start, span.end) for span in found] == [*pairwise(edges)]
    assert [span.totals and span.totals.blinks for span in found] == [24, 12]


def test_no_edges_no_spans():
    assert spans([minute()], []) == ()


def lately(days=5, until=NINE, blinks=15):
    """Two seen hours a day, up to an instant."""
    return [
        minute(until - day * DAY - number * MINUTE, blinks=blinks)
        for day in range(1, days + 1)
        for number in range(1, 121)
    ]


@pytest.mark.parametrize(
    "_case, scale, now, blinks",
    [
        ("a period that is not over: as of now", Scale.MONTH, NINE, 15),
        ("long ago: as of then", Scale.MONTH, NINE + 60 * DAY, 20),
        ("to come: as of now", Scale.MONTH, NINE, 15),
    ],
)
def test_the_own_level_is_that_of_the_time(_case, scale, now, blinks):
    march = period(scale, MONDAY)
    minutes = [*lately(), *lately(until=NINE + 29 * DAY, blinks=20)]

    found = overview(march, minutes, now, VIENNA)

    assert found.level is not None
    assert found.level.rate_per_min == blinks


@pytest.mark.parametrize(
    "scale, now, since",
    [
        (Scale.DAY, NINE, NINE - 14 * DAY),
        (Scale.DAY, NINE + 99 * DAY, datetime(2026, 3, 2, 23, tzinfo=UTC) - 14 * DAY),
        (Scale.MONTH, NINE + 99 * DAY, datetime(2026, 2, 28, 23, tzinfo=UTC)),
        (Scale.DAY, NINE - 99 * DAY, NINE - 113 * DAY),
    ],
)
def test_what_has_to_be_read(scale, now, since):
    seen = period(scale, MONDAY)

    assert looked_at(seen, now, VIENNA) == (since, bounds(seen, VIENNA)[1])
