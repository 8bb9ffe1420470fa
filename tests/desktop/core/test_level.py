"""What is usual for one person, once enough is known of them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from waw_desktop.core.level import level

NINE = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


def quarters(rates, day=0, seen_ms=20_000):
    """Each with fifteen minutes."""
    start = NINE + day * DAY
    return [
        (start + (15 * quarter + number) * MINUTE, seen_ms, round(rate * seen_ms / 60_000))
        for quarter, rate in enumerate(rates)
        for number in range(15)
    ]


def days(count, rates):
    return [row for day in range(count) for row in quarters(rates, day)]


def test_the_middle_and_the_tenths():
    whole = level(days(3, range(0, 66, 6)), UTC)

    assert whole is not None
    assert (whole.rate_per_min, whole.low_per_min, whole.high_per_min) == (30, 6, 54)
    assert (whole.quarters, whole.days) == (33, 3)


def test_a_few_odd_quarters_hardly_matter():
    """An hour of conversation in three days."""
    quiet = level(days(3, [12] * 10), UTC)
    talked = level([*days(3, [12] * 10), *quarters([60] * 4, day=3)], UTC)

    assert quiet is not None
    assert talked is not None
    assert talked.rate_per_min == quiet.rate_per_min == 12


@pytest.mark.parametrize(
    "_case, minutes, is_known",
    [
        ("nothing", [], False),
        ("enough", days(4, [12] * 5), True),
        ("19 quarters", days(4, [12] * 5)[15:], False),
        ("two days", days(2, [12] * 30), False),
        ("a day more", [*days(2, [12] * 30), *quarters([12], day=2)], True),
        ("5 min of each quarter", [it for it in days(4, [12] * 5) if it[0].minute % 15 < 15], True),
        ("less of one", days(4, [12] * 5)[1:], False),
    ],
)
def test_unknown_until_enough_was_seen(_case, minutes, is_known):
    assert (level(minutes, UTC) is not None) is is_known


def test_days_are_the_persons():
    """Two long days in London are parts of three in Auckland."""
    rows = [*quarters([12] * 30), *quarters([12] * 30, day=1)]
    there = level(rows, UTC)
    here = level(rows, ZoneInfo("Pacific/Auckland"))

    assert there is None
    assert here is not None
    assert here.days == 3
