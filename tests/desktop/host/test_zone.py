"""The zone of this computer, whatever it is set to."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from waw_desktop.host.zone import THIS_COMPUTER


@pytest.fixture
def vienna(monkeypatch):
    monkeypatch.setenv("TZ", "Europe/Vienna")
    time.tzset()
    yield ZoneInfo("Europe/Vienna")
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    "utc",
    [
        datetime(2026, 1, 1, 12, tzinfo=UTC),
        datetime(2026, 7, 1, 12, tzinfo=UTC),
        datetime(2026, 3, 29, 0, 59, tzinfo=UTC),
        datetime(2026, 3, 29, 1, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 1, 30, tzinfo=UTC),
    ],
)
def test_as_the_calendar_has_it(vienna, utc):
    here, there = utc.astimezone(THIS_COMPUTER), utc.astimezone(vienna)

    assert here.replace(tzinfo=None) == there.replace(tzinfo=None)
    assert (here.fold, here.utcoffset(), here.tzname()) == (
        there.fold,
        there.utcoffset(),
        there.tzname(),
    )
    assert here.astimezone(UTC) == utc


def test_it_follows_the_computer(vienna, monkeypatch):
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert noon.astimezone(THIS_COMPUTER).hour == 13

    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()

    assert noon.astimezone(THIS_COMPUTER).hour == 21


def test_of_no_time_there_is_nothing_to_say():
    assert THIS_COMPUTER.utcoffset(None) is None
    assert THIS_COMPUTER.tzname(None) is None
    assert THIS_COMPUTER.dst(None) is None
    assert datetime(2026, 1, 1, tzinfo=THIS_COMPUTER).dst() is None
    assert isinstance(datetime(2026, 1, 1, tzinfo=THIS_COMPUTER).utcoffset(), timedelta)
