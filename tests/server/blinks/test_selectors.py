"""History: the right bucket in the right zone, devices merged by one rule, no data left out."""

from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from tests.server.minutes import DESKTOP, LAPTOP, START, minute
from tests.server.senders import stored
from waw_server.blinks.selectors import (
    Bucket,
    Figures,
    Latest,
    RangeTooLong,
    UnknownTimeZone,
    devices_of,
    history,
    latest,
    today,
)

MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


@pytest.fixture
def seen():
    """Return a function that stores a minute with so many blinks, begun at an instant."""
    numbers = iter(range(1, 10_000))

    def seen(user, at, blinks=1, *, device_id=LAPTOP, **changes):
        at = at if isinstance(at, datetime) else datetime.fromisoformat(at)
        nth = next(numbers)
        it = minute(
            nth,
            started_at=at.astimezone(UTC),
            **{
                "duration_ms": 60_000,
                "blinks": tuple((onset_ms * 200, 100, 90) for onset_ms in range(blinks)),
                **changes,
            },
        )
        found = stored(user, it, device_id=device_id, device_name="", at=at + DAY)
        assert found.receipts[0].status == "ACCEPTED", found

    return seen


@pytest.fixture
def agreed_long_ago(alice):
    """Return alice, with her consent moved to before all of these minutes."""
    alice.consents.update(granted_at=datetime(2020, 1, 1, tzinfo=UTC))
    return alice


def _history(user, begin, end, bucket, zone="UTC", device_id=None):
    series = history(
        user_id=user.pk,
        begin=datetime.fromisoformat(begin),
        end=datetime.fromisoformat(end),
        bucket=bucket,
        time_zone=zone,
        device_id=device_id,
    )
    return [
        (start.astimezone(ZoneInfo(zone)).isoformat(), each.blinks)
        for start, each in zip(series.starts, series.figures, strict=True)
    ]


@pytest.mark.parametrize("bucket", list(Bucket))
def test_every_figure_is_summed(alice, seen, bucket):
    """From messages and from quarter-hours alike; a minute without blinks is one, too."""
    half = {"duration_ms": 30_000, "seen_ms": 20_000}
    seen(alice, START, blinks=0, long_closures=3, closed_ms=2_000, **half)
    seen(alice, START + MINUTE / 2, blinks=2, closed_ms=400, **half)

    series = history(
        user_id=alice.pk, begin=START - DAY, end=START + DAY, bucket=bucket, time_zone="UTC"
    )

    assert series.figures == [
        Figures(
            messages=2,
            blinks=2,
            partial_blinks=0,
            long_closures=4,
            closed_ms=2_400,
            seen_ms=40_000,
        )
    ]


@pytest.mark.parametrize(
    "_case, bucket, zone, instants, expected",
    [
        (
            "minutes",
            Bucket.MINUTE,
            "UTC",
            ["2026-03-02T08:00:00Z", "2026-03-02T08:00:30Z", "2026-03-02T08:01:00Z"],
            [("2026-03-02T08:00:00+00:00", 2), ("2026-03-02T08:01:00+00:00", 1)],
        ),
        (
            "quarters",
            Bucket.QUARTER,
            "UTC",
            ["2026-03-02T08:00:00Z", "2026-03-02T08:14:00Z", "2026-03-02T08:15:00Z"],
            [("2026-03-02T08:00:00+00:00", 2), ("2026-03-02T08:15:00+00:00", 1)],
        ),
        (
            "hours",
            Bucket.HOUR,
            "UTC",
            ["2026-03-02T07:59:00Z", "2026-03-02T08:00:00Z", "2026-03-02T08:59:00Z"],
            [("2026-03-02T07:00:00+00:00", 1), ("2026-03-02T08:00:00+00:00", 2)],
        ),
        (
            "days in Berlin",
            Bucket.DAY,
            "Europe/Berlin",
            ["2026-03-01T22:59:00Z", "2026-03-01T23:00:00Z", "2026-03-02T22:59:00Z"],
            [("2026-03-01T00:00:00+01:00", 1), ("2026-03-02T00:00:00+01:00", 2)],
        ),
        (
            "days in Nepal, 5:45 ahead",
            Bucket.DAY,
            "Asia/Kathmandu",
            ["2026-03-01T18:14:00Z", "2026-03-01T18:15:00Z"],
            [("2026-03-01T00:00:00+05:45", 1), ("2026-03-02T00:00:00+05:45", 1)],
        ),
        (
            "hours in Nepal",
            Bucket.HOUR,
            "Asia/Kathmandu",
            ["2026-03-02T08:14:00Z", "2026-03-02T08:15:00Z", "2026-03-02T09:00:00Z"],
            [("2026-03-02T13:00:00+05:45", 1), ("2026-03-02T14:00:00+05:45", 2)],
        ),
        (
            "days far behind",
            Bucket.DAY,
            "Pacific/Pago_Pago",
            ["2026-03-02T10:59:00Z", "2026-03-02T11:00:00Z"],
            [("2026-03-01T00:00:00-11:00", 1), ("2026-03-02T00:00:00-11:00", 1)],
        ),
        (
            "weeks begin on Monday",
            Bucket.WEEK,
            "Europe/Berlin",
            ["2026-03-01T22:59:00Z", "2026-03-01T23:00:00Z", "2026-03-08T22:59:00Z"],
            [("2026-02-23T00:00:00+01:00", 1), ("2026-03-02T00:00:00+01:00", 2)],
        ),
        (
            "a week over New Year",
            Bucket.WEEK,
            "UTC",
            ["2025-12-29T00:00:00Z", "2026-01-04T23:59:00Z", "2026-01-05T00:00:00Z"],
            [("2025-12-29T00:00:00+00:00", 2), ("2026-01-05T00:00:00+00:00", 1)],
        ),
        (
            "the day of 23 hours",
            Bucket.DAY,
            "Europe/Berlin",
            [
                "2025-03-29T22:59:00Z",
                "2025-03-29T23:00:00Z",
                "2025-03-30T21:59:00Z",
                "2025-03-30T22:00:00Z",
            ],
            [
                ("2025-03-29T00:00:00+01:00", 1),
                ("2025-03-30T00:00:00+01:00", 2),
                ("2025-03-31T00:00:00+02:00", 1),
            ],
        ),
        (
            "the day of 25 hours",
            Bucket.DAY,
            "Europe/Berlin",
            [
                "2025-10-25T21:59:00Z",
                "2025-10-25T22:00:00Z",
                "2025-10-26T22:59:00Z",
                "2025-10-26T23:00:00Z",
            ],
            [
                ("2025-10-25T00:00:00+02:00", 1),
                ("2025-10-26T00:00:00+02:00", 2),
                ("2025-10-27T00:00:00+01:00", 1),
            ],
        ),
        (
            "the hour that comes twice stays two",
            Bucket.HOUR,
            "Europe/Berlin",
            ["2025-10-26T00:30:00Z", "2025-10-26T01:30:00Z"],
            [("2025-10-26T02:00:00+02:00", 1), ("2025-10-26T02:00:00+01:00", 1)],
        ),
        (
            "the quarters that come twice stay eight",
            Bucket.QUARTER,
            "Europe/Berlin",
            ["2025-10-26T00:45:00Z", "2025-10-26T01:45:00Z"],
            [("2025-10-26T02:45:00+02:00", 1), ("2025-10-26T02:45:00+01:00", 1)],
        ),
    ],
)
def test_each_minute_falls_into_its_bucket(
    agreed_long_ago, seen, _case, bucket, zone, instants, expected
):
    for instant in instants:
        seen(agreed_long_ago, instant, duration_ms=1000, seen_ms=1000, closed_ms=0)
    begin = datetime.fromisoformat(instants[0]) - DAY
    end = begin + (30 * DAY if bucket is Bucket.WEEK else 6 * DAY)

    found = _history(agreed_long_ago, begin.isoformat(), end.isoformat(), bucket, zone)

    assert found == expected


@pytest.mark.parametrize("bucket", list(Bucket))
def test_nothing_known_is_left_out(alice, seen, bucket):
    """No bucket is zero for want of data, but one that was watched without a blink is."""
    assert _history(alice, "2026-03-01T00:00Z", "2026-03-08T00:00Z", bucket) == []

    seen(alice, START, blinks=0)

    ((_, blinks),) = _history(alice, "2026-03-01T00:00Z", "2026-03-08T00:00Z", bucket)
    assert blinks == 0


@pytest.mark.parametrize("bucket", [Bucket.MINUTE, Bucket.QUARTER])
def test_the_range_holds_its_begin_and_not_its_end(alice, seen, bucket):
    for minutes in (0, 15, 30):
        seen(alice, START + minutes * MINUTE)

    found = _history(alice, "2026-03-02T08:00Z", "2026-03-02T08:30Z", bucket)

    assert [start for start, _ in found] == [
        "2026-03-02T08:00:00+00:00",
        "2026-03-02T08:15:00+00:00",
    ]


def test_bob_sees_nothing_of_alice(alice, bob, seen):
    """By no bucket, nor by naming her device."""
    seen(alice, START)

    for bucket in Bucket:
        for device_id in (None, LAPTOP):
            found = _history(
                bob, "2026-03-01T00:00Z", "2026-03-03T00:00Z", bucket, device_id=device_id
            )
            assert found == []


# A quarter of an hour holds 900 s, a minute 60 s.
@pytest.mark.parametrize(
    "_case, bucket, laptop, desktop, expected",
    [
        ("fits: one after the other", Bucket.MINUTE, (30_000, 3), (30_000, 5), 8),
        ("does not fit: the one that saw most", Bucket.MINUTE, (30_000, 3), (30_001, 5), 5),
        ("and it need not have more blinks", Bucket.MINUTE, (60_000, 1), (50_000, 9), 1),
        ("equal: one of them", Bucket.MINUTE, (60_000, 4), (60_000, 4), 4),
        ("one saw nothing", Bucket.MINUTE, (60_000, 4), (0, 0), 4),
        ("fits in a quarter", Bucket.QUARTER, (60_000, 3), (60_000, 5), 8),
        ("fits in a quarter, by the day", Bucket.DAY, (60_000, 3), (60_000, 5), 8),
    ],
)
def test_two_devices_are_merged(alice, seen, _case, bucket, laptop, desktop, expected):
    for device_id, (seen_ms, blinks) in ((LAPTOP, laptop), (DESKTOP, desktop)):
        seen(alice, START, blinks, device_id=device_id, seen_ms=seen_ms)

    found = _history(alice, "2026-03-02T00:00Z", "2026-03-03T00:00Z", bucket)

    assert [blinks for _, blinks in found] == [expected]


@pytest.mark.parametrize(
    "_case, desktop_minutes, expected",
    [("fits: 15 minutes", range(7), 8 * 1 + 7 * 2), ("16 minutes: the longer", range(8), 8)],
)
@pytest.mark.parametrize("bucket", [Bucket.HOUR, Bucket.DAY, Bucket.WEEK])
def test_two_devices_are_merged_by_quarter_hours(
    alice, seen, bucket, _case, desktop_minutes, expected
):
    """The laptop sees eight minutes, at one blink each; the desktop two blinks each."""
    for nth in range(8):
        seen(alice, START + nth * MINUTE, 1, seen_ms=60_000)
    for nth in desktop_minutes:
        seen(alice, START + nth * MINUTE, 2, device_id=DESKTOP, seen_ms=59_999 if nth else 60_000)

    found = _history(alice, "2026-03-02T00:00Z", "2026-03-03T00:00Z", bucket)

    assert [blinks for _, blinks in found] == [expected]


def test_a_crowded_quarter_leaves_the_next_alone(alice, seen):
    """The rule is applied quarter by quarter, and the hour is the sum."""
    for nth in range(15):
        seen(alice, START + nth * MINUTE, 1, seen_ms=60_000)
        seen(alice, START + nth * MINUTE, 3, device_id=DESKTOP, seen_ms=50_000)
    seen(alice, START + 15 * MINUTE, 4)
    seen(alice, START + 16 * MINUTE, 5, device_id=DESKTOP)

    found = _history(alice, "2026-03-02T00:00Z", "2026-03-03T00:00Z", Bucket.HOUR)

    assert [blinks for _, blinks in found] == [15 + 4 + 5]


@pytest.mark.parametrize("bucket", list(Bucket))
@pytest.mark.parametrize(
    "_case, device_id, expected",
    [("laptop", LAPTOP, [3]), ("desktop", DESKTOP, [5]), ("unknown", UUID(int=9), [])],
)
def test_one_device_alone(alice, seen, bucket, _case, device_id, expected):
    """Asked for one, no other is merged in: neither added nor louder."""
    seen(alice, START, 3, seen_ms=40_000)
    seen(alice, START, 5, device_id=DESKTOP, seen_ms=60_000)

    found = _history(alice, "2026-03-02T00:00Z", "2026-03-03T00:00Z", bucket, "UTC", device_id)

    assert [blinks for _, blinks in found] == expected


@pytest.mark.parametrize(
    "bucket, longest",
    [
        (Bucket.MINUTE, 7 * DAY),
        (Bucket.QUARTER, 62 * DAY),
        (Bucket.HOUR, 190 * DAY),
        (Bucket.DAY, 2196 * DAY),
        (Bucket.WEEK, 7320 * DAY),
    ],
)
def test_how_long_a_range_may_be(alice, bucket, longest):
    """Up to a limit for each bucket, and never empty or backwards."""

    def asked(length):
        return history(
            user_id=alice.pk, begin=START, end=START + length, bucket=bucket, time_zone="UTC"
        )

    assert asked(longest).starts == []
    assert asked(timedelta(microseconds=1)).starts == []
    for length in (longest + timedelta(microseconds=1), timedelta(0), -DAY):
        with pytest.raises(RangeTooLong) as refused:
            asked(length)
        assert str(refused.value) == f"from 0 to {longest.days} days in {bucket.value}s"


@pytest.mark.parametrize(
    "zone", ["", "Mars", "europe/berlin", "UTC'; --", "../etc/passwd", "+02:00", "localtime"]
)
def test_unknown_zones_are_refused(alice, zone):
    with pytest.raises(UnknownTimeZone):
        today(user_id=alice.pk, time_zone=zone, now=START)
    with pytest.raises(UnknownTimeZone):
        history(user_id=alice.pk, begin=START, end=START + DAY, bucket=Bucket.DAY, time_zone=zone)


@pytest.mark.parametrize(
    "_case, zone, at, expected",
    [
        ("all in UTC", "UTC", "2026-03-02T12:00:00Z", 0b0110),
        ("just before midnight", "UTC", "2026-03-02T23:59:00Z", 0b0110),
        ("at midnight", "UTC", "2026-03-03T00:00:00Z", 0b1000),
        ("Berlin's day began earlier", "Europe/Berlin", "2026-03-02T12:00:00Z", 0b0111),
        ("Nepal's day ends earlier", "Asia/Kathmandu", "2026-03-02T12:00:00Z", 0b0011),
        ("the day before", "UTC", "2026-02-28T12:00:00Z", 0),
    ],
)
def test_today_is_the_zones_day(alice, seen, _case, zone, at, expected):
    """The n-th instant has 2^n blinks, so that the sum says which were counted."""
    for nth, instant in enumerate(
        [
            "2026-03-01T23:30:00Z",
            "2026-03-02T10:00:00Z",
            "2026-03-02T20:00:00Z",
            "2026-03-03T00:00:00Z",
        ]
    ):
        seen(alice, instant, 2**nth)

    found = today(user_id=alice.pk, time_zone=zone, now=datetime.fromisoformat(at))

    assert found.blinks == expected


@pytest.mark.parametrize(
    "_case, zone, at, inside, outside",
    [
        (
            "25 hours in Berlin",
            "Europe/Berlin",
            "2025-10-26T22:30:00Z",
            ["2025-10-25T22:00:00Z", "2025-10-26T22:45:00Z"],
            ["2025-10-25T21:45:00Z", "2025-10-26T23:00:00Z"],
        ),
        (
            "23 hours in Berlin",
            "Europe/Berlin",
            "2025-03-30T12:00:00Z",
            ["2025-03-29T23:00:00Z", "2025-03-30T21:45:00Z"],
            ["2025-03-29T22:45:00Z", "2025-03-30T22:00:00Z"],
        ),
        (
            "the hour that comes twice, the second time",
            "Europe/Berlin",
            "2025-10-26T01:30:00Z",
            ["2025-10-25T22:00:00Z", "2025-10-26T01:15:00Z"],
            ["2025-10-25T21:45:00Z", "2025-10-26T23:00:00Z"],
        ),
        (
            "no midnight in Santiago",
            "America/Santiago",
            "2025-09-07T12:00:00Z",
            ["2025-09-07T04:00:00Z", "2025-09-08T02:45:00Z"],
            ["2025-09-07T03:45:00Z", "2025-09-08T03:00:00Z"],
        ),
        (
            "midnight twice in Havana, after the second",
            "America/Havana",
            "2025-11-02T05:30:00Z",
            ["2025-11-02T04:00:00Z", "2025-11-02T05:15:00Z"],
            ["2025-11-02T03:45:00Z", "2025-11-03T05:00:00Z"],
        ),
    ],
)
def test_today_when_the_clocks_change(agreed_long_ago, seen, _case, zone, at, inside, outside):
    for instants, blinks in ((inside, 1), (outside, 10)):
        for instant in instants:
            seen(agreed_long_ago, instant, blinks)

    found = today(user_id=agreed_long_ago.pk, time_zone=zone, now=datetime.fromisoformat(at))

    assert found.blinks == 2


@pytest.mark.parametrize(
    "_case, blinks, seen_ms, expected",
    [("nothing seen", 0, 0, None), ("no blinks", 0, 60_000, 0), ("a rate", 5, 20_000, 15)],
)
def test_the_rate_is_over_seen_time(_case, blinks, seen_ms, expected):
    """What nobody looked at has no rate, and is no zero."""
    assert Figures(blinks=blinks, seen_ms=seen_ms).blinks_per_min == expected


def test_the_devices_of_a_person(alice, bob, seen):
    """The first one first, and nobody else's."""
    seen(alice, START)
    seen(alice, START, device_id=DESKTOP)
    seen(bob, START, device_id=UUID(int=9))

    assert [it.device_id for it in devices_of(alice.pk)] == [LAPTOP, DESKTOP]


def test_the_present_state_of_somebody_new(alice):
    assert latest(user_id=alice.pk, time_zone="UTC", now=START) == Latest(
        None, None, None, Figures()
    )


def test_the_present_state_is_of_the_device_heard_from_last(alice, bob, seen):
    """And of all devices together; nobody else's."""
    seen(alice, START, blinks=3)
    seen(alice, START + MINUTE, blinks=4, device_id=DESKTOP)
    seen(bob, START + HOUR)

    found = latest(user_id=alice.pk, time_zone="UTC", now=START + HOUR)

    assert (found.device_id, found.device_name) == (DESKTOP, "")
    assert found.sync_at == START + MINUTE + DAY
    assert (found.today.messages, found.today.blinks) == (2, 7)


@pytest.mark.parametrize("bucket", list(Bucket))
def test_history_is_one_statement(alice, seen, django_assert_num_queries, bucket):
    """However much there is; the names of the zones are read once a process."""
    today(user_id=alice.pk, time_zone="UTC", now=START)
    for nth in range(5):
        seen(alice, START + nth * HOUR)

    with django_assert_num_queries(1):
        _history(alice, "2026-03-01T00:00Z", "2026-03-03T00:00Z", bucket)
