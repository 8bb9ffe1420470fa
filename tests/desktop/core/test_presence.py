"""Bad moments to address somebody."""

from datetime import UTC, datetime, time

import pytest

from waw_desktop.core.presence import Hindrance, Presence, QuietHours, hindrance

NOON = datetime(2026, 3, 2, 12, 30, tzinfo=UTC)
NIGHT = QuietHours(time(22), time(7, 30))
LUNCH = QuietHours(time(12), time(13))


@pytest.mark.parametrize(
    "presence, reason",
    [
        (Presence(), None),
        (Presence(is_paused=True), Hindrance.PAUSED),
        (Presence(is_locked=True), Hindrance.LOCKED),
        (Presence(is_camera_shared=True), Hindrance.CAMERA_IN_USE),
        (Presence(is_presenting=True), Hindrance.PRESENTING),
        (Presence(is_full_screen=True), Hindrance.FULL_SCREEN),
        (Presence(is_paused=True, is_full_screen=True), Hindrance.PAUSED),
        (Presence(is_camera_shared=True, is_presenting=True), Hindrance.CAMERA_IN_USE),
    ],
)
def test_what_the_person_is_busy_with(presence, reason):
    """The weightiest reason is told, also in quiet hours."""
    assert hindrance(presence, None, NOON) is reason
    assert hindrance(presence, LUNCH, NOON) is (reason or Hindrance.QUIET_HOURS)


@pytest.mark.parametrize(
    "quiet, at, is_quiet",
    [
        (LUNCH, time(11, 59, 59), False),
        (LUNCH, time(12), True),
        (LUNCH, time(12, 59, 59), True),
        (LUNCH, time(13), False),
        (NIGHT, time(21, 59), False),
        (NIGHT, time(22), True),
        (NIGHT, time(0), True),
        (NIGHT, time(7, 29), True),
        (NIGHT, time(7, 30), False),
        (QuietHours(time(9), time(9)), time(9), False),
        (QuietHours(time(9), time(9)), time(3), False),
    ],
)
def test_quiet_hours(quiet, at, is_quiet):
    """By the clock on the wall, also over midnight."""
    assert quiet.holds(at) is is_quiet
