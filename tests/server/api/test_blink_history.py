"""`blinkHistory`: my figures side by side, bucket by bucket."""

from datetime import timedelta

import pytest

from tests.server.api.conftest import code_of
from tests.server.minutes import DESKTOP, LAPTOP, START, minute
from tests.server.senders import stored

HISTORY = """
query ($from: UtcDateTime!, $to: UtcDateTime!, $bucket: Bucket!, $zone: String!, $device: UUID) {
    blinkHistory(from: $from, to: $to, bucket: $bucket, timeZone: $zone, device: $device) {
        starts messages blinks partialBlinks longClosures closedMs seenMs blinksPerMin
    }
}
"""
DAY = {
    "from": "2026-03-02T00:00:00Z",
    "to": "2026-03-03T00:00:00Z",
    "bucket": "HOUR",
    "zone": "UTC",
}
EMPTY: dict[str, list[object]] = {
    "starts": [],
    "messages": [],
    "blinks": [],
    "partialBlinks": [],
    "longClosures": [],
    "closedMs": [],
    "seenMs": [],
    "blinksPerMin": [],
}


@pytest.fixture
def history(post, alice, signed_in):
    """Return a function that asks for alice's history."""
    stored(
        alice,
        minute(1),
        minute(2),
        minute(3, started_at=START + timedelta(hours=2), seen_ms=0, blinks=()),
        at=START + timedelta(days=1),
    )
    token = signed_in(alice).access

    def history(**changes):
        return post(HISTORY, {**DAY, **changes}, token)

    return history


def test_figures_side_by_side(history):
    """The hour of which nothing is known is left out; where nothing was seen, the rate is null."""
    assert history()["data"]["blinkHistory"] == {
        "starts": ["2026-03-02T08:00:00Z", "2026-03-02T10:00:00Z"],
        "messages": [2, 1],
        "blinks": [4, 0],
        "partialBlinks": [2, 0],
        "longClosures": [2, 1],
        "closedMs": [1800, 900],
        "seenMs": [100_000, 0],
        "blinksPerMin": [2.4, None],
    }


@pytest.mark.parametrize(
    "bucket, zone, starts",
    [
        (
            "MINUTE",
            "UTC",
            ["2026-03-02T08:00:00Z", "2026-03-02T08:01:00Z", "2026-03-02T10:00:00Z"],
        ),
        ("QUARTER", "UTC", ["2026-03-02T08:00:00Z", "2026-03-02T10:00:00Z"]),
        ("DAY", "Asia/Kathmandu", ["2026-03-01T18:15:00Z"]),
        ("WEEK", "Europe/Berlin", ["2026-03-01T23:00:00Z"]),
    ],
)
def test_each_bucket(history, bucket, zone, starts):
    answer = history(bucket=bucket, zone=zone)

    assert answer["data"]["blinkHistory"]["starts"] == starts


@pytest.mark.parametrize(
    "_case, changes",
    [
        ("another day", {"from": "2026-03-03T00:00:00Z", "to": "2026-03-04T00:00:00Z"}),
        ("another device", {"device": str(DESKTOP)}),
    ],
)
def test_nothing_known(history, _case, changes):
    assert history(**changes) == {"data": {"blinkHistory": EMPTY}}


def test_a_device_alone(history):
    answer = history(device=str(LAPTOP))

    assert answer["data"]["blinkHistory"]["blinks"] == [4, 0]


@pytest.mark.parametrize(
    "_case, changes, message",
    [
        (
            "backwards",
            {"to": "2026-03-01T00:00:00Z"},
            "from, to: from 0 to 190 days in hours",
        ),
        ("too long", {"to": "2027-03-02T00:00:00Z"}, "from, to: from 0 to 190 days in hours"),
        (
            "all time",
            {"from": "0001-01-01T00:00:00Z", "to": "9999-12-31T23:59:59Z", "bucket": "WEEK"},
            "from, to: from 0 to 7320 days in weeks",
        ),
        ("no such zone", {"zone": "Mars"}, "timeZone: no such time zone: Mars"),
        ("no such bucket", {"bucket": "YEAR"}, None),
        ("no offset", {"from": "2026-03-02T00:00:00"}, None),
        ("no such device", {"device": "laptop"}, None),
    ],
)
def test_what_is_refused(history, _case, changes, message):
    answer = history(**changes)

    assert code_of(answer) == "BAD_USER_INPUT"
    assert message is None or answer["errors"][0]["message"] == message


@pytest.mark.parametrize(
    "begin, end",
    [
        ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z"),
        ("9999-12-30T00:00:00Z", "9999-12-31T23:59:59Z"),
    ],
)
@pytest.mark.parametrize("bucket", ["MINUTE", "QUARTER", "HOUR", "DAY", "WEEK"])
def test_the_ends_of_time_hold_nothing(history, bucket, begin, end):
    answer = history(**{"from": begin, "to": end, "bucket": bucket, "zone": "Asia/Kathmandu"})

    assert answer == {"data": {"blinkHistory": EMPTY}}
