"""Pauses outlive the program that asked for them."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from waw_desktop.host import pauses

NOW = datetime(2026, 11, 25, 9, 0, tzinfo=UTC)


def test_for_a_while(tmp_path):
    """It ends by itself."""
    pauses.pause(tmp_path, NOW + timedelta(minutes=15))

    assert pauses.is_paused(tmp_path, NOW + timedelta(minutes=14))
    assert not pauses.is_paused(tmp_path, NOW + timedelta(minutes=15))


def test_until_resumed(tmp_path):
    """It ends when the person says so; without a pause there is nothing to end."""
    assert not pauses.is_paused(tmp_path, NOW)
    pauses.pause(tmp_path, None)
    assert pauses.is_paused(tmp_path, NOW + timedelta(days=9999))

    pauses.resume(tmp_path)
    pauses.resume(tmp_path)

    assert not pauses.is_paused(tmp_path, NOW)


@pytest.mark.parametrize("text", ["", "soon", "2026-11-25T08:00:00"])
def test_what_cannot_be_understood_is_a_pause(tmp_path, text):
    """Rather off than on against somebody's will."""
    (tmp_path / pauses.FILE_NAME).write_text(text)

    assert pauses.is_paused(tmp_path, NOW)


def test_tomorrow_begins_at_midnight():
    """The midnight of the place where the computer is."""
    now = datetime(2026, 11, 25, 23, 59, tzinfo=UTC).astimezone()

    tomorrow = pauses.tomorrow(now)

    assert timedelta(0) < tomorrow - now <= timedelta(hours=25)
    assert (tomorrow.hour, tomorrow.minute) == (0, 0)


@pytest.fixture
def computer_in(monkeypatch):
    """Set this computer to a time zone; it is set back at the end."""

    def move(zone):
        monkeypatch.setenv("TZ", zone)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    "zone, now, tomorrow",
    [
        ("Europe/Berlin", "2026-11-25T08:00:00Z", "2026-11-26T00:00:00+01:00"),
        ("Europe/Berlin", "2026-11-25T23:30:00Z", "2026-11-27T00:00:00+01:00"),
        ("Europe/Berlin", "2026-03-28T12:00:00Z", "2026-03-29T00:00:00+01:00"),
        ("Europe/Berlin", "2026-03-29T12:00:00Z", "2026-03-30T00:00:00+02:00"),  # 23 hours
        ("Europe/Berlin", "2026-10-24T23:00:00Z", "2026-10-26T00:00:00+01:00"),  # 25 hours
        ("Pacific/Auckland", "2026-11-25T08:00:00Z", "2026-11-26T00:00:00+13:00"),
        ("America/New_York", "2026-11-25T03:00:00Z", "2026-11-25T00:00:00-05:00"),
        ("Africa/Cairo", "2026-04-23T12:00:00Z", "2026-04-24T01:00:00+03:00"),  # it has no midnight
    ],
)
def test_midnight_is_that_of_the_calendar_here(computer_in, zone, now, tomorrow):
    computer_in(zone)

    until = pauses.tomorrow(datetime.fromisoformat(now).astimezone())

    assert until == datetime.fromisoformat(tomorrow)


def test_who_travels_is_paused_until_the_same_instant(computer_in, tmp_path):
    computer_in("Europe/Berlin")
    pauses.pause(tmp_path, pauses.tomorrow(NOW.astimezone()))

    computer_in("America/New_York")

    midnight_in_berlin = datetime(2026, 11, 25, 23, 0, tzinfo=UTC)
    assert pauses.is_paused(tmp_path, midnight_in_berlin - timedelta(seconds=1))
    assert not pauses.is_paused(tmp_path, midnight_in_berlin)
