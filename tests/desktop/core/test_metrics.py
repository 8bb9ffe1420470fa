"""What closures and readings amount to."""

import pytest

from waw_desktop.core.metrics import (
    blink_rate_per_min,
    incomplete_share,
    inter_blink_intervals_s,
    perclos,
    seconds_by_state,
)
from waw_desktop.core.readings import Closure, Kind, Reading, State


def closure(start_s, end_s, kind=Kind.COMPLETE):
    return Closure(start_s, (start_s + end_s) / 2, end_s, 1.0, kind)


def reading(t_s, openness=1.0, state=State.TRACKING):
    return Reading(t_s, state, openness, (), t_s)


def test_a_state_lasts_until_the_reading_that_says_so():
    """The time between two readings belongs to the later one's state."""
    away = reading(3.0, None, State.NO_FACE)

    lasted_s = seconds_by_state([reading(0.0), reading(1.0), away, reading(3.5)])

    assert lasted_s == {State.TRACKING: 1.5, State.NO_FACE: 2.0}


@pytest.mark.parametrize(
    ("_case", "closures", "seen_s", "rate"),
    [
        ("twelve a minute", [closure(1, 1.2)] * 12, 60, 12),
        ("half a minute seen", [closure(1, 1.2)] * 12, 30, 24),
        ("a long closure is no blink", [closure(1, 1.2), closure(2, 2.7, Kind.LONG)], 60, 1),
        ("none", [], 60, 0),
        ("nothing seen is no rate", [], 0, None),
    ],
)
def test_rate_is_per_seen_minute(_case, closures, seen_s, rate):
    """Time in which nothing could be seen does not lower the rate."""
    assert blink_rate_per_min(closures, seen_s) == rate


EARLY, LATE = closure(1, 1.25), closure(4, 4.2)


@pytest.mark.parametrize(
    ("_case", "closures", "unseen_at_s", "intervals_s"),
    [
        ("from end to start", [EARLY, LATE, closure(5, 5.1)], [], [2.75, 0.8]),
        ("not across a lost face", [EARLY, LATE], [3.0], []),
        ("a long closure is no blink", [EARLY, closure(2, 2.8, Kind.LONG), LATE], [], [2.75]),
        ("one blink has none", [EARLY], [], []),
    ],
)
def test_intervals(_case, closures, unseen_at_s, intervals_s):
    """Intervals run from the end of one blink to the start of the next."""
    assert inter_blink_intervals_s(closures, unseen_at_s) == pytest.approx(intervals_s)


@pytest.mark.parametrize(
    ("kinds", "share"),
    [
        ([Kind.COMPLETE, Kind.PARTIAL, Kind.COMPLETE, Kind.COMPLETE, Kind.LONG], 0.25),
        ([Kind.PARTIAL], 1.0),
        ([Kind.SHUT], None),
        ([], None),
    ],
)
def test_incomplete_share_is_of_blinks(kinds, share):
    """Long closures are neither complete nor incomplete blinks."""
    assert incomplete_share([closure(1, 1.2, kind) for kind in kinds]) == share


def test_perclos_looks_at_the_last_seen_minute():
    """Shut eyes count by their share of the time seen in the last 60 seconds."""
    readings = [reading(t_s, 0.0 if t_s < 50 else 1.0) for t_s in range(101)]
    readings += [reading(t_s, None, State.NO_FACE) for t_s in range(101, 111)]

    assert perclos(readings, now_s=100) == pytest.approx(9 / 60)
    assert perclos(readings, now_s=110) == 0.0


def test_perclos_of_nothing_seen_is_unknown():
    """No figure is better than a made-up one."""
    assert perclos([reading(1, None), reading(2, None)], now_s=2) is None
