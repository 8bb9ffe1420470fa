"""Pauses outlive the program that asked for them."""

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
