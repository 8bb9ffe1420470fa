"""The last hour: which states there were, and how many frames a second."""

from __future__ import annotations

import pytest

from waw_desktop.core.last_hour import MINUTES, LastHour, advance
from waw_desktop.core.readings import Reading, State


def after(*spans, hour=None, at_s=1000.0, per_s=4):
    """Return what is known after so many seconds of each state."""
    hour = hour or LastHour()
    hour = advance(hour, Reading(at_s, spans[0][0], None, (), at_s))
    for state, seconds in spans:
        for _reading in range(seconds * per_s):
            at_s += 1 / per_s
            hour = advance(hour, Reading(at_s, state, None, (), at_s))
    return hour


def test_states_are_added_up_the_longest_first():
    hour = after((State.NO_FACE, 30), (State.TRACKING, 90), (State.NO_FACE, 10))

    assert list(hour.states_s().items()) == [(State.TRACKING, 90), (State.NO_FACE, 40)]


@pytest.mark.parametrize(
    "spans, per_s, rate",
    [
        ([(State.TRACKING, 90)], 4, 4.0),
        ([(State.TRACKING, 30), (State.NO_FACE, 60)], 30, 30.0),
        ([(State.NO_CAMERA, 60)], 4, None),
    ],
)
def test_frames_count_while_tracking(spans, per_s, rate):
    found = after(*spans, per_s=per_s).frames_per_s()

    assert found is rate is None or found == pytest.approx(rate, rel=0.01)


def test_only_an_hour_is_remembered():
    hour = after((State.NO_CAMERA, 600), (State.TRACKING, 3600), per_s=1)

    assert len(hour.minutes) == MINUTES
    assert hour.states_s().get(State.NO_CAMERA, 0) == 0
    assert 3500 <= hour.states_s()[State.TRACKING] <= 3600


@pytest.mark.parametrize("gap_s", [3600.0, 30.0, -500.0])
def test_a_time_of_which_nothing_is_known_counts_for_no_state(gap_s):
    before = after((State.TRACKING, 10))

    hour = after((State.TRACKING, 10), hour=before, at_s=before.latest_s + gap_s)

    assert hour.states_s()[State.TRACKING] <= 20


def test_before_anything_is_known():
    assert LastHour().states_s() == {}
    assert LastHour().frames_per_s() is None
